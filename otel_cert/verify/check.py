"""All checks, in an order that lets a service go on writing: the logs first, then what is sealed from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from otel_cert.errors import NotFound
from otel_cert.verify import acknowledged as known
from otel_cert.verify import digests, folder, rows, state, tables
from otel_cert.verify.database import insert, scratch
from otel_cert.verify.log import REQUESTS, Log, logs
from otel_cert.verify.result import Check
from otel_cert.verify.state import State
from otel_cert.verify.tables import Table

Progress = Callable[[str, int, int], None]
"""(what, done, total), for a progress bar."""
_ATTEMPTS = 3
"""A running service may delete superseded files while their rows are asked for."""


def verify(root: Path, acknowledged: Path | None = None, progress: Progress = lambda *_: None) -> list[Check]:
    """Check a data directory, which may be in use or read-only, and write nothing.

    Args:
        root: the data directory.
        acknowledged: a file that names per line what was acknowledged: `TRACE_ID SPAN_ID`, or the SHA-256 of a request.
        progress: is told (what, done, total) in bytes or steps.

    Raises:
        NotFound: there is no data directory.
        UsageError: a line of `acknowledged` names nothing.

    """
    if not (root / "tables").is_dir():
        raise NotFound(f"no otel-cert data in {root}", hint="name the right directory with --data-dir")
    with scratch() as con:
        lines = known.read(con, acknowledged) if acknowledged is not None else None
        records, order, found = _read_logs(con, root, progress)
        files, snapshots = Check("state", "files"), Check("snapshots", "snapshots")
        stored = state.read(root, files)
        state.check_order(stored, snapshots)
        for log in found:
            log.check_sealed(order, stored.sealed.get(log.receiver, 0))
        versions, data = Check("table versions", "commits"), Check("table files", "files")
        loaded = tables.load(root, stored, versions)
        size = sum(f.size or 0 for table in loaded.values() for f in table.named.values())
        tables.check_files(root, loaded.values(), data, _counted(progress, "table files", size))
        sums = Check("table digests", "files")
        digests.check(loaded.values(), sums, _counted(progress, "table digests", size))
        asked = _ask(con, root, stored, loaded, lines, progress)
        permissions, unknown = Check("owner only", "paths"), Check("unknown files", "files")
        folder.check(root, loaded, permissions, unknown)
        return [records, order, files, snapshots, versions, data, sums, *asked, permissions, unknown]


def _read_logs(con: duckdb.DuckDBPyConnection, root: Path, progress: Progress) -> tuple[Check, Check, list[Log]]:
    """Check the logs and load what their requests hold into table `requests`."""
    con.execute(REQUESTS)
    records, order = Check("log records", "records"), Check("log order", "records")
    found = logs(root)
    told = _counted(progress, "ack log", sum(log.size for log in found))
    for log in found:
        insert(con, "requests", log.rows(records, order, told))
        insert(con, "requests", log.kept_aside(records))
    return records, order, found


def _ask(
    con: duckdb.DuckDBPyConnection,
    root: Path,
    stored: State,
    loaded: dict[str, Table],
    lines: int | None,
    progress: Progress,
) -> list[Check]:
    """Check the rows; when files were superseded and deleted meanwhile, those of the versions that followed."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _rows(con, stored, loaded, lines, progress)
        except duckdb.IOException:
            again = tables.load(root, state.read(root, Check("", "")), Check("", ""))
        for name, table in again.items():
            table.broken |= loaded[name].broken if name in loaded else set()
        loaded = again
    return _rows(con, stored, loaded, lines, progress)


def _rows(
    con: duckdb.DuckDBPyConnection, stored: State, loaded: dict[str, Table], lines: int | None, progress: Progress
) -> list[Check]:
    twice, positions = Check("no row twice", "rows"), Check("positions", "positions")
    partitions, references = Check("partitions", "rows"), Check("references", "rows")
    sealed, sent = Check("sealed is stored", "requests"), Check("acknowledged is stored", "lines")
    rows.show(con, loaded)
    rows.check_twice(con, loaded.values(), twice, _counted(progress, "rows", len(loaded)))
    rows.check_positions(con, loaded, stored.sealed, positions)
    rows.check_partitions(con, loaded, partitions)
    rows.check_references(con, loaded, references)
    known.check_sealed(con, sealed, stored.sealed)
    checks = [twice, positions, partitions, references, sealed]
    if lines is not None:
        known.check_acknowledged(con, sent, lines)
        checks.append(sent)
    return checks


def _counted(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    """Return a function that adds to what is done."""
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        progress(what, done, total)

    return add
