"""Times `otel-cert entropy --by model` and list functions over `token_entropy` beside bare DuckDB on the same files.

python bench/entropy_queries.py [--calls 1000000] [--tokens 100] [--rounds 5] [--seed 1] [--folder /tmp] [--format json]

The numbers of the tokens are random; columns that no query here reads (texts, places) are left out.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import duckdb
import numpy as np
import pyarrow as pa
from figures import Figures, Goal, machine, show
from tables import build_calls

import otel_cert
from otel_cert.questions import ENTROPY, ask
from otel_cert.schema import GENAI_CALLS, TOKEN_ENTROPY, Table
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.tables import DeltaStore

_PORTION = 50_000
"""Calls of one file of `token_entropy`."""
_LIMIT = 1.7
_BY_MODEL = """
    SELECT
        coalesce(c.request_model, c.response_model) AS model, count(*) AS calls, count(n_known) AS measured,
        sum(n_known) AS tokens, sum(sum_surprisal) / sum(n_known) AS mean_nll,
        sum(lower) / sum(lower_n) AS lower, sum(upper) / sum(upper_n) AS upper
    FROM read_parquet({calls}) AS c
    LEFT JOIN (
        SELECT
            trace_id, span_id, n_known, sum_surprisal,
            list_sum(entropy_lower) AS lower, list_count(entropy_lower) AS lower_n,
            list_sum(entropy_upper) AS upper, list_count(entropy_upper) AS upper_n
        FROM read_parquet({tokens})
        WHERE source = 'recorded'
    ) AS e USING (trace_id, span_id)
    GROUP BY ALL"""
"""The sums that the answer consists of; without intervals, percentiles, reasons, and several answers of a call."""
_LISTS = """
    SELECT
        sum(list_sum(surprisal)) / sum(list_count(surprisal)),
        sum(list_sum(surprisal[:5])) / sum(list_count(surprisal[:5])),
        max(list_max(surprisal)),
        sum(list_sum(list_transform(entropy_upper, lambda x: x * x)))
    FROM {source}"""


def build(folder: Path, seed: int, calls: int, tokens: int) -> Layout:
    """Write calls, and for each the figures of so many tokens, and publish them."""
    layout = build_calls(folder, seed, calls)
    delta, rng = DeltaStore(layout), np.random.default_rng(seed)
    with duckdb.connect() as con:
        read = con.sql(
            f"SELECT trace_id, span_id, receive_day FROM read_parquet({_files(layout, GENAI_CALLS)})"
        ).to_arrow_reader(_PORTION)
        for batch in read:
            delta.append(TOKEN_ENTROPY, _rows(rng, pa.Table.from_batches([batch]), tokens), {})
    snapshots.publish(layout, delta.versions((TOKEN_ENTROPY,)))
    return layout


def _rows(rng: np.random.Generator, calls: pa.Table, tokens: int) -> pa.Table:
    n = len(calls)
    surprisal = rng.exponential(0.4, (n, tokens))
    lower = rng.exponential(0.3, (n, tokens))
    known: Mapping[str, Any] = {
        **{name: calls[name] for name in ("trace_id", "span_id", "receive_day")},
        "source": pa.repeat("recorded", n),
        "choice": pa.repeat(0, n),
        "n_tokens": pa.repeat(tokens, n),
        "n_known": pa.repeat(tokens, n),
        "n_unlikely": pa.repeat(0, n),
        "n_unreadable": pa.repeat(0, n),
        "surprisal": _lists(surprisal),
        "entropy_lower": _lists(lower),
        "entropy_upper": _lists(lower + rng.exponential(0.5, (n, tokens))),
        "sum_surprisal": surprisal.sum(axis=1),
        "share_below": (surprisal > math.log(2)).mean(axis=1),
    }
    columns = [
        pa.array(known[f.name]).cast(f.type) if isinstance(known.get(f.name), np.ndarray)
        else known[f.name].cast(f.type) if f.name in known
        else pa.nulls(n, f.type)
        for f in TOKEN_ENTROPY.arrow
    ]  # fmt: skip
    return pa.table(columns, schema=TOKEN_ENTROPY.arrow)


def _lists(values: np.ndarray) -> pa.ListArray:
    n, width = values.shape
    return pa.ListArray.from_arrays(np.arange(0, n * width + 1, width, dtype=np.int32), values.ravel())


def measure(figures: Figures, layout: Layout, rounds: int) -> None:
    """Check that both sides say the same, and time them in turn, by the processor's time and by the clock."""
    calls, tokens = (_files(layout, table) for table in (GENAI_CALLS, TOKEN_ENTROPY))
    by_model = _BY_MODEL.format(calls=calls, tokens=tokens)
    with otel_cert.connect(layout.root) as con, duckdb.connect() as bare:
        bare.execute("SET parquet_metadata_cache = true")
        sides: Mapping[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "entropy by model": (
                lambda: [*ask(con, ENTROPY, by="model").dicts()],
                lambda: bare.execute(by_model).fetchall(),
            ),
            "list functions": (
                lambda: con.execute(_LISTS.format(source="token_entropy")).fetchall(),
                lambda: bare.execute(_LISTS.format(source=f"read_parquet({tokens})")).fetchall(),
            ),
        }
        for number in range(rounds + 1):
            for name, (ours, theirs) in sides.items():
                answer, our_s, our_cpu_s = _timed(ours)
                other, bare_s, bare_cpu_s = _timed(theirs)
                if number == 0:  # the first reads the files' footers
                    _compare(name, answer, other)
                    continue
                figures.add(name, our_s * 1e3, "ms")
                figures.add(f"{name}, bare DuckDB", bare_s * 1e3, "ms")
                figures.add(f"{name}, CPU", our_cpu_s * 1e3, "ms")
                figures.add(f"{name}, bare DuckDB, CPU", bare_cpu_s * 1e3, "ms")
                goal = Goal(f"{name}, times bare DuckDB", _LIMIT, "ratio", at_least=False)
                goal.add(figures, our_cpu_s / bare_cpu_s)


