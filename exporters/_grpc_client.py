"""OTLP/gRPC as a client, on the bytes of requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from otel_cert.otlp.requests import SIGNALS

from ._reply import Outcome, Reply, delivered, failed, retry_delay_s
from ._settings import OtlpSettings, TlsSettings

_RETRYABLE = {
    grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED, grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS,
}  # fmt: skip
_COMPRESSION = {"gzip": grpc.Compression.Gzip, "none": grpc.Compression.NoCompression}


class GrpcClient:
    """One channel, which connects when it is first used and again when that is lost."""

    def __init__(self, settings: OtlpSettings) -> None:
        self._timeout_s, self._compression = settings.timeout, _COMPRESSION[settings.compression]
        self._metadata = tuple((name.lower(), value.get_secret_value()) for name, value in settings.headers.items())
        channel = _channel(settings)
        self._calls: dict[str, Any] = {
            name: channel.unary_unary(f"/{signal.service}/Export", response_deserializer=signal.response.FromString)
            for name, signal in SIGNALS.items()
        }

    def send(self, signal: str, body: bytes) -> Reply:
        """Send one request; see `_reply.Client`."""
        try:
            response = self._calls[signal](
                body, timeout=self._timeout_s, metadata=self._metadata, compression=self._compression
            )
        except grpc.RpcError as error:
            return _failure(error)
        return delivered(response, "OK")


def _channel(settings: OtlpSettings) -> grpc.Channel:
    target = settings.endpoint.partition("://")[2] or settings.endpoint
    options: list[tuple[str, int | str]] = [
        ("grpc.max_send_message_length", -1),
        # We wait between attempts ourselves: the channel must be ready to connect by then.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", max(100, int(settings.retry_on_failure.initial_interval * 1000))),
    ]
    if name := settings.tls.server_name_override:
        options += [("grpc.ssl_target_name_override", name), ("grpc.default_authority", name)]
    if settings.plain:
        return grpc.insecure_channel(target, options)
    return grpc.secure_channel(target, _credentials(settings.tls), options)


def _credentials(tls: TlsSettings) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(_content(tls.ca_file), _content(tls.key_file), _content(tls.cert_file))


def _content(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None


def _failure(error: grpc.RpcError) -> Reply:
    """Return what a failed call means; RESOURCE_EXHAUSTED is worth another try only when the endpoint says when."""
    code = error.code()
    status = _status(error)
    after_s = retry_delay_s(status)
    if code in _RETRYABLE or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and after_s is not None):
        outcome = Outcome.RETRY
    elif code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        outcome = Outcome.TOO_LARGE
    else:
        outcome = Outcome.REFUSED
    return failed(outcome, code.name, status or Status(message=error.details() or ""), after_s)


def _status(error: grpc.RpcError) -> Status | None:
    try:
        status: Status | None = rpc_status.from_call(error)
    except ValueError:  # its details contradict its code
        return None
    return status
