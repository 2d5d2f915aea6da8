"""Checking what senders know to be acknowledged, and what the logs say is sealed, against what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from otel_cert.errors import UsageError
from otel_cert.verify.database import insert
from otel_cert.verify.result import Check

_LINE = re.compile(r"([0-9a-f]{32}) ([0-9a-f]{16})|([0-9a-f]{64})")

_LOST = "acknowledged data is lost: keep a copy of the data directory and let the sender send it again"

_MISSING_SPANS = """
FROM (SELECT DISTINCT trace_id, span_id FROM acknowledged WHERE request = '')
ANTI JOIN spans USING (trace_id, span_id) ANTI JOIN requests USING (trace_id, span_id) LIMIT 100
"""
_MISSING_REQUESTS = """
FROM (SELECT DISTINCT request, request[:32] AS request_hash FROM acknowledged WHERE request != '')
ANTI JOIN logs USING (request_hash) ANTI JOIN metric_points USING (request_hash) ANTI JOIN requests USING (request)
SELECT request LIMIT 100
"""
_TWICE = """
SELECT trace_id, span_id, count(*) AS n FROM spans SEMI JOIN acknowledged USING (trace_id, span_id)
GROUP BY ALL HAVING n > 1 AND NOT coalesce(bool_and(list_contains(flags, 'id_conflict')), false) LIMIT 100
"""
_UNSEALED = """
SELECT DISTINCT r.receiver, r.sequence, r.signal FROM requests r JOIN sealed s USING (receiver)
ANTI JOIN (FROM requests WHERE place = 'quarantine') q USING (receiver, sequence)
{anti_join} WHERE r.place = 'log' AND r.signal {signal} AND r.sequence <= s.position LIMIT 100
"""


def read(con: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Load the file into table `acknowledged` and return its lines; raises UsageError with the first wrong one."""
    con.execute("CREATE TABLE acknowledged (trace_id VARCHAR, span_id VARCHAR, request VARCHAR)")
    return insert(con, "acknowledged", _lines(file))


def _lines(file: Path) -> Iterator[tuple[str, str, str]]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            found = _LINE.fullmatch(line.strip().lower())
            if found is not None:
                yield found[1] or "", found[2] or "", found[3] or ""
            elif line.strip():
                raise UsageError(
                    f"{file}, line {number}: {line.strip()[:80]!r} names no span and no request",
                    hint="write per line `TRACE_ID SPAN_ID` (32 and 16 hex digits) or the SHA-256 of a request (64)",
                )


def check_acknowledged(con: duckdb.DuckDBPyConnection, check: Check, lines: int) -> None:
    """Check that everything acknowledged is in a table, a log or in quarantine, and no span of it twice."""
    check.looked_at = lines
    for trace_id, span_id in con.execute(_MISSING_SPANS).fetchall():
        check.fail("tables/spans", f"span {trace_id} {span_id} is neither stored nor in a log", _LOST)
    for (request,) in con.execute(_MISSING_REQUESTS).fetchall():
        check.fail("tables", f"request {request} is neither stored nor in a log", _LOST)
    for trace_id, span_id, n in con.execute(_TWICE).fetchall():
        check.fail("tables/spans", f"span {trace_id} {span_id} has {n} rows", "a retry is stored once: report this")


def check_sealed(con: duckdb.DuckDBPyConnection, check: Check, sealed: Mapping[str, int]) -> None:
    """Check that what is still in a log and said to be sealed is stored, or kept in quarantine."""
    con.execute("CREATE OR REPLACE TABLE sealed (receiver VARCHAR, position BIGINT)")
    insert(con, "sealed", sealed.items())
    counted = "SELECT count(DISTINCT (receiver, sequence)) FROM requests JOIN sealed USING (receiver) "
    ((check.looked_at,),) = con.execute(f"{counted} WHERE place = 'log' AND sequence <= position").fetchall()
    stored = {
        "= 'traces'": "ANTI JOIN spans t ON t.trace_id = r.trace_id AND t.span_id = r.span_id",
        "= 'logs'": "ANTI JOIN logs t ON t.request_hash = r.request[:32]",
        "= 'metrics'": "ANTI JOIN metric_points t ON t.request_hash = r.request[:32]",
    }
    for signal, anti_join in stored.items():
        for receiver, sequence, _ in con.execute(_UNSEALED.format(anti_join=anti_join, signal=signal)).fetchall():
            check.fail(
                f"log/{receiver}",
                f"request {sequence} is said to be sealed, but not all of it is in the tables",
                "stop the service before the segment is released, keep a copy, and report this",
            )
