"""Measures the writer alone: requests to rows, and requests in the log to a committed Parquet file.

python bench/decode.py [--spans 45000] [--batch 512] [--rounds 5] [--format json]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pyarrow as pa
from figures import Figures, machine, show
from load import Load, load
from pyarrow import parquet

from otel_cert import pipeline
from otel_cert.config.loader import load as load_config
from otel_cert.otlp import columnar, rows
from otel_cert.otlp.columns import Arrival, Sent
from otel_cert.otlp.requests import PROTOBUF, parse
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.seal import Sealer
from otel_cert.store.segment import Request

_PORTION = 8 << 20
"""Bytes of requests that are decoded together, as in the writer."""

Decode = Callable[[str, Sequence[Sent]], pa.Table]


class Measured:
    """One figure in spans per CPU second of this process, user and system."""

    def __init__(self, figures: Figures, spans: int) -> None:
        self._figures, self._spans = figures, spans

    def __call__(self, name: str, work: Callable[[], object]) -> float:
        """Do `work` and return the spans per CPU second."""
        before = time.process_time()
        work()
        rate = self._spans / (time.process_time() - before)
        self._figures.add(name, rate, "spans/CPU-s")
        return rate


def decode(decoder: Decode, each: Load) -> pa.Table:
    """Return the rows of a load, decoded in portions."""
    now = time.time_ns()
    sent = [(Arrival("otlp", n, now, f"{n:032x}"), body) for n, body in enumerate(each.bodies)]
    step = max(1, _PORTION // (each.bytes // len(each.bodies)))
    return pa.concat_tables([decoder("traces", sent[n : n + step]) for n in range(0, len(sent), step)])


def seal_all(sealer: Sealer, expected: int) -> None:
    """Seal what waits in the log; figures of a writer that loses spans would mean nothing."""
    stored = 0
    while (done := sealer.seal()) is not None:
        stored += done.rows
    if stored != expected:
        raise RuntimeError(f"{expected} spans were in the log and {stored} were sealed")


def measure(figures: Figures, each: Load, sealer: Sealer, log: AckLog, folder: Path) -> None:
    """Measure every step once on one load, whose spans no other round has."""
    measured = Measured(figures, each.spans)
    parsed = measured("peer: bare protobuf parse", lambda: [parse("traces", PROTOBUF, b) for b in each.bodies])
    fast = measured("decode", lambda: decode(columnar.decode, each))
    measured("decode, row by row", lambda: decode(rows.decode, each))
    table = decode(columnar.decode, each)
    written = measured(
        "peer: bare Arrow Parquet of the rows",
        lambda: parquet.write_table(table, folder / "bare.parquet", compression="zstd", compression_level=1),
    )
    log.append([Request("traces", PROTOBUF, body, time.time_ns()) for body in each.bodies])
    sealed = measured("seal", lambda: seal_all(sealer, each.spans))
    figures.add("decode, part of bare parse", fast / parsed, "ratio")
    figures.add("seal, part of bare parse and Parquet", sealed * (1 / parsed + 1 / written), "ratio")


@click.command()
@click.option("--spans", type=int, default=45_000, show_default=True, help="Spans of a round.")
@click.option("--batch", type=int, default=512, show_default=True, help="Spans of a request.")
@click.option("--rounds", type=int, default=5, show_default=True, help="Repetitions; the median is shown.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(spans: int, batch: int, rounds: int, seed: int, format_: str) -> None:
    """Measure, and print every figure as median, minimum and maximum."""
    figures, registry = Figures(), Registry.installed()
    with tempfile.TemporaryDirectory(prefix="otel-cert-bench-") as place:
        layout = Layout.create(Path(place, "data"))
        log = AckLog(layout, "otlp")
        sealer = pipeline.sealer(layout, load_config(None, registry), registry)
        for number in range(rounds):
            measure(figures, load(f"{seed}/decode/{number}", batch, spans), sealer, log, Path(place))
        log.close()
        host = machine(Path(place))
    options = {"spans": spans, "batch": batch, "rounds": rounds, "seed": seed}
    click.echo(show(host, options, figures, format_))


if __name__ == "__main__":
    main()
