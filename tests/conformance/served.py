"""`otel-cert serve` as a process of its own, and what a sender, a reader and an operator can do with it over its sockets."""

from __future__ import annotations

import os
import re
import resource
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from tests.cli.serving import ENVIRONMENT, Serving, ask, eventually

LIMIT = 4 << 20
"""The largest request that these services take."""
STORE = "store: {seal_interval: 100ms, min_free_bytes: 0}\nanalysis: {quiet: 1s, interval: 1s}\n"
"""What is acknowledged is visible at once."""
PATIENCE_S = 300.0
"""How long to wait for what takes a second on a machine that is not busy."""
FAULTS = Path(__file__).parent / "faults"
"""A folder whose `sitecustomize` makes `os.fdatasync` of every process slow or broken, when `Served.fault` says so."""


class Served(Serving):
    """`serve` on a data directory, in plain text; it can be started again on the same ports and data."""

    def __init__(self, directory: Path, config: str = STORE, **options: Any) -> None:
        super().__init__(directory, f"{config}\n", **options)
        self.directory = directory
        self.http = httpx.Client(base_url=f"http://{self.ready['http']}", timeout=30)
        self.channel = grpc.insecure_channel(self.ready["grpc"], options=[("grpc.max_send_message_length", -1)])

    def send(self, body: Any, signal: str = "traces", content_type: str = PROTOBUF, **headers: str) -> httpx.Response:
        """Post a request; underscores in a keyword are hyphens of the header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(SIGNALS[signal].path, content=body, headers={"Content-Type": content_type, **named})

    def call(self, signal: str = "traces") -> Any:
        """Return the signal's `Export`, for bytes."""
        service = SIGNALS[signal]
        deserializer = service.response.FromString
        return self.channel.unary_unary(f"/{service.service}/Export", response_deserializer=deserializer)

    def export(self, body: bytes, signal: str = "traces", **options: Any) -> Any:
        """Call the signal's `Export` and return the response; raises grpc.RpcError."""
        return self.call(signal)(body, **{"timeout": 30, **options})

    def refused(self, body: bytes, signal: str = "traces", **options: Any) -> tuple[grpc.StatusCode, Status | None]:
        """Call `Export`, which has to fail, and return its code and details."""
        try:
            self.export(body, signal, **options)
        except grpc.RpcError as error:
            return error.code(), rpc_status.from_call(error)
        raise AssertionError("the request was accepted")

    def connect(self, transport: str = "http") -> socket.socket:
        """Return a bare connection."""
        host, _, port = self.ready[transport].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        return ask(self.data, sql)

    def stored(self, where: str, columns: str = "count(*)", n: int = 1, table: str = "spans") -> list[tuple[Any, ...]]:
        """Return `columns` of the rows `where` holds, once there are `n` of them; fails when there are never."""
        eventually(lambda: self.query(f"SELECT count(*) FROM {table} WHERE {where}"), [(n,)], PATIENCE_S)
        return self.query(f"SELECT {columns} FROM {table} WHERE {where}")

    def ready_again(self) -> None:
        """Return when every part works."""
        eventually(lambda: self.get("/readyz")[0], 200, PATIENCE_S)

    @contextmanager
    def again(self, config: str = STORE) -> Iterator[Served]:
        """Stop, and serve the same data on the same ports until the block ends."""
        self.stop()
        with served(self.directory, config, ports=("--grpc", self.ready["grpc"], "--http", self.ready["http"])) as new:
            yield new

    def counted(self, metric: str) -> float:
        """Return the sum over a metric's labels, from `/metrics`."""
        samples = re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return sum(map(float, samples))

    @contextmanager
    def memory(self) -> Iterator[list[int]]:
        """Measure by how many bytes the receiver's resident memory rises at its highest; filled in at the end."""
        process, risen = Path(f"/proc/{self.process.pid}"), []
        (process / "clear_refs").write_text("5")  # the peak becomes what is resident now
        before = _status(process, "VmRSS")
        yield risen
        risen.append(_status(process, "VmHWM") - before)

    def cpu_s(self) -> float:
        """Return the CPU time that the receiver has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Let every write to a file fail in the receiver's process, as on a full disk."""
        usual = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, usual[1]))
        try:
            yield
        finally:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, usual)

    @contextmanager
    def fault(self, name: str, text: str = "") -> Iterator[None]:
        """Let `fdatasync` be `slow` (1 s) or `broken` (raise an exception that nobody foresaw, whose message is `text`).

        A slow one makes the file `syncing`.
        """
        switch = self.directory / name
        switch.write_text(text)
        try:
            yield
        finally:
            switch.unlink()

    def release(self) -> None:
        """Close our side, and leave no process behind."""
        self.channel.close()
        self.http.close()
        self.close()


def _status(process: Path, key: str) -> int:
    (kilobytes,) = re.findall(rf"^{key}:\s+(\d+) kB$", (process / "status").read_text(), re.MULTILINE)
    return int(kilobytes) << 10


@contextmanager
def served(directory: Path, config: str = STORE, *, ready: bool = True, **options: Any) -> Iterator[Served]:
    """Serve until the block ends, from when every part works, unless it is not expected to (`ready`)."""
    service = Served(directory, config, **options)
    try:
        if ready:
            service.ready_again()
        yield service
    finally:
        service.release()


def faulty(directory: Path) -> Mapping[str, str]:
    """Return the environment of a service whose `fault` works."""
    return {**ENVIRONMENT, "PYTHONPATH": str(FAULTS), "FAULTS": str(directory)}
