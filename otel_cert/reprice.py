"""Pricing stored calls again with the prices of now: what would change, and changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from decimal import Decimal

import duckdb
import pyarrow as pa

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.engine.replace import replace
from otel_cert.engine.runner import Step
from otel_cert.errors import UsageError
from otel_cert.registry import Registry
from otel_cert.schema import COSTS, GENAI_CALLS
from otel_cert.store import snapshots
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect, utc_connection

Progress = Callable[[str, int, int], None]

_CALLS_AT_ONCE = 100_000
_ASKED = ", ".join(c.name for c in GENAI_CALLS.columns if not c.sensitive or c.name == "user_id")

_TRACES = """
SELECT trace_id, min(start_unix_ns) AS first_ns, count(*) AS calls
FROM genai_calls
GROUP BY trace_id
HAVING max(start_unix_ns) >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
   AND min(start_unix_ns) <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
ORDER BY first_ns, trace_id
"""
_DIFFERENCES = """
SELECT
    coalesce(n.call.provider, o.call.provider) AS provider,
    coalesce(n.call.request_model, n.call.response_model, o.call.request_model, o.call.response_model) AS model,
    o.currency AS old_currency,
    n.currency AS new_currency,
    count(*) AS calls,
    count(*) FILTER (changed) AS changed_calls,
    count(*) FILTER (o.total_cost IS NULL AND n.total_cost IS NOT NULL) AS newly_priced_calls,
    count(*) FILTER (o.total_cost IS NOT NULL AND n.total_cost IS NULL) AS no_longer_priced_calls,
    sum(o.total_cost) AS old_cost,
    sum(n.total_cost) AS new_cost
FROM (
    SELECT n, o, n.total_cost IS DISTINCT FROM o.total_cost OR n.currency IS DISTINCT FROM o.currency AS changed
    FROM priced AS n
    LEFT JOIN stored AS o ON o.trace_id = n.trace_id AND o.span_id = n.span_id
)
GROUP BY ALL
"""
_CHANGED = """
SELECT DISTINCT n.trace_id
FROM priced AS n
LEFT JOIN stored AS o ON o.trace_id = n.trace_id AND o.span_id = n.span_id
WHERE n.total_cost IS DISTINCT FROM o.total_cost OR n.currency IS DISTINCT FROM o.currency
   OR n.reason IS DISTINCT FROM o.reason OR n.price_id IS DISTINCT FROM o.price_id
   OR n.price_version IS DISTINCT FROM o.price_version
