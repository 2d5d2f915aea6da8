"""How fast the exporter `otlp` sends: `python bench/forward.py`. The endpoint is a process that throws everything away."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import click
import grpc
from load import load

from otel_cert.component import Signal
from otel_cert.config.loader import load as load_config
from otel_cert.exporters._settings import OtlpSettings
from otel_cert.exporters.otlp import OtlpExporter
from otel_cert.otlp.requests import PROTOBUF
from otel_cert.process import process
from otel_cert.registry import Registry
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.segment import Request


@click.command()
@click.option("--spans", default=50_000, show_default=True, help="Spans to send.")
@click.option("--sent-in", default=512, show_default=True, help="Spans per request when they were received.")
@click.option("--batch", default=2048, show_default=True, help="Spans per request when they are sent on.")
@click.option("--compression", type=click.Choice(["gzip", "none"]), default="gzip", show_default=True)
def main(spans: int, sent_in: int, batch: int, compression: str) -> None:
    """Store and analyse a load, forward it, and print the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        layout = _stored(Path(folder), sent_in, spans)
        ours, theirs = multiprocessing.Pipe()
        sink = multiprocessing.get_context("spawn").Process(target=_sink, args=(theirs,), daemon=True)
        sink.start()
        settings = OtlpSettings(
            endpoint=ours.recv(),
            compression=compression,
            tls={"insecure": True},
            sending_queue={"max_age": "36500d", "batch": {"max_size": batch}},
        )
        wall_s, cpu_s = _forward(layout, settings)
        ours.send("stop")
        received = ours.recv()
        sink.join()
    figures = {
        "spans": spans, "spans/s": round(spans / wall_s), "spans/CPU-s": round(spans / cpu_s),
        "bytes/span before compression": round(received / spans),
    }  # fmt: skip
    click.echo(json.dumps(figures))


def _stored(folder: Path, sent_in: int, spans: int) -> Layout:
    layout, registry = Layout.create(folder), Registry.installed()
    log = AckLog(layout, "otlp", min_free_bytes=0)
    log.append([Request("traces", PROTOBUF, body, time.time_ns()) for body in load("forward", sent_in, spans).bodies])
    log.close()
    process(layout, load_config(None, registry), registry)
    return layout


def _forward(layout: Layout, settings: OtlpSettings) -> tuple[float, float]:
    """Return wall and CPU seconds of sending all."""
    wanted = snapshots.latest(layout).analysed["otlp"]
    stop = threading.Event()
    run = threading.Thread(target=OtlpExporter(settings).run, args=(layout, "otlp", [Signal.TRACES], stop))
    wall, cpu = time.monotonic(), time.process_time()
    run.start()
    state = layout.forwarded("otlp", "traces")
    while not state.exists() or json.loads(state.read_text())["positions"]["otlp"][0] < wanted:
        time.sleep(0.05)
    took = time.monotonic() - wall, time.process_time() - cpu
    stop.set()
    run.join()
    return took


def _sink(parent: Connection) -> None:
    """Take every request, and tell at the end how many bytes they had."""
    sizes: list[int] = []
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((_Taking(sizes),))
    parent.send(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    parent.recv()
    server.stop(None).wait()
    parent.send(sum(sizes))


class _Taking(grpc.GenericRpcHandler):
    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def service(self, _details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(self._take)

    def _take(self, body: bytes, _context: grpc.ServicerContext) -> bytes:
        self._sizes.append(len(body))
        return b""


if __name__ == "__main__":
    main()
