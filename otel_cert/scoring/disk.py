"""Vectors that were computed before: on disk, for all processes of a user, bounded by bytes.

One SQLite file: transactions keep two processes apart, and a checksum per entry finds damage. Nothing is lost when the file
is removed. Vectors tell something of the texts they were made from, so only their owner can read the file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import TypeVar

import structlog

from otel_cert.scoring.encoded import Damaged, Encoded

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_NAME = "vectors-1.sqlite"
_RENEW_S = 3600
_WAIT_S = 2
"""How long another process may write before computing is the better choice."""
_KEEP = 0.9
"""Share of the limit that stays when the oldest entries are removed: removing is then rare."""


def cache_folder() -> Path:
    """Return `otel-cert` in the XDG cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-cert"


class DiskCache:
    """A cache in a folder; whatever fails there costs time, never a result."""

    def __init__(self, folder: Path | None = None, limit: int = 1 << 30) -> None:
        self._path = (folder or cache_folder()) / _NAME
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        self._warned = False

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Encoded]:
        """Return what is kept of these; what is damaged is not."""
        return self._safely(lambda connection: _get(connection, list(keys))) or {}

    def put(self, found: Mapping[bytes, Encoded]) -> None:
        """Keep these, and remove the least recently used beyond the limit."""
        self._safely(lambda connection: _put(connection, found, self._limit))

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _safely(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """Return what `work` returns; None when the file cannot be used. A damaged file is begun again."""
        with self._lock:
            try:
                return work(self._opened())
            except sqlite3.OperationalError as error:  # locked for too long, a full disk, no right to write
                self._warn(error)
            except sqlite3.DatabaseError as error:  # no database, or a damaged one
                self._warn(error)
                self._close()
                self._remove()
            except OSError as error:
                self._warn(error)
            return None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._pid != os.getpid():
            self._connection = None  # of the process that forked this one, whose file must not be closed here
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            self._connection = _open(self._path)
            self._pid = os.getpid()
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _remove(self) -> None:
        for suffix in ("", "-journal"):
            with suppress(OSError):
                self._path.with_name(_NAME + suffix).unlink(missing_ok=True)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            log.warning(
                "vectors are not kept on disk", path=str(self._path), problem=f"{type(error).__name__}: {error}"
            )


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = TRUNCATE")  # WAL has a second file that may grow
        connection.execute("PRAGMA synchronous = OFF")  # what is lost is computed again
        connection.executescript((resources.files(__package__) / "disk.sql").read_text(encoding="utf-8"))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _get(connection: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, Encoded]:
    found, renew, now = {}, [], int(time.time())
    for key in keys:
        row = connection.execute("SELECT data, used FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            continue
        with suppress(Damaged):
            found[key] = Encoded.from_bytes(row[0])
            if now - row[1] > _RENEW_S:
                renew.append((now, key))
    if renew:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE entries SET used = ? WHERE key = ?", renew)
        connection.execute("COMMIT")
    return found


def _put(connection: sqlite3.Connection, found: Mapping[bytes, Encoded], limit: int) -> None:
    now = int(time.time())
    data, more = {}, 0
    for key, value in found.items():
        each = value.to_bytes()
        if more + len(each) <= limit:
            data[key] = each
            more += len(each)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _make_room(connection, limit, more)
        rows = [(key, now, len(value), value) for key, value in data.items()]
        connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _make_room(connection: sqlite3.Connection, limit: int, more: int) -> None:
    """Remove the least recently used when `more` bytes would pass the limit."""
    (total,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM entries").fetchone()
    if total + more <= limit:
        return
    for key, size in connection.execute("SELECT key, bytes FROM entries ORDER BY used, rowid").fetchall():
        if total + more <= limit * _KEEP:
            return
        connection.execute("DELETE FROM entries WHERE key = ?", (key,))
        total -= size