"""


@dataclass
class Difference:
    """What pricing again changes in the calls of one model; costs in their currency, None where none is known."""

    provider: str | None
    model: str | None
    old_currency: str | None
    new_currency: str | None
    calls: int = 0
    changed_calls: int = 0
    """Calls whose cost or currency is another."""
    newly_priced_calls: int = 0
    no_longer_priced_calls: int = 0
    old_cost: Decimal | None = None
    new_cost: Decimal | None = None

    @property
    def difference(self) -> Decimal | None:
        """New cost minus old; None between currencies, or when neither is known."""
        if None not in (self.old_currency, self.new_currency) and self.old_currency != self.new_currency:
            return None
        if self.old_cost is None and self.new_cost is None:
            return None
        return (self.new_cost or Decimal(0)) - (self.old_cost or Decimal(0))

    def add(self, more: Difference) -> None:
        """Count other calls of the model in."""
        for name, value in asdict(more).items():
            if value is not None and name not in ("provider", "model", "old_currency", "new_currency"):
                setattr(self, name, value + (getattr(self, name) or 0))


@dataclass
class Repriced:
    """What was compared, and where both versions are."""

    differences: list[Difference] = field(default_factory=list)
    """By model, greatest change first."""
    calls: int = 0
    before: int = 0
    """Number of the snapshot with the costs as they were."""
    after: int | None = None
    """Number of the snapshot with the new costs; None when nothing was written."""


def reprice(
    layout: Layout,
    config: Config,
    registry: Registry,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Repriced:
    """Price the traces again that have calls in a window, and replace the costs that differ.

    The snapshot from before is pinned, so that its figures can be asked again for ever.

    Raises Locked when a service runs (but not for `dry_run`), and UsageError when no processor writes `costs`.
    """
    step = _step(config, registry)
    with nullcontext() if dry_run else lock(layout.lock("analysis"), "analysis"):
        before = snapshots.latest(layout).number
        found: dict[tuple[str | None, ...], Difference] = {}
        result = Repriced(before=before)
        runner = None if dry_run else pipeline.runner(layout, config, registry)
        with connect(layout.root, snapshot=before) as con:
            for traces, calls, total in _portions(con, since_ns, until_ns):
                with _priced(con, step, traces) as both:
                    _count(both, found)
                    changed = both.sql(_CHANGED).to_arrow_table()
                    if runner is not None and changed.num_rows:
                        if result.after is None:
                            snapshots.pin(layout, before)
                        rows = both.sql("SELECT * FROM priced SEMI JOIN changed USING (trace_id)").to_arrow_table()
                        replace(runner.delta, COSTS, changed, rows.cast(COSTS.arrow), {"reprice": before})
                        result.after = before
                result.calls += calls
                progress("calls", result.calls, total)
        if runner is not None and result.after is not None:
            runner.publish()
            if pipeline.derived_maintenance(layout, config, runner).run():
                runner.publish()
            result.after = snapshots.latest(layout).number
    result.differences = sorted(found.values(), key=lambda d: abs(d.difference or Decimal(0)), reverse=True)
    return result


def _step(config: Config, registry: Registry) -> Step:
    for step in pipeline.analysis_steps(config, registry):
        if COSTS in step.writes:
            return step
    raise UsageError("no processor of the analysis pipeline computes costs", hint="add `cost` to its processors")


def _portions(
    con: duckdb.DuckDBPyConnection, since_ns: int | None, until_ns: int | None
) -> Iterator[tuple[pa.Table, int, int]]:
    """Yield whole traces, some at once: (trace_id), how many calls they have, and how many there are in all."""
    traces = con.sql(_TRACES, params={"since_ns": since_ns, "until_ns": until_ns}).to_arrow_table()
    counts = traces["calls"].to_pylist()
    start, calls, total = 0, 0, sum(counts)
    for number, n in enumerate(counts, 1):
        calls += n
        if calls >= _CALLS_AT_ONCE or number == len(counts):
            yield traces.slice(start, number - start).select(["trace_id"]), calls, total
            start, calls = number, 0


@contextmanager
def _priced(con: duckdb.DuckDBPyConnection, step: Step, traces: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with the costs of some traces as they are stored and as they are now: `stored`, `priced`."""
    con.register("portion", traces)
    try:
        calls = con.sql(f"SELECT {_ASKED} FROM genai_calls SEMI JOIN portion USING (trace_id)").to_arrow_table()
        names = ", ".join(COSTS.names)
        stored = con.sql(f"SELECT {names} FROM costs SEMI JOIN portion USING (trace_id)").to_arrow_table()
    finally:
        con.unregister("portion")
    with utc_connection() as both:
        both.register("genai_calls", calls)
        both.register("priced", step.processor.evaluate(both)[COSTS.name])
        both.register("stored", stored)
        yield both


def _count(both: duckdb.DuckDBPyConnection, found: dict[tuple[str | None, ...], Difference]) -> None:
    cursor = both.execute(_DIFFERENCES)
    names = [d[0] for d in cursor.description or ()]
    for row in cursor.fetchall():
        more = Difference(**dict(zip(names, row, strict=True)))
        key = (more.provider, more.model, more.old_currency, more.new_currency)
        found.setdefault(key, Difference(*key)).add(more)


def columns(difference: Difference) -> Mapping[str, object]:
    """Return what a command prints of a difference."""
    return {**asdict(difference), "difference": difference.difference}
