"""Running the processors of an own process: they follow the analysis, in small portions, however slow they are.

They read the derived tables of traces that the analysis is done with, and write tables of their own. Life of a round: pin
the newest snapshot -> note the traces computed since -> take a few -> evaluate -> replace the rows of the traces that
changed -> sync -> publish with the position reached. A round that crashed is done again; what is stored already is shown
to the processors, so that nothing is paid for twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa
import structlog

from otel_cert.component import Lasting
from otel_cert.engine.due import DueTraces
from otel_cert.engine.failing import StepFailed, without_failing
from otel_cert.engine.owned import Owned
from otel_cert.engine.replace import replace
from otel_cert.engine.runner import SOURCES, Round, Step, evaluate, tables_of
from otel_cert.engine.suspects import Suspects
from otel_cert.schema import BUILTIN, GENAI_DUPLICATES, Table
from otel_cert.store import snapshots
from otel_cert.store.files import read_json, write_json
from otel_cert.store.layout import Layout
from otel_cert.store.query import scratch, show_rows, show_table, utc_connection
from otel_cert.store.snapshots import Snapshot
from otel_cert.store.stage import stage
from otel_cert.store.tables import StoredFiles, stored_files

log = structlog.get_logger(__name__)

_ROUND_S = 10.0
"""What a round should take: little is done again after a crash, and its process is seen to be alive."""
_FEWEST_ROWS, _MOST_ROWS = 16, 4096

_LINKED = """
SELECT trace_id FROM traces
UNION SELECT call_trace_id FROM stored.genai_duplicates SEMI JOIN traces USING (trace_id)
UNION SELECT d.trace_id FROM stored.genai_duplicates AS d SEMI JOIN traces AS t ON t.trace_id = d.call_trace_id
"""
"""A call that two traces recorded may have moved from the one to the other."""
_CHANGED = "SELECT DISTINCT trace_id FROM ((FROM new EXCEPT ALL FROM old) UNION ALL (FROM old EXCEPT ALL FROM new))"

Results = list[tuple[Step, Table, pa.Table]]


class Follower:
    """The single writer of its steps' tables; hold the `scoring` lock while it lives."""

    def __init__(
        self,
        layout: Layout,
        steps: Sequence[Step],
        *,
        lookback_s: float = 7 * 86400.0,
        rows: int = _FEWEST_ROWS,
        restart: bool = False,
    ) -> None:
        """Continue where the last published round ended.

        With `restart`, begin with the first row and show the steps nothing of what they wrote. When a step would give
        other results than last time, begin with the first row as well.
        """
        self._layout, self._steps, self._anew, self._rows = layout, tuple(steps), restart, rows
        self._due: DueTraces
        self._lookback_ns = int(lookback_s * 1e9)
        self._owned = Owned(layout, tables_of(self._steps), layout.scored)
        self.tables, self.delta = self._owned.tables, self._owned.delta
        made_with = {s.id: s.processor.identity for s in self._steps if isinstance(s.processor, Lasting)}
        again = restart or self._owned.incomplete or made_with != read_json(layout.scored_with)
        self._suspects = Suspects(layout.scoring, layout.scoring_set_aside, forget=again)
        self._follow(snapshots.latest(layout), from_start=again)
        self.publish()  # first of all, so that a crash does not forget it
        write_json(layout.scored_with, made_with)

    def round(self) -> Round | None:
        """Evaluate some traces; None when every trace is done that the analysis is done with."""
        began = time.monotonic()
        snapshot = snapshots.latest(self._layout)
        if any((snapshot.scored or {}).get(receiver, 0) < upto for receiver, upto in self._published.items()):
            self._follow(snapshot, from_start=True)  # the analysis began anew
        if self._due.idle(snapshot.analysed):
            self.publish()
            return None
        with stage("observing"), self._stored(snapshot, SOURCES) as con:
            self._due.observe(con, snapshot.analysed)
        traces = self._due.due(time.time_ns(), limit_rows=self._rows, force=True)
        rows: Counter[str] = Counter()
        for portion in self._suspects.portions(traces):
            with self._suspects.attempt(portion):
                rows.update(self._compute(snapshot, portion))
        self._due.done(traces)
        self.publish()
        seconds = time.monotonic() - began
        self._rows = _fitting(self._rows, seconds)
        return Round(traces.num_rows, rows, seconds) if traces.num_rows else None

    def waiting(self) -> int:
        """Return how many traces wait, of those noted until now."""
        return self._due.waiting()

    def publish(self) -> None:
        """Make the tables durable and publish them with the position reached."""
        versions = self._owned.make_durable()
        with stage("publishing"):
            published = snapshots.publish(self._layout, versions, scored=self._due.positions())
        self._published: Mapping[str, int] = published.scored or {}

    def _follow(self, snapshot: Snapshot, *, from_start: bool) -> None:
        positions = dict.fromkeys(snapshot.sealed, 0) if from_start else snapshot.scored or {}
        self._due = DueTraces(positions, quiet_s=0.0, max_age_s=0.0)

    def _compute(self, snapshot: Snapshot, traces: pa.Table) -> Mapping[str, int]:
        """Evaluate the steps over `traces`, replace the rows of those that changed, and return the rows per table."""
        since = self._since(traces)
        try:
            with stage("evaluating"):
                shown, results, old = self._evaluate(snapshot, traces, since)
        except StepFailed:
            log.exception("a round failed; looking for the traces at fault", traces=traces.num_rows)
            good, failing = without_failing(traces, lambda some: self._evaluate(snapshot, some, since))
            log.error("traces were set aside", traces=failing.num_rows, first=failing["trace_id"].to_pylist()[:10])
            if not good.num_rows:
                return {}
            shown, results, old = self._evaluate(snapshot, good, since)
        return {
            table.name: self._replace(snapshot, table, shown, results, old[table.name], since) for table in self.tables
        }

    def _replace(
        self, snapshot: Snapshot, table: Table, traces: pa.Table, results: Results, old: pa.Table, since: date
    ) -> int:
        """Replace a table's rows of the traces whose rows are others now; return how many were written."""
        parts = [(step, rows) for step, its_table, rows in results if its_table.name == table.name]
        with scratch() as con:
            con.register("new", pa.concat_tables([rows for _, rows in parts]))
            con.register("old", old)
            con.register("shown", traces)
            con.register("changed", con.sql(_CHANGED).to_arrow_table())
            changed = con.sql("SELECT trace_id FROM shown SEMI JOIN changed USING (trace_id)").to_arrow_table()
            rows = con.sql("SELECT * FROM new SEMI JOIN changed USING (trace_id)").to_arrow_table().cast(table.arrow)
        if changed.num_rows:
            transactions = {f"scoring/{step.id}": snapshot.number for step, _ in parts}
            with stage("replacing"):
                replace(self.delta, table, changed, rows, transactions, since=since)
        return int(rows.num_rows)

    def _evaluate(
        self, snapshot: Snapshot, traces: pa.Table, since: date
    ) -> tuple[pa.Table, Results, dict[str, pa.Table]]:
        """Return the traces shown, linked ones included, every step's rows of them, and what is stored of them."""
        with self._evaluating(snapshot, traces, since) as con:
            shown = con.sql("SELECT trace_id FROM shown_traces").to_arrow_table()
            results = list(evaluate(con, self._steps))
            old = {table.name: self._stored_rows(con, table) for table in self.tables}
        return shown, results, old

    def _stored_rows(self, con: duckdb.DuckDBPyConnection, table: Table) -> pa.Table:
        names = ", ".join(table.names)
        rows = con.sql(f"SELECT {names} FROM stored.{table.name} SEMI JOIN shown_traces USING (trace_id)")
        return rows.to_arrow_table().cast(table.arrow)

    @contextmanager
    def _evaluating(self, snapshot: Snapshot, traces: pa.Table, since: date) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that shows the tables read, cut to `traces`, and all of them in the schema `stored`."""
        read = {name for step in self._steps for name in step.reads}
        tables = [table for table in BUILTIN if table.name in read]
        with self._stored(snapshot, {*tables, GENAI_DUPLICATES}) as con:
            con.register("traces", traces.select(["trace_id"]))
            con.execute(f"CREATE TEMP TABLE shown_traces AS {_LINKED}")
            for table in tables:
                names = ", ".join(f'"{name}"' for name in table.names)
                show_rows(
                    con, table,
                    f"SELECT {names} FROM stored.{table.name} SEMI JOIN shown_traces USING (trace_id)"
                    f" WHERE receive_day >= DATE '{since}'",
                )  # fmt: skip
            for table in self.tables:  # in their newest version, published or not
                delta = None if self._anew else self.delta.get(table.name)
                show_table(con, table, StoredFiles() if delta is None else stored_files(delta), schema="stored")
            yield con

    def _stored(self, snapshot: Snapshot, tables: Sequence[Table] | set[Table]) -> duckdb.DuckDBPyConnection:
        con = utc_connection()
        con.execute("CREATE SCHEMA stored")
        for table in tables:
            show_table(con, table, snapshots.table_files(self._layout, snapshot, table.name), schema="stored")
        return con

    def _since(self, traces: pa.Table) -> date:
        """Return the first day of reception that is looked at for some traces."""
        first_ns = min(traces["first_ns"].to_pylist(), default=0)
        return datetime.fromtimestamp(max(0, first_ns - self._lookback_ns) / 1e9, UTC).date()


def _fitting(rows: int, seconds: float) -> int:
    """Return how many rows to take next, when so many took so long."""
    wanted = rows * min(2.0, max(0.25, _ROUND_S / max(seconds, 0.001)))
    return int(min(_MOST_ROWS, max(_FEWEST_ROWS, wanted)))
