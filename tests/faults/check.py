"""The independent check: what is stored, read by the Delta protocol alone, against what senders know.

A reader looks at every published snapshot before the recovery, and again after it.
"""

import hashlib
import json
from collections import Counter
from typing import Any

import duckdb
from pyarrow import parquet

from otel_cert.verify import verify
from tests.durability.delta import live_files
from tests.durability.load import content

from .workload import Place

TABLES = {"traces": "spans", "logs": "logs", "metrics": "metric_points"}
DERIVED = ("genai_calls", "costs")

Rows = dict[str, list[tuple[Any, ...]]]


class Seen:
    """What a reader saw before the recovery, at every snapshot."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._snapshots = {number: (content, rows_at(place, content)) for number, content in snapshots(place).items()}
        for number, (_, rows) in self._snapshots.items():
            assert_single(rows, f"snapshot {number}")

    def compare(self) -> None:
        """Fail unless every snapshot showed exactly the rows of the requests it says are sealed."""
        final = rows_at(self._place, None)
        positions = {key: sequence for table in TABLES.values() for key, sequence, *_ in final[table]}
        for number, (snapshot, rows) in self._snapshots.items():
            sealed, analysed = snapshot["sealed"].get("otlp", 0), snapshot["analysed"].get("otlp", 0)
            for table in TABLES.values():
                expected = {key for key, sequence, *_ in final[table] if sequence <= sealed}
                seen = {key for key, *_ in rows[table]}
                assert seen == expected, f"snapshot {number}, {table}: {sorted(seen ^ expected)} came or went"
            spans = {(trace, span) for _, _, trace, span, _ in rows["spans"]}
            due = {(t, s) for key, _, t, s, _ in rows["spans"] if positions[key] <= analysed}
            for table in DERIVED:
                seen = {(trace, span) for trace, span in rows[table]}
                assert due <= seen <= spans, f"snapshot {number}, {table}: incomplete, or of no span"


def assert_stored(place: Place) -> None:
    """Fail unless everything acknowledged is stored once, with its content, and computed once."""
    final = rows_at(place, None)
    assert_single(final, "in the end")
    for signal, table in TABLES.items():
        stored = {key for key, *_ in final[table]}
        lost = place.book("acknowledged", signal) - stored
        assert not lost, f"{table}: acknowledged and lost: {sorted(lost)}"
        assert stored <= place.book("sent", signal), f"{table}: never sent: {sorted(stored)}"
        wrong = [key for key, *_, text in final[table] if text != content(key.removesuffix("-other"))]
        assert not wrong, f"{table}: other content: {wrong}"
    spans = {(trace, span) for _, _, trace, span, _ in final["spans"]}
    for table in DERIVED:
        assert set(final[table]) == spans, f"{table}: not computed, or of no span"
    quarantine = place.data / "log" / "otlp" / "quarantine"
    kept = {hashlib.sha256(p.read_bytes()).hexdigest() for p in quarantine.glob("*")}
    assert place.book("acknowledged", "bad") <= kept, "acknowledged, not stored and not kept aside"
    for number, snapshot in snapshots(place).items():
        assert_single(rows_at(place, snapshot), f"snapshot {number} after the recovery")


def assert_verified(place: Place, *, receipts: bool) -> None:
    """Fail when `otel-cert verify` finds something."""
    checks = verify(place.data, place.receipts if receipts else None)
    found = ((c.name, f) for c in checks for f in c.kept if not f.note)
    findings = [f"{name}: {f.file}: {f.meaning}" for name, f in found if f.file not in place.book("damaged", name)]
    assert not findings, f"verify, {'after' if receipts else 'before'} the recovery: {findings[:3]}"


def assert_no_leftover(place: Place) -> None:
    """Fail when a temporary file, or a file that no commit names, is left after the recovery cleaned up."""
    temporary = [p for p in place.data.rglob("*") if p.is_file() and (".tmp" in p.name or "#" in p.name)]
    logs = "".join(p.read_text() for p in place.data.glob("tables/*/_delta_log/*.json"))
    logs += "".join(str(parquet.read_table(p)) for p in place.data.glob("tables/*/_delta_log/*.checkpoint.parquet"))
    unnamed = [p for p in place.data.glob("tables/*/receive_day=*/*") if p.name not in logs]
    assert not temporary, f"temporary files are left: {temporary}"
    assert not unnamed, f"files of no commit are left: {unnamed}"


def snapshots(place: Place) -> dict[int, dict[str, Any]]:
    """Return the published snapshots."""
    return {int(p.stem): json.loads(p.read_text()) for p in (place.data / "snapshots").glob("[0-9]*.json")}


def rows_at(place: Place, snapshot: dict[str, Any] | None) -> Rows:
    """Return raw rows as (id, sequence, trace, span, content) and derived ones as (trace, span); the newest for None."""
    found: Rows = {}
    for table in (*TABLES.values(), *DERIVED):
        version = None if snapshot is None else snapshot["tables"].get(table, -1)
        root = place.data / "tables" / table
        files = live_files(root, version) if version != -1 and (root / "_delta_log").exists() else []
        found[table] = _rows(table, files)
    return found


def assert_single(rows: Rows, when: str) -> None:
    """Fail when a row is there twice."""
    for table, found in rows.items():
        twice = [key for key, n in Counter(row[:1] if table not in DERIVED else row for row in found).items() if n > 1]
        assert not twice, f"{table}, {when}: twice: {twice}"


def _rows(table: str, files: list[str]) -> list[tuple[Any, ...]]:
    columns = "trace_id, span_id"
    if table not in DERIVED:
        ids = "trace_id, span_id" if table == "spans" else "'', ''"
        columns = f"attributes['test.id'], sequence, {ids}, attributes['test.content']"
    if not files:
        return []
    return duckdb.sql(f"SELECT {columns} FROM read_parquet({files!r}, hive_partitioning = true)").fetchall()
