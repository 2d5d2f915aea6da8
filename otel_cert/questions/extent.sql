-- One row: the first and the last start of a call in a window. A start that is not positive is no time.
-- In this form most files are not read, unlike with min and max.
WITH timed AS NOT MATERIALIZED (
    SELECT start_unix_ns
    FROM genai_calls
    WHERE start_unix_ns >= greatest(coalesce($since_ns::BIGINT, 1), 1)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
)

SELECT
    (FROM timed ORDER BY start_unix_ns LIMIT 1) AS first_unix_ns,
    (FROM timed ORDER BY start_unix_ns DESC LIMIT 1) AS last_unix_ns
