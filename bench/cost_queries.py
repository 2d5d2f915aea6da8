"""Times `otel-cert costs --by model --trend daily` against bare DuckDB over the same files, and in peers."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from figures import Figures, Goal
from tables import build_calls

import otel_cert
from otel_cert.costs import Spend, spend
from otel_cert.schema import COSTS
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout

_GOAL = Goal("costs by model and day, times bare DuckDB", 1.7, "ratio", at_least=False)
_BARE = """
    SELECT
        call.provider, coalesce(call.request_model, call.response_model) AS model,
        call.start_unix_ns // 86_400_000_000_000 AS day, currency, reason,
        count(*) AS calls, count(total_cost), sum(total_cost) AS cost,
        sum(call.input_tokens_total), count(call.input_tokens_total),
        sum(call.cache_read_tokens), count(call.cache_read_tokens),
        sum(call.output_tokens_total), count(call.output_tokens_total)
    FROM read_parquet({files})
    GROUP BY ALL"""
"""The sums that the answer consists of; without filters, tags, calls that are not processed, n, projection, duplicates."""


def measure_costs(figures: Figures, seed: int, calls: int, rounds: int, folder: Path) -> None:
    """Build a store, check that both sides say the same, and time them in turn, by CPU time and by the clock."""
    with tempfile.TemporaryDirectory(dir=folder) as place, duckdb.connect() as bare:
        layout = build_calls(Path(place), seed, calls)
        bare.execute("SET parquet_metadata_cache = true")
        sql = _BARE.format(files=_files(layout))
        with otel_cert.connect(layout.root) as con:
            for number in range(rounds + 1):
                rows, bare_s, bare_cpu_s = _timed(lambda: bare.execute(sql).fetchall())
                answer, our_s, our_cpu_s = _timed(lambda: spend(con, trend="daily"))
                if number == 0:  # the first reads the files' footers
                    _compare(answer, rows, calls)
                    continue
                figures.add("costs by model and day", our_s * 1e3, "ms")
                figures.add("costs by model and day, bare DuckDB", bare_s * 1e3, "ms")
                figures.add("costs by model and day, CPU", our_cpu_s * 1e3, "ms")
                figures.add("costs by model and day, bare DuckDB, CPU", bare_cpu_s * 1e3, "ms")
                _GOAL.add(figures, our_cpu_s / bare_cpu_s)


def _files(layout: Layout) -> list[str]:
    return list(snapshots.table_files(layout, snapshots.latest(layout), COSTS.name).paths)


def _timed(ask: Any) -> tuple[Any, float, float]:
    """Return an answer, the seconds it took, and the CPU seconds of this process."""
    began, cpu_began = time.perf_counter(), time.process_time()
    answer = ask()
    return answer, time.perf_counter() - began, time.process_time() - cpu_began


def _compare(answer: Spend, rows: list[tuple[Any, ...]], calls: int) -> None:
    """Raise RuntimeError unless both sides found the same calls and amounts for every model and day."""
    theirs: dict[tuple[str, str, int], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal()))
    for provider, model, day, _, _, number, _, cost, *_ in rows:
        before = theirs[provider, model, day]
        theirs[provider, model, day] = (before[0] + number, before[1] + (cost or 0))
    ours = {
        (group.provider, group.key, _day(point.start)): (point.calls, point.cost or Decimal())
        for group in answer.groups
        for point in group.series or ()
        if point.calls
    }
    if ours != theirs or answer.basis.calls != calls:
        raise RuntimeError("the answers differ")


def _day(start: str) -> int:
    return (datetime.fromisoformat(start).date() - date(1970, 1, 1)).days
