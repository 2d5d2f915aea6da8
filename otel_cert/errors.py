"""Every error otel-cert raises on purpose; the type tells the caller what to do.

    OtelCertError
    |-- Permanent          the same input fails again: do not retry
    |   |-- Malformed      the bytes are no valid OTLP
    |   |-- TooLarge       a documented limit on size or nesting was passed
    |   |-- Unauthenticated   it does not say who sends it, or the token is not valid
    |   `-- PermissionDenied  the sender is known, and may not do this
    |-- Retryable          the same input may succeed later
    |   `-- Backpressure   the store is full or slow: wait `retry_after_s`, then send again
    |       `-- RateLimited   the sender sends more than it may
    |-- ConfigError        the configuration is wrong; lists every problem at once
    |-- UsageError         the request makes no sense as asked (unknown name, bad value)
    |-- NotFound           what was named does not exist (data directory, snapshot, evidence id)
    |-- Locked             another process holds the directory
    |-- CheckFailed        a check ran and did not hold
    `-- TrajectoryError    a model that runs here: `otel_cert/trajectory/errors.py`

A message says what happened, where, which values are valid, and what to do next (`hint`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DOCS = "https://github.com/otel-cert/otel-cert/blob/main/docs"
"""Where hints send the reader: an installed package has no `docs` folder."""


class OtelCertError(Exception):
    """Base of all; `hint` names the next step, `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class Permanent(OtelCertError):
    """The same input will fail again."""


class Malformed(Permanent):
    """The bytes are not what their content type says."""


class TooLarge(Permanent):
    """A limit on size or nesting was passed."""


class Unauthenticated(Permanent):
    """The request does not say who sends it, or with a token that is not valid."""


class PermissionDenied(Permanent):
    """The sender is known, and may not do what it asks for."""


class Retryable(OtelCertError):
    """The same input may succeed later."""


class Backpressure(Retryable):
    """The store cannot take more now; the sender should wait `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class RateLimited(Backpressure):
    """The sender sends more than it may; it should wait `retry_after_s` seconds."""


class UsageError(OtelCertError):
    """The request makes no sense as asked."""

    exit_code = 2


class NotFound(OtelCertError):
    """What was named does not exist."""


class Locked(OtelCertError):
    """Another process holds the directory."""


class CheckFailed(OtelCertError):
    """A check ran and did not hold."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong in a configuration file."""

    message: str
    path: str
    """Dotted path of the key, e.g. `receivers.otlp.grpc.endpoint`."""
    line: int | None = None
    valid: Sequence[str] = ()
    closest: str | None = None

    def __str__(self) -> str:
        text = ": ".join(filter(None, [f"line {self.line}" if self.line else "", self.path, self.message]))
        if self.closest:
            text += f"; did you mean {self.closest!r}?"
        if self.valid:
            text += f" (valid: {', '.join(self.valid)})"
        return text


class ConfigError(OtelCertError):
    """The configuration is wrong; `problems` holds every fault found in one pass."""

    exit_code = 4

    def __init__(self, problems: Sequence[ConfigProblem], *, source: str = "configuration") -> None:
        noun = "problem" if len(problems) == 1 else "problems"
        super().__init__(f"{source}: {len(problems)} {noun}\n" + "\n".join(f"  {p}" for p in problems))
        self.problems = tuple(problems)
        self.source = source
