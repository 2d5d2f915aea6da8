"""Measures how often a 95 % interval of a rate holds the true rate, ours beside the bootstrap over clusters.

python bench/intervals.py [--rounds 1000] [--seed 1] [--format json]      # two minutes

Calls are simulated in conversations: their number in each is geometric with a mean of four, and the chance of a failure is
drawn per conversation from a beta distribution, so that calls of one conversation are alike (intraclass correlation). Ours
is what the question `rates` gives: Wilson's interval for the effective number of independent calls. Beside it the
percentile bootstrap that resamples whole conversations (`otel_cert.statistics.bootstrap`), and Wilson's interval for as
many calls as there are, which takes them for independent. Fails when ours holds the true rate less often than the
bootstrap, on the mean of all designs, or is wider than it by a tenth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product

import click
import duckdb
import numpy as np
import pyarrow as pa

from otel_cert.evaluation.estimate import share
from otel_cert.questions import RATES
from otel_cert.questions.question import run
from otel_cert.schema import GENAI_CALLS, SUPPORT, sql_type
from otel_cert.statistics.intervals import wilson
from otel_cert.store.query import load, utc_connection

RATES_TRUE = (0.05, 0.2, 0.5)
ALIKE = (0.1, 0.4)
CONVERSATIONS = (10, 30, 100)
MEAN_CALLS = 4
METHODS = ("ours", "bootstrap", "independent")

Bounds = tuple[float, float] | None


def simulated(rate: float, alike: float, conversations: int, rounds: int, rng: np.random.Generator) -> pa.Table:
    """Return the calls of all rounds: `request_model` is the round, `error_type` is set where a call failed."""
    size = rounds * conversations
    calls = rng.geometric(1 / MEAN_CALLS, size)
    weight = (1 - alike) / alike
    chance = np.repeat(rng.beta(rate * weight, (1 - rate) * weight, size), calls)
    of = np.repeat(np.arange(size), calls)
    return pa.table(
        {
            "start_unix_ns": np.ones(len(of), dtype=np.int64),
            "request_model": [str(number) for number in of // conversations],
            "conversation_id": [str(number) for number in of],
            "error_type": ["failed" if hit else None for hit in rng.random(len(of)) < chance],
        }
    )


def ours(calls: pa.Table) -> Mapping[str, Bounds]:
    """Return what the question `rates` says of each round."""
    with utc_connection() as con:
        _show(con, calls)
        columns, rows = run(con, RATES.sql, RATES.bind({"by": "model"}))
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    return {row["key"]: (row["share_low"], row["share_high"]) for row in found if row["rate"] == "failed"}


def _show(con: duckdb.DuckDBPyConnection, calls: pa.Table) -> None:
    """Show the calls as the tables that the question reads; what is not simulated is unknown."""
    load(con, "simulated", calls)
    for table, given, rows in ((GENAI_CALLS, calls.column_names, "simulated"), (SUPPORT, (), "(SELECT 1 WHERE false)")):
        columns = (c.name if c.name in given else f'NULL::{sql_type(c.type)} AS "{c.name}"' for c in table.columns)
        con.execute(f"CREATE VIEW {table.name} AS SELECT {', '.join(columns)} FROM {rows}")


def others(calls: pa.Table) -> Mapping[str, Mapping[str, Bounds]]:
    """Return the bounds of the other methods for each round."""
    rounds = np.array(calls["request_model"].to_pylist())
    hits = np.array([error is not None for error in calls["error_type"].to_pylist()])
    conversations = np.array(calls["conversation_id"].to_pylist())
    found: dict[str, dict[str, Bounds]] = {"bootstrap": {}, "independent": {}}
    for round_ in dict.fromkeys(rounds.tolist()):
        own = rounds == round_
        estimate = share(hits[own].tolist(), conversations[own].tolist())
        if estimate and estimate.low is not None and estimate.high is not None:
            found["bootstrap"][round_] = (estimate.low, estimate.high)
        found["independent"][round_] = wilson(int(hits[own].sum()), int(own.sum()))
    return found


@click.command()
@click.option("--rounds", type=click.IntRange(min=10), default=1000, show_default=True, help="Of each design.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(rounds: int, seed: int, format_: str) -> None:
    """Simulate every design and print how often each interval holds the true rate, and how wide it is."""
    rng, rows = np.random.default_rng(seed), []
    for rate, alike, conversations in product(RATES_TRUE, ALIKE, CONVERSATIONS):
        calls = simulated(rate, alike, conversations, rounds, rng)
        bounds = {"ours": ours(calls), **others(calls)}
        row: dict[str, float] = {"rate": rate, "alike": alike, "conversations": conversations}
        for method in METHODS:
            known = [(low, high) for low, high in filter(None, bounds[method].values()) if low is not None]
            row[method] = sum(low <= rate <= high for low, high in known) / len(known)
            row[f"{method}_width"] = sum(high - low for low, high in known) / len(known)
        rows.append(row)
        click.echo(_line(row), err=True)
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0] if name not in _DESIGN}
    if format_ == "json":
        click.echo(json.dumps({"rounds": rounds, "seed": seed, "designs": rows, "mean": mean}, indent=1))
    else:
        click.echo("\n".join([_HEAD, *map(_line, rows), _line(dict.fromkeys(_DESIGN, 0.0) | mean)]))
    if mean["ours"] < mean["bootstrap"] or mean["ours_width"] > 1.1 * mean["bootstrap_width"]:
        raise SystemExit("worse than the bootstrap over conversations")


_DESIGN = ("rate", "alike", "conversations")
_HEAD = "rate  alike  conversations    ours  width    bootstrap  width    independent  width"


def _line(row: Mapping[str, float]) -> str:
    design = f"{row['rate']:4.2f}  {row['alike']:5.1f}  {row['conversations']:13.0f}" if row["rate"] else f"{'mean':26}"
    shown = (f"{row[name]:8.1%} {row[f'{name}_width']:6.3f}" for name in METHODS)
    return f"{design}{'   '.join(shown)}"


if __name__ == "__main__":
    main()
