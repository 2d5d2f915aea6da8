"""Running the analysis processors over the due traces, round by round.

Life of a round: pin the newest snapshot -> note changed traces -> take the due ones -> show their rows to each processor in
pipeline order -> replace their derived rows, one commit per table -> sync -> publish a snapshot. A round that crashed is
done again; replacing the same rows twice changes nothing. Traces that a processor fails on are set aside, named in the
log, and so is a trace that kills the process: they are computed again when more of them arrives, or with
`otel-cert process --all`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from otel_cert.component import Linking, Processor
from otel_cert.engine.due import DueTraces
from otel_cert.engine.earlier import Earlier
from otel_cert.engine.failing import StepFailed, without_failing
from otel_cert.engine.owned import Owned
from otel_cert.engine.replace import replace
from otel_cert.engine.suspects import Suspects
from otel_cert.errors import Retryable
from otel_cert.schema import LOGS, SPANS, Table
from otel_cert.store import identity, snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import OUT_OF_MEMORY, show_rows, show_snapshot, show_table, utc_connection
from otel_cert.store.snapshots import Snapshot
from otel_cert.store.stage import stage
from otel_cert.store.tables import StoredFiles, stored_files

log = structlog.get_logger(__name__)

_LINKS = 3
"""How often linked traces may name further ones."""

SOURCES = (SPANS, LOGS)
"""The tables whose new rows make a trace due."""


@dataclass(frozen=True, slots=True)
class Step:
    """One processor of the analysis pipeline."""

    id: str
    processor: Processor
    reads: tuple[str, ...]
    writes: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    traces: int
    rows: Mapping[str, int]
    seconds: float


class Runner:
    """The single writer of the derived tables; hold the `analysis` lock while it lives."""

    def __init__(
        self,
        layout: Layout,
        steps: Sequence[Step],
        *,
        quiet_s: float = 15.0,
        max_age_s: float = 300.0,
        lookback_s: float = 7 * 86400.0,
        limit_rows: int = 30_000,
        restart: bool = False,
    ) -> None:
        """Continue where the last published round ended, or from the first row with `restart`."""
        self._layout, self._steps, self._limit_rows = layout, tuple(steps), limit_rows
        self._lookback_ns = int(lookback_s * 1e9)
        self._owned = Owned(layout, tables_of(self._steps), layout.analysed)
        self.tables, self.delta = self._owned.tables, self._owned.delta
        restart = restart or self._owned.incomplete
        newest = snapshots.latest(layout)
        start = dict.fromkeys(newest.sealed, 0) if restart else newest.analysed
        self._suspects = Suspects(layout.analysing, layout.set_aside, forget=restart)
        self._due = DueTraces(start, quiet_s=quiet_s, max_age_s=max_age_s)
        self._earlier = Earlier()
        if restart:
            self.publish()  # first of all, so that a crash does not forget it

    def round(self, *, now_ns: int | None = None, force: bool = False) -> Round | None:
        """Compute traces that are due now, or all that wait with `force`; None when there are none."""
        began = time.monotonic()
        snapshot = snapshots.latest(self._layout)
        if self._due.idle(snapshot.sealed):
            self.publish()
            return None
        with stage("observing"), self._stored(snapshot) as con:
            self._due.observe(con, snapshot.sealed)
            since = self._first_day(self._due.oldest_ns(time.time_ns()))
            self._earlier.fill(con, [f"stored.{table.name}" for table in SOURCES], since)
        traces = self._due.due(now_ns or time.time_ns(), limit_rows=self._limit_rows, force=force)
        rows: Counter[str] = Counter()
        for portion in self._suspects.portions(traces):
            with self._suspects.attempt(portion):
                rows.update(self._compute(snapshot, portion))
        self._due.done(traces)
        self._earlier.add(traces)
        self.publish()
        if not traces.num_rows:
            return None
        return Round(traces.num_rows, rows, time.monotonic() - began)

    def waiting(self) -> int:
        """Return how many traces wait to become due."""
        return self._due.waiting()

    def publish(self) -> None:
        """Make the derived tables durable and publish them with the position reached."""
        versions = self._owned.make_durable()
        with stage("publishing"):
            snapshots.publish(self._layout, versions, analysed=self._due.positions())

    def _compute(self, snapshot: Snapshot, traces: pa.Table) -> Mapping[str, int]:
        """Evaluate every step over `traces`, write its tables, and return the rows per table."""
        try:
            with stage("evaluating"):
                traces, results = self._evaluate_linked(snapshot, traces)
        except StepFailed:
            log.exception("a round failed; looking for the traces at fault", traces=traces.num_rows)
            traces, failing = without_failing(traces, lambda some: self._evaluate(snapshot, some))
            log.error("traces were set aside", traces=failing.num_rows, first=failing["trace_id"].to_pylist()[:10])
            results = self._evaluate(snapshot, traces) if traces.num_rows else []
        since = self._since(traces)
        earlier = self._earlier.among(traces, since)
        written: Counter[str] = Counter()
        for name in dict.fromkeys(table.name for _, table, _ in results):
            # Several processors may write one table; its rows are replaced together.
            parts = [(step, table, rows) for step, table, rows in results if table.name == name]
            transactions = {f"analysis/{step.id}": snapshot.number for step, _, _ in parts}
            rows = pa.concat_tables([rows for _, _, rows in parts])
            with stage("replacing"):
                replace(self.delta, parts[0][1], earlier, rows, transactions, since=since)
            written[name] += rows.num_rows
        return written

    def _evaluate_linked(
        self, snapshot: Snapshot, traces: pa.Table
    ) -> tuple[pa.Table, list[tuple[Step, Table, pa.Table]]]:
        """Return every step's rows of `traces` and of those that are linked with them, and all these traces."""
        for _ in range(_LINKS):
            with self._evaluating(snapshot, traces) as con:
                results = list(evaluate(con, self._steps))
                more = self._linked(con, traces)
            if not more.num_rows:
                return traces, results
            traces = pa.concat_tables([traces, more])
        return traces, self._evaluate(snapshot, traces)

    def _evaluate(self, snapshot: Snapshot, traces: pa.Table) -> list[tuple[Step, Table, pa.Table]]:
        """Return every step's rows of `traces`."""
        with self._evaluating(snapshot, traces) as con:
            return list(evaluate(con, self._steps))

    @contextmanager
    def _evaluating(self, snapshot: Snapshot, traces: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that shows the rows of `traces`."""
        with self._stored(snapshot) as con:
            show_snapshot(con, snapshot)
            con.execute(f"SET VARIABLE store_id = '{identity.store_id(self._layout)}'")
            self._load(con, traces)
            yield con

    def _linked(self, con: duckdb.DuckDBPyConnection, traces: pa.Table) -> pa.Table:
        """Return the computed traces that have to be computed again together with `traces`, and are not among them."""
        found = [traces.select(["trace_id"]).slice(0, 0)]
        for step in self._steps:
            if isinstance(step.processor, Linking):
                for table in step.writes:
                    delta = self.delta.get(table.name)
                    files = StoredFiles() if delta is None else stored_files(delta)
                    show_table(con, table, files, schema="stored")
                found.append(step.processor.linked(con).select(["trace_id"]))
        names = pc.unique(pa.concat_tables(found)["trace_id"])
        more = names.filter(pc.invert(pc.is_in(names, traces["trace_id"])))
        times = (pc.min(traces["first_ns"]), pc.max(traces["last_ns"]))
        return pa.table([more, *(pa.repeat(t, len(more)) for t in times)], schema=traces.schema)

    def _stored(self, snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
        """Return a connection that shows all sources in schema `stored`."""
        con = utc_connection()
        con.execute("CREATE SCHEMA stored")
        for table in SOURCES:
            show_table(con, table, snapshots.table_files(self._layout, snapshot, table.name), schema="stored")
        return con

    def _since(self, traces: pa.Table) -> date:
        """Return the first day of reception that is looked at for some traces."""
        return self._first_day(min(traces["first_ns"].to_pylist(), default=0))

    def _first_day(self, unix_ns: int) -> date:
        return datetime.fromtimestamp((unix_ns - self._lookback_ns) / 1e9, UTC).date()

    def _load(self, con: duckdb.DuckDBPyConnection, traces: pa.Table) -> None:
        """Show the rows of `traces` as `spans` and `logs`, the ones received long before included.

        Most traces are new: only the few that may have older rows are looked for among these, so that a round does not
        take longer the more is stored.
        """
        con.register("traces", traces)
        since = self._since(traces)
        con.register("earlier", earlier := self._earlier.among(traces, since))
        times = {"first": min(traces["first_ns"].to_pylist())}
        older = ""
        if earlier.num_rows:
            times["since"] = since
            older = (
                " UNION ALL SELECT {} FROM stored.{} SEMI JOIN earlier USING (trace_id)"
                " WHERE receive_day >= $since AND received_unix_ns < $first"
            )
        for table in SOURCES:
            names = ", ".join(f'"{name}"' for name in table.names)
            con.execute(
                f"CREATE TEMP TABLE due_{table.name} AS SELECT {names} FROM stored.{table.name} "
                f"SEMI JOIN traces USING (trace_id) WHERE received_unix_ns >= $first{older.format(names, table.name)}",
                times,
            )
            show_rows(con, table, f"SELECT * FROM due_{table.name}")


def tables_of(steps: Sequence[Step]) -> tuple[Table, ...]:
    """Return the tables that steps write, each once, in their order."""
    return tuple({table.name: table for step in steps for table in step.writes}.values())


def evaluate(con: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> Iterator[tuple[Step, Table, pa.Table]]:
    """Run steps over what `con` shows; yield each table's rows, and show them to the steps that follow.

    A table that several steps write shows the rows of all that ran.

    Raises StepFailed with the processor's error as cause; Retryable and want of memory pass, to be tried again.
    """
    shown: dict[str, list[pa.Table]] = {}
    for step in steps:
        try:
            results = step.processor.evaluate(con)
            tables = [(t, results.get(t.name, t.empty()).cast(t.arrow)) for t in step.writes]
        except (Retryable, *OUT_OF_MEMORY):
            raise
        except Exception as error:
            raise StepFailed(f"processor {step.id} failed with {type(error).__name__}") from error
        for table, rows in tables:
            shown.setdefault(table.name, []).append(rows)
            con.register(f"computed_{table.name}", pa.concat_tables(shown[table.name]))
            if len(shown[table.name]) == 1:
                show_rows(con, table, f"SELECT * FROM computed_{table.name}")
            yield step, table, rows
