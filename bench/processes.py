"""Server processes under measurement: start, CPU time, peak memory, stop. Linux only (`/proc`, process clocks)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_READY_S = 60.0


@dataclass
class Server:
    """A running server and its processes by role: `receiver` for itself, `writer` and `analysis` for children."""

    ready: dict[str, str]
    startup_s: float
    pids: dict[str, int]

    def cpu_s(self, *roles: str) -> float:
        """Return the CPU seconds, user and system, that these processes have used since they started."""
        return sum(_cpu_s(self.pids[role]) for role in roles)

    def peak_bytes(self, role: str) -> int:
        """Return the largest resident memory that a process ever had."""
        return _peak_bytes(self.pids[role])


@contextmanager
def otel_cert(data_dir: Path, config: Path) -> Iterator[Server]:
    """Run `otel-cert serve` on free ports until the block ends; all its processes are ready when it begins."""
    command = [sys.executable, "-m", "otel_cert", "serve", "--config", str(config), "--data-dir", str(data_dir)]
    with _running([*command, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]) as server:
        _await(f"http://{server.ready['http']}/readyz")
        server.pids |= {_last_argument(child): child for child in _children(server.pids["receiver"])}
        yield server


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """Run the bare server until the block ends."""
    with _running([sys.executable, str(Path(__file__).with_name("bare_server.py")), str(folder)]) as server:
        yield server


@contextmanager
def _running(command: Sequence[str]) -> Iterator[Server]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended before it was ready: {' '.join(command)}")
        yield Server(json.loads(line), time.perf_counter() - began, {"receiver": process.pid})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def _await(url: str) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=_READY_S).close()
            return
        except urllib.error.HTTPError:  # 503: something is not ready
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children, and so on."""
    return [each for child in _children(pid) for each in (child, *descendants(child))]


def used_cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and all that it started and that still run have used."""
    return sum(map(_cpu_s, (pid, *descendants(pid))))


def resident_bytes(pid: int) -> int:
    """Return the largest resident memory of a process and all that it started, added up."""
    return sum(map(_peak_bytes, (pid, *descendants(pid))))


def _peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))


def _cpu_s(pid: int) -> float:
    """Return user and system time to the nanosecond; `/proc/PID/stat` counts in hundredths of a second."""
    return time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid(3) names


def _stat(pid: int) -> list[str]:
    """Return the fields of `/proc/PID/stat` behind the command, which may itself hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _children(parent: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(_stat(int(entry.name))[1]) == parent:
                yield int(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            continue


def _last_argument(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").rpartition("\0")[2]
