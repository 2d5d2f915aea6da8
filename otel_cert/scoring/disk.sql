CREATE TABLE IF NOT EXISTS entries (
    key BLOB PRIMARY KEY,
    used INTEGER NOT NULL,   -- seconds since 1970, renewed at most once an hour
    bytes INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_used ON entries (used, bytes);
