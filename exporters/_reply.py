"""What an OTLP endpoint answered, and what the protocol says to do about it.

Source: OTLP specification, "Failures" of OTLP/gRPC and OTLP/HTTP. Also after a refusal the batch is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

_LONGEST_MESSAGE = 500


class Outcome(StrEnum):
    """What to do next."""

    DELIVERED = "delivered"
    RETRY = "retry"
    TOO_LARGE = "too_large"
    """Refused for its size: smaller ones may pass."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `code` is the gRPC or HTTP status, or how the connection failed."""

    outcome: Outcome
    code: str
    message: str = ""
    """The endpoint's words. They may quote what was sent, so no log shows them."""
    rejected: int = 0
    """Items of a delivered batch that the endpoint did not take (partial success)."""
    after_s: float | None = None
    """How long the endpoint asks to wait, in seconds."""


class Client(Protocol):
    """One endpoint; safe to use from several threads."""

    def send(self, signal: str, body: bytes) -> Reply:
        """Send one serialised export request; every failure is a reply."""
        ...


def delivered(response: Any, code: str) -> Reply:
    """Return the reply for an export response; its message is an endpoint's warning when nothing was rejected."""
    partial = response.partial_success
    # rejected_spans, rejected_log_records or rejected_data_points
    rejected = sum(value for field, value in partial.ListFields() if field.name.startswith("rejected_"))
    return Reply(Outcome.DELIVERED, code, partial.error_message[:_LONGEST_MESSAGE], max(0, rejected))


def failed(outcome: Outcome, code: str, status: Status | None, after_s: float | None = None) -> Reply:
    """Return the reply for a failure whose details are in `status`."""
    return Reply(outcome, code, status.message[:_LONGEST_MESSAGE] if status else "", 0, after_s)


def retry_delay_s(status: Status | None) -> float | None:
    """Return the seconds of the status's RetryInfo; None without one."""
    info = RetryInfo()
    if status is not None and any(detail.Unpack(info) for detail in status.details):
        delay_s: float = info.retry_delay.ToNanoseconds() / 1e9
        return max(0.0, delay_s)
    return None
