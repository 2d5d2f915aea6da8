"""Measures peers beside `otel-cert serve`: the same requests over HTTP, each server in its own environment. Linux only.

python bench/peers.py [--phoenix VENV] [--mlflow VENV] [--seconds 15] [--format json]

A VENV is a virtual environment in which `pip install arize-phoenix` or `pip install mlflow` was done.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
from burst import Bodies
from figures import Figures, machine, show
from load import Load, load
from processes import descendants, resident_bytes, used_cpu_s
from senders import Sent, send

from otel_cert import connect

_READY_S, _SETTLED_S, _LOOK_S = 120.0, 60.0, 2.0


@dataclass(frozen=True)
class Peer:
    """How to run a server in a folder, ask whether it is ready, send to it, and count what it stored."""

    name: str
    command: Callable[[Path, int], Sequence[str]]
    """(folder, port) -> command line."""
    ready: str
    stored: Callable[[Path], int]
    environment: Callable[[Path, int], Mapping[str, str]] = lambda *_: {}
    headers: Mapping[str, str] = field(default_factory=dict)


def otel_cert(executable: str) -> Peer:
    """Return ourselves."""

    def command(folder: Path, port: int) -> Sequence[str]:
        addresses = ("--grpc", "127.0.0.1:0", "--http", f"127.0.0.1:{port}")
        return (executable, "-m", "otel_cert", "serve", "--data-dir", str(folder), *addresses)

    def stored(folder: Path) -> int:
        with connect(folder, fresh=True) as con:
            ((count,),) = con.execute("SELECT count(*) FROM spans").fetchall()
            return int(count)

    return Peer("otel-cert", command, "/readyz", stored)


def phoenix(venv: Path) -> Peer:
    """Return Arize Phoenix with its default database, SQLite."""

    def environment(folder: Path, port: int) -> Mapping[str, str]:
        return {
            "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_TELEMETRY_ENABLED": "false",
        }  # fmt: skip

    return Peer(
        f"Phoenix {version(venv, 'arize-phoenix')}",
        lambda *_: (str(venv / "bin/phoenix"), "serve"),
        "/healthz",
        lambda folder: spans_in(folder / "phoenix.db"),
        environment,
    )


def mlflow(venv: Path) -> Peer:
    """Return MLflow's tracking server over SQLite."""

    def command(folder: Path, port: int) -> Sequence[str]:
        store = f"sqlite:///{folder}/mlflow.db"
        address = ("--host", "127.0.0.1", "--port", str(port))
        return (str(venv / "bin/mlflow"), "server", "--backend-store-uri", store, *address)

    return Peer(
        f"MLflow {version(venv, 'mlflow')}",
        command,
        "/health",
        lambda folder: spans_in(folder / "mlflow.db"),
        lambda *_: {"MLFLOW_DISABLE_TELEMETRY": "true"},
        {"x-mlflow-experiment-id": "0"},
    )


