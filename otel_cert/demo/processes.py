"""The demonstration's child processes: run one to its end, or keep one running; a failure shows what it wrote last."""

from __future__ import annotations

import json
import os
import select
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otel_cert.errors import OtelCertError

_TAIL_LINES = 15
_END_S = 5.0
_PATIENCE_S = 180.0
"""For a step of seconds, on a machine that has much else to do."""
_FOREIGN = ("OTEL_", "OPENAI_", "TRACELOOP_")
"""Settings of the surrounding shell that would change what the demonstration does."""

Environment = Mapping[str, str]


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without foreign settings and without a proxy for loopback, with `extra`."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
    return own | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | extra


def run(
    argv: Sequence[str], log: Path, env: Environment, *, timeout_s: float = _PATIENCE_S, show: bool = False
) -> None:
    """Run to the end; stderr goes to `log`, stdout too unless `show`.

    Raises OtelCertError when the process fails or is too slow.
    """
    with log.open("ab") as stream:
        try:
            code = subprocess.run(
                argv, stdout=None if show else stream, stderr=stream, env=env, timeout=timeout_s, check=False
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise _failed(argv, f"did not end within {timeout_s:.0f} s", log) from error
    if code:
        raise _failed(argv, f"ended with exit code {code}", log)


class Background:
    """A process that announces itself with one JSON line on stdout and ends on SIGTERM."""

    def __init__(self, argv: Sequence[str], log: Path, process: subprocess.Popen[bytes]) -> None:
        self._argv = argv
        self._log = log
        self._process = process

    def ready(self, timeout_s: float = _PATIENCE_S) -> dict[str, Any]:
        """Return the announcement."""
        stdout = self._process.stdout
        if stdout is None or not select.select([stdout], [], [], timeout_s)[0]:
            raise _failed(self._argv, f"was not ready within {timeout_s:.0f} s", self._log)
        try:
            announcement: dict[str, Any] = json.loads(stdout.readline())
        except json.JSONDecodeError as error:
            raise _failed(self._argv, "ended before it was ready", self._log) from error
        return announcement

    def stop(self, timeout_s: float = _PATIENCE_S) -> None:
        """Send SIGTERM and wait; raises OtelCertError when the process does not end well."""
        self._process.terminate()
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise _failed(self._argv, f"did not end within {timeout_s:.0f} s after SIGTERM", self._log) from error
        if code:
            raise _failed(self._argv, f"ended with exit code {code}", self._log)


@contextmanager
def background(argv: Sequence[str], log: Path, env: Environment) -> Iterator[Background]:
    """Keep a process running for the length of the block; it never outlives it."""
    with log.open("ab") as stream, subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=stream, env=env) as process:
        try:
            yield Background(argv, log, process)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _failed(argv: Sequence[str], what: str, log: Path) -> OtelCertError:
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    said = "\n".join(f"  | {line}" for line in tail) or "  | (it wrote nothing)"
    return OtelCertError(f"`{shlex.join(argv)}` {what}\n{said}", hint=f"the whole log is {log}")
