"""A child process of the service: spawned, watched, restarted with back-off when it dies or stands still."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO

import structlog

log = structlog.get_logger(__name__)

_FIRST_BACKOFF_S, _MAX_BACKOFF_S = 0.2, 10.0
_STEADY_S = 30.0
"""A child that lived this long does its work."""
_DEATHS = 3
"""So many deaths in a row are a problem, also while the child happens to run."""


class Child:
    """One supervised process of a role; see `workers` for what it does."""

    def __init__(self, role: str, order: Mapping[str, str | None], stall_timeout_s: float) -> None:
        self.role = role
        self._order, self._stall_timeout_s = json.dumps(order), stall_timeout_s
        self._deaths, self._died, self._backoff_s = 0, "", _FIRST_BACKOFF_S
        self._process: subprocess.Popen[str] | None = None
        self._said: _Said | None = None
        self._started = self._next_start = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else None

    def watch(self) -> None:
        """Start the process if it does not run and its back-off is over; end it if it stands still."""
        now = time.monotonic()
        if self._process is not None and now - self._started >= _STEADY_S:
            self._deaths, self._backoff_s = 0, _FIRST_BACKOFF_S
        if self._process is not None and self._process.poll() is not None:
            self._bury(_cause(self._process, self._said), now)
        elif self._process is not None and self._said is not None and self._said.silent_s() > self._stall_timeout_s:
            self._process.kill()
            self._process.wait()
            self._bury(f"no progress for {self._stall_timeout_s:g} s", now)
        if self._process is None and now >= self._next_start:
            self._start(now)

    def problem(self) -> str | None:
        """Return why this process does not do its work now, or None."""
        if self._deaths >= _DEATHS:
            return (
                f"the {self.role} process died {self._deaths} times in a row, last with {self._died}; its log says why"
            )
        ready = self._said is not None and self._said.ready.is_set()
        return None if ready else f"the {self.role} process is not running yet"

    def tell(self) -> None:
        """Tell the process to end, without waiting for it; before it is ready it has nothing to finish."""
        if self._process is not None:
            self._process.terminate()

    def stop(self, timeout_s: float) -> None:
        """Let the process finish its work and end."""
        process = self._process
        if process is None or self._said is None or process.poll() is not None:
            return
        # Before it is ready it would only die; its output ends when it does, which also wakes us.
        self._said.settled.wait(timeout_s)
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            log.error("a process did not end in time", role=self.role)
            process.kill()
            process.wait()
        _close_input(process)

    def _bury(self, cause: str, now: float) -> None:
        """Decide when to start the next one."""
        assert self._process is not None  # noqa: S101 - the caller saw it dead
        self._deaths += 1
        self._died = cause
        log.warning("a process died and is restarted", role=self.role, died=cause, after_s=self._backoff_s)
        _close_input(self._process)
        self._process, self._said, self._next_start = None, None, now + self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, _MAX_BACKOFF_S)

    def _start(self, now: float) -> None:
        self._started = now
        self._process = subprocess.Popen(
            [sys.executable, "-m", "otel_cert.workers", self.role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101 - likewise
        # Standard input stays open as long as we live: its end tells the child that we died.
        with contextlib.suppress(BrokenPipeError):  # it died already, as the next watch sees
            self._process.stdin.write(self._order + "\n")
            self._process.stdin.flush()
        self._said = _Said(self._process.stdout)


class _Said:
    """What a process tells on its standard output, an event per line: `ready`, `alive` again and again, `failed`."""

    def __init__(self, output: IO[str]) -> None:
        self.ready, self.settled = threading.Event(), threading.Event()
        """It does its work; it does, or is dead."""
        self.error = ""
        self._heard = time.monotonic()
        threading.Thread(target=self._listen, args=(output,), daemon=True).start()

    def silent_s(self) -> float:
        """Return for how long it told nothing; 0 before it is ready, for recovery takes as long as it takes."""
        return time.monotonic() - self._heard if self.ready.is_set() else 0.0

    def _listen(self, output: IO[str]) -> None:
        """Read to the end, so that whoever else prints in the child does not wait for a reader."""
        with output:
            for line in output:
                self._heard = time.monotonic()
                event = _event(line)
                if event.get("event") == "failed":
                    self.error = str(event["error"])
                elif event.get("event") == "ready":
                    self.ready.set()
                    self.settled.set()
        self.settled.set()


def _event(line: str) -> dict[str, object]:
    try:
        event = json.loads(line)
    except ValueError:  # somebody else's
        return {}
    return event if isinstance(event, dict) else {}


def _cause(process: subprocess.Popen[str], said: _Said | None) -> str:
    """Return what a process died of."""
    if process.returncode < 0:
        return f"signal {-process.returncode}"
    if said is None or not said.settled.wait(1.0) or not said.error:  # its last words may still be on their way
        return f"exit code {process.returncode}"
    return said.error


def _close_input(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the order was never read
        if process.stdin is not None:
            process.stdin.close()
