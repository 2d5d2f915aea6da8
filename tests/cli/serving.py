"""A real `otel-cert serve` for the tests of the verbs, and asking until an answer comes."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import otel_cert
from otel_cert.otlp.requests import PROTOBUF, SIGNALS

QUICK = """
store: {seal_interval: 100ms, min_free_bytes: 0}
analysis: {quiet: 100ms, interval: 100ms}
"""
"""Everything is visible within a second."""
DRAINED = "store: {seal_interval: 1h, min_free_bytes: 0}"
"""Nothing is sealed until the service ends."""
COMMAND = (sys.executable, "-m", "otel_cert")
PORTS = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}


class Serving:
    """`serve` on a data directory; what it logs is in `log`."""

    def __init__(
        self,
        directory: Path,
        config: str,
        *,
        ports: Sequence[str] = PORTS,
        environment: Mapping[str, str] = ENVIRONMENT,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.data, self.log, self.config = directory / "data", directory / "log", directory / "config.yaml"
        self.config.write_text(config)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "serve", "--config", self.config, "--data-dir", self.data, *ports],
                stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
            )  # fmt: skip
        self.ready = json.loads(self.process.stdout.readline() or "{}")
        if not self.ready:
            self.close()
            raise AssertionError(self.log.read_text())

    def get(self, path: str) -> tuple[int, str]:
        """Return (status, text) of a page."""
        try:
            with urllib.request.urlopen(f"http://{self.ready['http']}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def post(self, body: bytes, signal: str = "traces", content_type: str = PROTOBUF) -> int:
        """Return the status of the answer to a request."""
        url = f"http://{self.ready['http']}{SIGNALS[signal].path}"
        try:
            request = urllib.request.Request(url, body, {"Content-Type": content_type})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def stop(self) -> None:
        """Let it drain."""
        self.process.terminate()
        assert self.process.wait(300) == 0, self.log.read_text()

    def close(self) -> None:
        """Leave no process behind, in whatever state it is."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def serving(directory: Path, config: str = QUICK) -> Iterator[Serving]:
    """Run `serve` until the block ends; it can also be stopped within."""
    service = Serving(directory, config)
    try:
        eventually(lambda: service.get("/readyz")[0], 200)
        yield service
    finally:
        service.close()


def cli(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process of its own."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)


def ask(data: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask the sealed data."""
    with otel_cert.connect(data) as con:
        return con.execute(sql).fetchall()


def eventually(ask: Callable[[], object], wanted: object, timeout_s: float = 180.0) -> None:
    """Return when the answer is the wanted one; fail with the last answer after the time."""
    began = asked = time.monotonic()
    while (answer := ask()) != wanted and asked < began + timeout_s:
        # Most of the time is left to the one that is waited for.
        time.sleep(max(0.05, 3 * (time.monotonic() - asked)))
        asked = time.monotonic()
    assert answer == wanted
