"""What an OTLP server answers: export responses, and `google.rpc.Status` for failures.

A sender tries again only after UNAVAILABLE (503); INVALID_ARGUMENT (400) and RESOURCE_EXHAUSTED without RetryInfo (413)
make it drop the data. Source: OTLP specification, "OTLP/gRPC Response" and "OTLP/HTTP Response".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.code_pb2 import INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from otel_cert.errors import Backpressure, Permanent, PermissionDenied, Retryable, Unauthenticated
from otel_cert.otlp.requests import JSON, SIGNALS

MAX_MESSAGE = 4096
"""Characters of a message; the specification wants responses below 4 MiB."""

RETRY_AFTER_S = 1.0
"""How long a sender should wait after a failure that is ours."""


def response(signal: str, oddities: Mapping[str, int]) -> Any:
    """Return the response to a stored request: `partial_success` unset, or a warning (nothing rejected) on oddities."""
    answer = SIGNALS[signal].response()
    if oddities:
        found = ", ".join(f"{name} ({n})" for name, n in sorted(oddities.items()))
        answer.partial_success.error_message = f"stored as sent, with oddities flagged: {found}"[:MAX_MESSAGE]
    return answer


def failure(error: BaseException) -> Status:
    """Return the status that tells the sender what to do about `error`; an unexpected one means: send it again."""
    if isinstance(error, Permanent):
        return refusal(_code(error), error.message)
    if isinstance(error, Retryable):
        return retry(error.message, error.retry_after_s if isinstance(error, Backpressure) else RETRY_AFTER_S)
    return retry("the request could not be stored because of an internal error", RETRY_AFTER_S)


def _code(error: Permanent) -> int:
    if isinstance(error, Unauthenticated):
        return int(UNAUTHENTICATED)
    return int(PERMISSION_DENIED if isinstance(error, PermissionDenied) else INVALID_ARGUMENT)


def refusal(code: int, message: str) -> Status:
    """Return a status that ends the matter; with INVALID_ARGUMENT it carries a BadRequest."""
    status = Status(code=code, message=message[:MAX_MESSAGE])
    if code == INVALID_ARGUMENT:
        violation = BadRequest.FieldViolation(description=status.message)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    return status


def retry(message: str, after_s: float) -> Status:
    """Return UNAVAILABLE with a RetryInfo of `after_s` seconds."""
    status = Status(code=UNAVAILABLE, message=message[:MAX_MESSAGE])
    info = RetryInfo()
    info.retry_delay.FromNanoseconds(round(after_s * 1e9))
    status.details.add().Pack(info)
    return status


def retry_after_s(status: Status) -> int | None:
    """Return the status's retry delay in whole seconds, rounded up, as HTTP wants it; None without RetryInfo."""
    info = RetryInfo()
    if any(detail.Unpack(info) for detail in status.details):
        delay_s: float = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
        return max(1, math.ceil(delay_s))
    return None


def encode(message: Message, content_type: str) -> bytes:
    """Return a response or status in an encoding."""
    if content_type == JSON:
        return json_format.MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
