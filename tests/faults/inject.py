"""One fault: a child works until it stands before the point, strace fails that call, another child recovers and checks."""

import gc
import importlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from otel_cert.telemetry import configure_logging

from . import gate
from .check import Seen, assert_no_leftover, assert_stored, assert_verified
from .gate import Point
from .workload import CONFIG, PHASES, RESTART, Place, recover, restart

for _late in ("pandas", "pyarrow.dataset", "pyarrow.pandas_compat"):
    importlib.import_module(_late)  # DuckDB and PyArrow do when they need them: once here, not in every child

FAULTS = ("EIO", "ENOSPC", "KILL")
LIMIT_S = 60.0
"""A child that takes longer hangs."""

_TRIES = 3
"""A phase does not always make the very same calls."""

PASSED, FAILED, NOT_REACHED = "passed", "failed", "not reached"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one fault at one point."""

    point: Point
    fault: str
    outcome: str
    detail: str = ""

    def line(self) -> dict[str, Any]:
        """Return it flat, for a JSON line."""
        return asdict(self.point) | {"fault": self.fault, "outcome": self.outcome, "detail": self.detail}


class Harness:
    """Templates of data directories in front of every phase, and attempts on copies of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates = folder / "templates"
        self._templates.mkdir()
        gc.freeze()  # a collection in a child would copy the pages of everything that is loaded

    def points(self, phase: str, *, every_call: bool) -> list[Point]:
        """Make the phase's template, record its work once, and return its points in order."""
        self._make_template(phase)
        with self._copy(phase) as scratch:
            status = _wait(self._start(scratch, _work(phase), None))
            assert status == 0, f"{phase} fails without a fault: {scratch.said()}"
            found = gate.points(phase, scratch.record)
            return found if every_call else gate.distinct(found, scratch.record)

    def attempt(self, point: Point, fault: str) -> Result:
        """Let one fault happen, recover, and check; a point that is not reached is tried again."""
        for _ in range(_TRIES):
            with self._copy(point.phase) as scratch:
                try:
                    if not self._fault(scratch, point, fault):
                        continue
                    problem = self._problem_after(scratch, point.phase, fault)
                except (TimeoutError, AssertionError) as error:
                    problem = f"{error}: {scratch.said()}"
                return Result(point, fault, FAILED if problem else PASSED, problem)
        return Result(point, fault, NOT_REACHED)

    def _make_template(self, phase: str) -> None:
        place = Place(self._templates / phase)
        if place.folder.exists():
            return
        if phase.startswith(RESTART):
            self._crash(crash_before(phase), place)
            return
        place.folder.mkdir()
        said = self._folder / "said"
        status = _wait(_fork(lambda: PHASES[phase].before(place), said))
        assert status == 0, f"the template of {phase} failed: {said.read_text()}"

    def _crash(self, point: Point, place: Place) -> None:
        """Make the template of a restart: what a crash leaves."""
        self._make_template(point.phase)
        with self._copy(point.phase) as scratch:
            assert self._fault(scratch, point, "KILL"), f"the crash at {point} was not reached"
            shutil.copytree(scratch.place.folder, place.folder)

    def _copy(self, phase: str) -> "Scratch":
        return Scratch(self._folder, self._templates / phase)

    def _start(self, scratch: "Scratch", work: Callable[[Place], None], point: Point | None) -> int:
        def child() -> None:
            gate.record(scratch.place.data, scratch.record, point)
            work(scratch.place)

        return _fork(child, scratch.output)

    def _fault(self, scratch: "Scratch", point: Point, fault: str) -> bool:
        """Run the phase with a fault, and return whether it was seen to fire."""
        child = self._start(scratch, _work(point.phase), point)
        status = _wait(child)
        if not os.WIFSTOPPED(status):
            return False
        try:
            tracer = strace(scratch.record, scratch.place.data, point, fault, scratch.trace)
        except AssertionError:
            os.kill(child, signal.SIGKILL)
            raise
        with tracer:
            os.kill(child, signal.SIGCONT)
            scratch.status = _wait(child)
            tracer.wait(LIMIT_S)
        traced = scratch.trace.read_text()
        if fault == "KILL":
            return os.WIFSIGNALED(scratch.status) and "killed by SIGKILL" in traced
        names = gate.SYSTEM_CALLS.get(point.call, point.call).split(",")  # strace injects into each of them once
        assert traced.count("(INJECTED)") <= len(names), f"more than one fault was injected: {traced}"
        return "(INJECTED)" in traced

    def _problem_after(self, scratch: "Scratch", phase: str, fault: str) -> str:
        """Return what is wrong after the fault, or nothing."""
        if fault != "KILL" and os.WIFSIGNALED(scratch.status):
            return f"died by signal {os.WTERMSIG(scratch.status)}: {scratch.said()}"

        def after() -> None:
            assert_verified(scratch.place, receipts=False)
            seen = Seen(scratch.place)
            gate.record(scratch.place.data, scratch.recovery)
            recover(scratch.place, phase)
            assert_stored(scratch.place)
            assert_verified(scratch.place, receipts=True)
            seen.compare()
            assert_no_leftover(scratch.place)

        if _wait(_fork(after, scratch.output)) != 0:
            return scratch.said()
        retried = _synced_again(scratch) if fault != "KILL" else []
        return f"used after a failed sync: {retried}" if retried else ""