def version(venv: Path, package: str) -> str:
    """Return the installed version of a package."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.check_output([str(venv / "bin/python"), "-c", code], text=True).strip()


def spans_in(database: Path) -> int:
    """Return how many rows a SQLite database has in its table `spans`."""
    con = sqlite3.connect(database, timeout=60)
    try:
        return int(con.execute("SELECT count(*) FROM spans").fetchone()[0])
    finally:
        con.close()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Measurement:
    """The same requests for every peer."""

    def __init__(self, figures: Figures, seconds: float, connections: int, seed: int) -> None:
        self._figures, self._seconds, self._connections = figures, seconds, connections
        self._loads: dict[int, Load] = {
            batch: load(f"{seed}/peers/{batch}", batch, spans) for batch, spans in ((512, 10_240), (1, 1_024))
        }
        self._repetition = 0

    def measure(self, peer: Peer, folder: Path) -> None:
        """Start a peer, send single spans and then batches, wait until all is stored; then the same with a kill."""
        with running(peer, folder / "rate") as (port, pid, startup_s):
            self._add(peer, "start-up", startup_s, "s")
            single = self._send(peer, port, 1)
            self._add(peer, "1 span: acknowledged", len(single.latencies_s) / single.wall_s, "requests/s")
            self._add(peer, "1 span: p99", single.latency_ms(0.99), "ms")
            self._settled(peer, folder / "rate", len(single.latencies_s))
            before, began = used_cpu_s(pid), time.monotonic()
            sent = self._send(peer, port, 512)
            spans = len(sent.latencies_s) * 512
            self._add(peer, "512 spans: acknowledged", spans / sent.wall_s, "spans/s")
            stored = self._settled(peer, folder / "rate", len(single.latencies_s) + spans)
            self._add(peer, "512 spans: until stored", spans / (time.monotonic() - began), "spans/s")
            self._add(peer, "512 spans: until stored, all processes", spans / (used_cpu_s(pid) - before), "spans/CPU-s")
            self._add(peer, "stored of acknowledged", stored / (len(single.latencies_s) + spans), "ratio")
            self._add(peer, "peak memory, all processes", resident_bytes(pid) / 2**20, "MiB")
        size = sum(path.stat().st_size for path in (folder / "rate").rglob("*") if path.is_file())
        self._add(peer, "on disk, everything", size / stored, "bytes/span")
        self._kill(peer, folder / "kill")

    def _kill(self, peer: Peer, folder: Path) -> None:
        """Send four batches, kill everything when they are acknowledged, start again, and count."""
        with running(peer, folder) as (port, _, _):
            sent = send("http", f"127.0.0.1:{port}", self._loads[512].bodies[:4], 1, peer.headers)
        with running(peer, folder):
            time.sleep(_LOOK_S)
            stored = self._settled(peer, folder, len(sent.latencies_s) * 512, timeout_s=10)
        self._add(peer, "stored of 2,048 acknowledged spans after SIGKILL", stored, "spans")

    def _send(self, peer: Peer, port: int, batch: int) -> Sent:
        bodies = Bodies(self._loads[batch], self._repetition, self._seconds)
        sent = send("http", f"127.0.0.1:{port}", bodies, self._connections, peer.headers)
        self._repetition = bodies.repetition + 1
        return sent

    def _settled(self, peer: Peer, folder: Path, wanted: int, timeout_s: float = _SETTLED_S) -> int:
        """Return how many spans are stored: all, or as many as there are after a time."""
        deadline = time.monotonic() + timeout_s
        while (stored := peer.stored(folder)) < wanted and time.monotonic() < deadline:
            time.sleep(0.5)
        return stored

    def _add(self, peer: Peer, name: str, value: float, unit: str) -> None:
        click.echo(f"{peer.name}: {name}: {value:,.2f} {unit}", err=True)
        self._figures.add(f"{peer.name}: {name}", value, unit)


@contextmanager
def running(peer: Peer, folder: Path) -> Iterator[tuple[int, int, float]]:
    """Yield (port, process, seconds until ready) of a peer; kill all of its processes at the end."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    began = time.monotonic()
    with (folder.parent / "log").open("a") as log:
        process = subprocess.Popen(
            peer.command(folder, port), env=os.environ | dict(peer.environment(folder, port)),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        while not is_ready(port, peer.ready):
            if process.poll() is not None or time.monotonic() - began > _READY_S:
                raise click.ClickException(f"{peer.name} did not start: {(folder.parent / 'log').read_text()[-2000:]}")
            time.sleep(0.02)
        yield port, process.pid, time.monotonic() - began
    finally:
        everything = [process.pid, *descendants(process.pid)]
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
        process.wait()


def is_ready(port: int, path: str) -> bool:
    """Return whether a server answers with success."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


@click.command()
@click.option("--phoenix", "phoenix_venv", type=click.Path(exists=True, path_type=Path))
@click.option("--mlflow", "mlflow_venv", type=click.Path(exists=True, path_type=Path))
@click.option("--seconds", type=float, default=15.0, show_default=True, help="Of sending, at each size of request.")
@click.option("--rounds", type=int, default=1, show_default=True)
@click.option("--connections", type=int, default=4, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(
    phoenix_venv: Path | None, mlflow_venv: Path | None, seconds: float, rounds: int, connections: int, seed: int,
    folder: Path, format_: str,
) -> None:  # fmt: skip
    """Measure, in every round one server after the other, and print every figure."""
    peers = [otel_cert(sys.executable)]
    peers += [phoenix(phoenix_venv)] if phoenix_venv else []
    peers += [mlflow(mlflow_venv)] if mlflow_venv else []
    figures, host = Figures(), machine(folder)
    measurement = Measurement(figures, seconds, connections, seed)
    for _ in range(rounds):
        for peer in peers:
            with tempfile.TemporaryDirectory(dir=folder, prefix="otel-cert-peers-") as place:
                measurement.measure(peer, Path(place))
    options = {"seconds": seconds, "rounds": rounds, "connections": connections, "seed": seed}
    click.echo(show(host, options, figures, format_))


if __name__ == "__main__":
    main()
