"""A real `otel-cert serve` with its processes, and killing them at a stage of their life cycle."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from otel_cert.store.stage import STAGES, VARIABLE

ROLES = ("receiver", "writer", "analysis")
COMMAND = (sys.executable, "-m", "otel_cert")
START_S = 180.0


class Running:
    """`otel-cert serve` over one data directory; it can be killed and started again."""

    def __init__(self, directory: Path, config: str) -> None:
        self.data, self._boards, self._errors = directory / "data", directory / "stage", directory / "stderr"
        self._config = directory / "config.yaml"
        self._config.write_text(config)
        self.endpoints: dict[str, str] = {}
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")} | {
            VARIABLE: str(self._boards)
        }
        self._process: subprocess.Popen[str] | None = None
        self._children: dict[str, int] = {}

    def start(self) -> None:
        """Start the service and wait until it takes requests."""
        ends = [a for p in ("grpc", "http") for a in (f"--{p}", "127.0.0.1:0")]
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--config", self._config, "--data-dir", self.data, *ends],
                env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        ready = json.loads(self._process.stdout.readline() or "{}")
        assert ready, f"serve did not start: {self._errors.read_text()[-2000:]}"
        self.endpoints.update(grpc=ready["grpc"], http=ready["http"])

    def pid(self, role: str) -> int:
        """Return the process id of a role once that process reports its stages."""
        for _ in _until(START_S, lambda: f"the {role} process did not start; {self._state()}"):
            self._children = _children(self._process.pid)
            pid = self._process.pid if role == "receiver" else self._children.get(role)
            if pid and self._reports(pid):
                return pid
        raise AssertionError

    def await_ready(self, role: str) -> None:
        """Return when a process does its work."""
        for _ in _until(START_S, lambda: f"the {role} process did not come up; {self._state()}"):
            try:
                with urllib.request.urlopen(f"http://{self.endpoints['http']}/readyz", timeout=5):
                    return
            except urllib.error.HTTPError as unready:
                with unready:
                    if role not in json.load(unready)["problems"]:
                        return
            except OSError:  # refused
                continue

    def wait_for_stage(self, pid: int, wanted: Collection[str], timeout_s: float) -> None:
        """Return when a process is in one of the stages, stopped so that it stays there to be killed; or after the time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.stage(pid) in wanted:
                _stop(pid)
                if self.stage(pid) in wanted:
                    return
                os.kill(pid, signal.SIGCONT)
            time.sleep(0.0002)

    def kill(self, role: str, pid: int) -> str:
        """Kill one process and return the stage it died in; after the receiver, start the service again."""
        os.kill(pid, signal.SIGKILL)
        if role == "receiver":
            self.await_end()
        for _ in _until(START_S, lambda: f"process {pid} did not die"):
            if pid not in _processes():
                break
        stage = self.stage(pid)
        if role == "receiver":
            self.start()
        return stage

    def await_end(self) -> None:
        """Return when no process of a killed service is left."""
        self._process.wait()
        self._process.stdout.close()
        for _ in _until(START_S, lambda: f"children outlived their killed service: {self._children}"):
            if not _processes().keys() & set(self._children.values()):
                break

    def stop(self) -> None:
        """Let the service drain."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(300) == 0, self._state()
        self._process.stdout.close()

    def abandon(self) -> None:
        """Leave no process behind when a test failed."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def cli(self, *arguments: str) -> str:
        """Run another verb on the same data and return what it prints."""
        command = [*COMMAND, *arguments, "--data-dir", self.data]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _board(self, pid: int) -> Path:
        return Path(f"{self._boards}.{pid}")

    def _reports(self, pid: int) -> bool:
        board = self._board(pid)
        return board.exists() and board.stat().st_size == len(STAGES)  # created empty, then filled

    def stage(self, pid: int) -> str:
        """Return the stage a process is in, or died in."""
        counts = self._board(pid).read_bytes()
        return next((name for name, count in zip(reversed(STAGES), reversed(counts), strict=True) if count), "idle")

    def _state(self) -> str:
        ended = self._process.poll()
        return f"serve ended: {ended}, children: {self._children}, stderr: {self._errors.read_text()[-3000:]}"


def _until(timeout_s: float, otherwise: Callable[[], str]) -> Iterator[None]:
    """Yield again and again; fail after the time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        yield
        time.sleep(0.01)
    raise AssertionError(otherwise())


def _stop(pid: int) -> None:
    """Stop a process, all its threads."""
    os.kill(pid, signal.SIGSTOP)
    for _ in _until(START_S, lambda: f"process {pid} did not stop"):
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        if subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("T"):
            break


def _processes() -> dict[int, tuple[int, str]]:
    """Return (parent, command line) of every process that is not a zombie."""
    listed = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    fields = [line.split(None, 3) for line in listed.splitlines()]
    return {int(f[0]): (int(f[1]), f[3]) for f in fields if len(f) == 4 and not f[2].startswith("Z")}


def _children(parent: int) -> dict[str, int]:
    """Return the service's children by role."""
    own = {pid: args for pid, (of, args) in _processes().items() if of == parent and "otel_cert.workers" in args}
    return {args.split()[-1]: pid for pid, args in own.items()}