class Scratch:
    """A copy of a template, removed at the end."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self.place = Place(self._folder / "place")
        shutil.copytree(template, self.place.folder)
        self.record, self.recovery = self._folder / "record", self._folder / "recovery"
        self.trace, self.output = self._folder / "trace", self._folder / "output"
        self.status = 0

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)

    def said(self) -> str:
        """Return the end of what the children wrote."""
        return self.output.read_text()[-3000:]


def restart_after(point: Point) -> str:
    """Return the name of the phase that recovers from a crash at any point."""
    return f"{RESTART}{point.phase}: {point.call}, {point.kind}, {point.k}"


def crash_before(restart_phase: str) -> Point:
    """Return the crash that a phase recovers from: the named one, or the canonical one of the phase before."""
    phase, _, named = restart_phase.removeprefix(RESTART).partition(": ")
    if not named:
        return Point(phase, *PHASES[phase].crash)
    call, kind, k = named.split(", ")
    return Point(phase, call, kind, int(k))


def _work(phase: str) -> Callable[[Place], None]:
    return restart if phase.startswith(RESTART) else PHASES[phase].work


def _fork(work: Callable[[], None], output: Path) -> int:
    """Run `work` in a child, which exits with 1 when it raises, as every process of `serve` does."""
    child = os.fork()
    if child:
        return child
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for standard in (1, 2):
            os.dup2(descriptor, standard)
        os.umask(0o077)  # as the command does
        configure_logging(CONFIG.service.telemetry)
        work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _wait(child: int) -> int:
    """Return the status of a child that ended or stopped; kill it and raise TimeoutError when it hangs."""
    deadline, pause = time.monotonic() + LIMIT_S, 0.001
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WUNTRACED | os.WNOHANG)
        if found:
            return status
        time.sleep(pause)
        pause = min(pause * 1.3, 0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise TimeoutError(f"hung for {LIMIT_S} s")


def strace(record: Path, root: Path, point: Point, fault: str, output: Path) -> subprocess.Popen[str]:
    """Attach strace to the thread that stands before the point, for its next call of that kind; return when it is."""
    thread, (_, _, path) = gate.armed_thread(record), gate.after_armed(record)[0]
    calls = gate.SYSTEM_CALLS.get(point.call, point.call)
    what = "signal=KILL" if fault == "KILL" else f"error={fault}"
    command = [
        "strace", "-p", str(thread), "-o", str(output),
        "-e", f"trace={calls}", "-e", f"inject={calls}:{what}:when=1",
    ]  # fmt: skip
    if "," in calls:  # strace counts each of them for itself: only on this path is it one
        command += ["-P", str(root / path)]
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    said = list(itertools.takewhile(lambda line: "attached" not in line, tracer.stderr))
    assert tracer.poll() is None, f"strace did not attach: {said}"
    return tracer


def _synced_again(scratch: Scratch) -> list[tuple[str, str, str]]:
    """Return what was written to a file, or synced, after its sync failed: the second may succeed without the bytes.

    Of a segment only as its receiver has it open: whoever seals it syncs what it reads, and relies on nothing more.
    """
    (call, kind, path), *later = gate.after_armed(scratch.record)
    if call not in ("fsync", "fdatasync") or kind.endswith("folder"):
        return []
    ends = _ANEW
    if kind == "segment":
        ends = (*_ANEW, "openat(read)")
    else:
        later += gate.recorded(scratch.recovery)
    touched = itertools.takewhile(lambda e: e[0] not in ends, (e for e in later if e[2] == path))
    return [entry for entry in touched if entry[0] in ("write", "pwrite64", "fsync", "fdatasync")]


_ANEW = ("unlink", "rename", "linkat", "openat")
"""Calls after which the file of that name is another, or written anew from its first byte."""