def _files(layout: Layout, table: Table) -> list[str]:
    return list(snapshots.table_files(layout, snapshots.latest(layout), table.name).paths)


def _timed(ask_: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return an answer, the seconds it took, and the processor seconds of this process."""
    began, cpu_began = time.perf_counter(), time.process_time()
    answer = ask_()
    return answer, time.perf_counter() - began, time.process_time() - cpu_began


def _compare(name: str, ours: list[Any], theirs: list[Any]) -> None:
    """Raise RuntimeError unless both sides say the same, but for rounding."""
    if name == "entropy by model":
        figures = ("key", "calls", "measured", "tokens", "mean_nll", "mean_entropy_lower", "mean_entropy_upper")
        ours = [tuple(row[figure] for figure in figures) for row in ours]
    ours, theirs = (sorted(rows, key=str) for rows in (ours, theirs))
    pairs = [pair for a, b in zip(ours, theirs, strict=True) for pair in zip(a, b, strict=True)]
    if not all(a == b or math.isclose(a, b, rel_tol=1e-9) for a, b in pairs):
        raise RuntimeError(f"the answers to {name} differ")


@click.command()
@click.option("--calls", type=int, default=1_000_000, show_default=True)
@click.option("--tokens", type=int, default=100, show_default=True, help="Of each call.")
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(tempfile.gettempdir()))
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(calls: int, tokens: int, rounds: int, seed: int, folder: Path, format_: str) -> None:
    """Measure, and print every figure."""
    figures = Figures()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        measure(figures, build(Path(place), seed, calls, tokens), rounds)
    options = {"calls": calls, "tokens": tokens, "rounds": rounds, "seed": seed}
    click.echo(show(machine(folder), options, figures, format_))


if __name__ == "__main__":
    main()
