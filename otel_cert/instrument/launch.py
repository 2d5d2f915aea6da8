"""Becoming another command whose Pythons are instrumented: `otel-cert run`."""

from __future__ import annotations

import os
import signal as signals
from collections.abc import Sequence
from pathlib import Path

from otel_cert.errors import OtelCertError
from otel_cert.instrument import content, exporting

AUTOLOAD = Path(__file__).parent / "autoload"
"""The folder with the `sitecustomize` that a Python finds on its PYTHONPATH."""


class CannotRun(OtelCertError):
    """The command cannot be started; exit codes as a shell's."""

    def __init__(self, command: str, error: OSError) -> None:
        super().__init__(
            f"{command}: {error.strerror}", hint="name a program and its arguments: otel-cert run -- python app.py"
        )
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126


def launch(
    command: Sequence[str],
    endpoint: str | None = None,
    capture_content: bool | None = None,
    service_name: str | None = None,
    *,
    umask: int | None = None,
) -> None:
    """Replace this process by `command`, with `umask` when it is given.

    Raises UsageError for an endpoint that is no URL, CannotRun when there is no such program.
    """
    environment = environ(endpoint, capture_content, service_name)
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and a program that is executed inherits that
        signals.signal(getattr(signals, name), signals.SIG_DFL)
    if umask is not None:
        os.umask(umask)
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - what it is for
    except OSError as error:
        raise CannotRun(command[0], error) from error


def environ(
    endpoint: str | None = None, capture_content: bool | None = None, service_name: str | None = None
) -> dict[str, str]:
    """Return this process's environment with what makes a Python instrument itself; raises UsageError for a bad endpoint."""
    result = {**os.environ, "OTEL_CERT_RUN_PID": str(os.getpid())}
    if endpoint is not None:
        result["OTEL_EXPORTER_OTLP_ENDPOINT"] = exporting.checked(endpoint, "--endpoint")
        for signal in exporting.SIGNALS:
            result.pop(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", None)
    if service_name is not None:
        result["OTEL_SERVICE_NAME"] = service_name
    if capture_content is not None:
        result[content.VARIABLE] = "SPAN_ONLY" if capture_content else "NO_CONTENT"
    before = os.environ.get("PYTHONPATH")
    others = [path for path in before.split(os.pathsep) if path != str(AUTOLOAD)] if before else []
    return {**result, "PYTHONPATH": os.pathsep.join([str(AUTOLOAD), *others])}
