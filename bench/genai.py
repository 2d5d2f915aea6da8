"""Measures how quickly recorded spans of all dialects become calls, and whether memory stays flat.

python bench/genai.py [--calls 200000] [--spans 0] [--format json]

The requests are those of `tests/data/otlp`, real instrumentations recorded, repeated with ids and times of their own: a
round is as large as one of the analysis. The limit is 20,000 calls per CPU second. `--spans 5M` goes on for minutes and
compares the memory of the last fifth with that of the second: what grows without end shows.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import pyarrow as pa
from figures import Figures, Goal, machine, show
from processes import resident_bytes

from otel_cert import memory
from otel_cert.otlp.columns import Arrival
from otel_cert.otlp.decode import Received, decode
from otel_cert.otlp.requests import JSON, parse
from otel_cert.processors.genai import Genai
from otel_cert.schema import GENAI_CALLS, LOGS, SPANS
from otel_cert.semconv.dialect import installed
from otel_cert.store.query import load, show_rows, utc_connection

_RECORDED = Path(__file__).resolve().parents[1] / "tests" / "data" / "otlp"
_ROWS = 30_000
"""Rows of a round, as `analysis` takes them."""

_TIMES = {
    table: ", ".join(f"{name} + n * 3600_000_000_000 AS {name}" for name in names)
    for table, names in ((SPANS, ("start_unix_ns", "end_unix_ns")), (LOGS, ("unix_ns",)))
}
"""Each repetition is an hour after the one before."""

_RATE = Goal("calls per CPU second, all dialects", 20_000, "calls/CPU-s")
_GROWTH = Goal("memory of the last fifth, part of the second's", 1.05, "ratio", at_least=False)


def recorded(signal: str) -> pa.Table:
    """Return the rows of all recorded requests of one signal."""
    bodies = [path.read_bytes() for path in sorted(_RECORDED.glob(f"*/*.{signal}*.pb"))]
    bodies += [
        parse(signal, JSON, path.read_bytes()).SerializeToString()
        for path in sorted(_RECORDED.glob(f"*/*.{signal}*.json"))
    ]
    return decode(signal, [Received(Arrival("files", n, 0, f"{n:032x}"), body) for n, body in enumerate(bodies)])


def rounds(con: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Show one round of repeated rows after another as `spans` and `logs`, and yield how many spans it has."""
    blocks = {table: recorded(signal) for table, signal in ((SPANS, "traces"), (LOGS, "logs"))}
    for table, rows in blocks.items():
        load(con, f"block_{table.name}", rows)
    repeats = max(1, _ROWS // sum(rows.num_rows for rows in blocks.values()))
    number = 0
    while True:
        for table in blocks:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE repeated_{table.name} AS SELECT * REPLACE ("
                f"CASE WHEN trace_id <> '' THEN md5(trace_id || n) ELSE '' END AS trace_id, {_TIMES[table]}) "
                f"FROM block_{table.name}, range({number}, {number + repeats}) numbers(n)"
            )
            con.execute(f"DROP VIEW IF EXISTS {table.name}")
            names = ", ".join(f'"{name}"' for name in table.names)
            show_rows(con, table, f"SELECT {names} FROM repeated_{table.name}")
        number += repeats
        yield repeats * blocks[SPANS].num_rows


@click.command()
@click.option("--calls", default=200_000, show_default=True, help="How many calls to measure.")
@click.option(
    "--spans", "spans_text", default="0", show_default=True, help="How many spans to go through for memory; 5M."
)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(calls: int, spans_text: str, format_: str) -> None:
    """Read rounds of recorded spans until there are enough calls, and spans."""
    memory.keep()  # as the process of the analysis has it
    spans = int(spans_text.upper().replace("M", "000000"))
    figures, resident = Figures(), []
    processor = Genai(installed())
    found = passed = 0
    with utc_connection() as con:
        con.execute("SET threads = 1")
        for size in rounds(con):
            began = time.process_time()
            rows = processor.evaluate(con)[GENAI_CALLS.name].num_rows
            took = time.process_time() - began
            if found < calls:
                _RATE.add(figures, rows / took)
                figures.add("spans per CPU second", size / took, "spans/CPU-s")
            found, passed = found + rows, passed + size
            resident.append(resident_bytes(os.getpid()) / 2**20)
            if found >= calls and passed >= spans:
                break
    figures.add("peak memory", max(resident), "MiB")
    if fifth := len(resident) // 5:
        _GROWTH.add(figures, statistics.median(resident[-fifth:]) / statistics.median(resident[fifth : 2 * fifth]))
    click.echo(show(machine(Path()), {"calls": found, "spans": passed}, figures, format_))


if __name__ == "__main__":
    main()
