"""Measures `otel-cert serve` from a sender's request to the answer of a query; README.md beside this file explains.

python bench/ingest.py [--quick] [--queries 1M,10M] [--format json]
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
from burst import Burst, drain
from figures import Figures, Goal, machine, show
from load import Load, load
from processes import Server, bare, otel_cert
from queries import measure_queries
from senders import TRANSPORTS, send

from otel_cert import connect
from otel_cert.schema import RAW
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.maintain import Maintenance
from otel_cert.store.tables import DeltaStore

_BATCHES = {512: 1.0, 64: 0.5, 1: 0.05}
"""Spans per request -> spans to send, as a part of --spans: small requests take longer."""
_WARM_UP = 0.25
"""Spans to send first and not to measure, as a part of --spans: a process that grows pays for each new page."""

_DISK = Goal("on disk, compacted", 450, "bytes/span", at_least=False)
_PART_OF_RAW = Goal("on disk, compacted, part of raw OTLP", 0.29, "ratio", at_least=False)

Loads = Mapping[tuple[str, int], Load]
"""By transport and batch; no two share a span, because a span that comes again is not stored again."""


class Ingest:
    """Measures receiver and writer against the bare server, round by round."""

    def __init__(self, figures: Figures, seed: int, spans: int, connections: int, config: Path) -> None:
        self._figures, self._connections, self._config = figures, connections, config
        self._warm_up = load(f"{seed}/warm-up", 64, int(spans * _WARM_UP))
        self._loads: Loads = {
            (transport, batch): load(f"{seed}/{transport}/{batch}", batch, int(spans * share))
            for transport in TRANSPORTS
            for batch, share in _BATCHES.items()
        }

    def round(self, number: int, folder: Path) -> None:
        """Measure both servers once, in the other order in every other round."""
        sides = (self._ours, self._bare) if number % 2 == 0 else (self._bare, self._ours)
        for side in sides:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                side(Path(place))
        for batch in _BATCHES:
            ours, floor = (self._figures.last(f"grpc {batch}: {side}acknowledged/CPU-s") for side in ("", "bare "))
            self._figures.add(f"grpc {batch}: acknowledged/CPU-s, part of bare", ours / floor, "ratio")

    def _ours(self, folder: Path) -> None:
        layout = Layout(folder)
        with otel_cert(folder, self._config) as server:
            self._figures.add("start-up to the ready line", server.startup_s, "s")
            send("grpc", server.ready["grpc"], self._warm_up.bodies, self._connections)
            requests = len(self._warm_up.bodies)
            drain(layout, requests)
            for (transport, batch), each in self._loads.items():
                requests += len(each.bodies)
                self._seal(server, layout, transport, each, requests, f"{transport} {batch}: ")
            for role in server.pids:
                self._figures.add(f"peak memory, {role}", server.peak_bytes(role) / 2**20, "MiB")
        self._disk(layout)

    def _seal(self, server: Server, layout: Layout, transport: str, each: Load, upto: int, name: str) -> None:
        """Send one load and wait until request number `upto`, its last, is sealed."""
        before = {role: server.cpu_s(role) for role in server.pids}
        self._acknowledge(server, transport, each, name)
        drain(layout, upto)
        receiver, writer = (server.cpu_s(role) - before[role] for role in ("receiver", "writer"))
        self._figures.add(f"{name}sealed/writer CPU-s", each.spans / writer, "spans/CPU-s")
        self._figures.add(f"{name}all in/CPU-s", each.spans / (receiver + writer), "spans/CPU-s")

    def _bare(self, folder: Path) -> None:
        with bare(folder) as server:
            send("grpc", server.ready["grpc"], self._warm_up.bodies, self._connections)
            for (transport, batch), each in self._loads.items():
                if transport == "grpc":
                    self._acknowledge(server, transport, each, f"grpc {batch}: bare ")

    def _acknowledge(self, server: Server, transport: str, each: Load, name: str) -> None:
        before = server.cpu_s("receiver")
        sent = send(transport, server.ready[transport], each.bodies, self._connections)
        used = server.cpu_s("receiver") - before
        self._figures.add(f"{name}acknowledged/s", each.spans / sent.wall_s, "spans/s")
        self._figures.add(f"{name}acknowledged/CPU-s", each.spans / used, "spans/CPU-s")
        if each.batch == 1:
            self._figures.add(f"{name}p50", sent.latency_ms(0.50), "ms")
            self._figures.add(f"{name}p99", sent.latency_ms(0.99), "ms")

    def _disk(self, layout: Layout) -> None:
        """Weigh the span files as they were sealed, and after compaction; nobody serves the folder any more."""
        sent = (self._warm_up, *self._loads.values())
        spans, otlp_bytes = sum(each.spans for each in sent), sum(each.bytes for each in sent)
        _check_stored(layout, spans)
        hot = _bytes(snapshots.table_files(layout, snapshots.latest(layout), "spans").paths)
        delta = DeltaStore(layout)
        Maintenance(layout, delta, RAW, hot_files=1).run()
        compacted = _bytes(delta.ensure(RAW[0]).file_uris())
        self._figures.add("raw OTLP", otlp_bytes / spans, "bytes/span")
        for state, size in (("hot", hot), ("compacted", compacted)):
            self._figures.add(f"on disk, {state}", size / spans, "bytes/span")
            self._figures.add(f"on disk, {state}, part of raw OTLP", size / otlp_bytes, "ratio")
        _DISK.add(self._figures, compacted / spans)
        _PART_OF_RAW.add(self._figures, compacted / otlp_bytes)


def _check_stored(layout: Layout, spans: int) -> None:
    """Figures of a server that loses or repeats spans would mean nothing."""
    with connect(layout.root) as con:
        ((stored,),) = con.execute("SELECT count(*) FROM spans").fetchall()
    if stored != spans:
        raise RuntimeError(f"{spans} spans were acknowledged and {stored} are stored")


def _bytes(files: list[str]) -> int:
    return sum(Path(file).stat().st_size for file in files)


def _rows(given: str) -> list[int]:
    units = {"k": 10**3, "M": 10**6}
    return [int(part.rstrip("kM")) * units.get(part[-1], 1) for part in given.split(",") if part]


@click.command()
@click.option("--quick", is_flag=True, help="Fewer spans, shorter seal interval, no queries: within 60 s.")
@click.option("--spans", type=int, default=60_000, show_default=True, help="Spans of a phase with requests of 512.")
@click.option("--rounds", type=int, default=3, show_default=True, help="Repetitions; the median is shown.")
@click.option("--connections", type=int, default=4, show_default=True)
@click.option("--burst", type=float, default=30, show_default=True, help="Seconds of the burst; 0: without the goals.")
@click.option("--seal-interval", default="5s", show_default=True, help="As in the configuration's `store`.")
@click.option("--queries", default="1M", show_default=True, help="Rows of the tables that are asked, e.g. 1M,10M.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(
    quick: bool, spans: int, rounds: int, connections: int, burst: float, seal_interval: str, queries: str, seed: int,
    folder: Path, format_: str,
) -> None:  # fmt: skip
    """Measure, and print every figure as median, minimum and maximum."""
    if quick:
        spans, burst, seal_interval, queries = min(spans, 12_000), min(burst, 3.0), "1s", ""
    options = {
        "spans": spans,
        "rounds": rounds,
        "connections": connections,
        "burst": burst,
        "seal_interval": seal_interval,
        "seed": seed,
    }
    figures, host = Figures(), machine(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="otel-cert-bench-") as place:
        config = Path(place, "config.yaml")
        config.write_text(f"store: {{seal_interval: {seal_interval}}}\n")
        if burst:
            goals = Burst(figures, seed, burst, connections, config)
            for number in range(rounds):
                goals.round(number, Path(place))
        ingest = Ingest(figures, seed, spans, connections, config)
        for number in range(rounds):
            ingest.round(number, Path(place))
        for rows in _rows(queries):
            measure_queries(figures, seed, rows, rounds, Path(place))
    click.echo(show(host, options, figures, format_))


if __name__ == "__main__":
    main()
