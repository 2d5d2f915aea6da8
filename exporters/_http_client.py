"""OTLP/HTTP with protobuf bodies as a client."""

from __future__ import annotations

import gzip
from typing import Any

import urllib3
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from urllib3 import Retry
from urllib3.exceptions import HTTPError, InvalidHeader

from otel_cert.otlp.requests import PROTOBUF, SIGNALS

from ._reply import Outcome, Reply, delivered, failed
from ._settings import OtlpSettings

_RETRYABLE = {429, 502, 503, 504}
_TOO_LARGE = 413
_LARGEST_REPLY = 4 << 20
"""The specification's limit of a response."""


class HttpClient:
    """Connections that are kept between requests."""

    def __init__(self, settings: OtlpSettings) -> None:
        self._base = settings.endpoint.rstrip("/")
        self._gzip = settings.compression == "gzip"
        self._headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        self._headers |= {"Content-Type": PROTOBUF, "User-Agent": "otel-cert"}
        if self._gzip:
            self._headers["Content-Encoding"] = "gzip"
        self._pool = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(total=settings.timeout), maxsize=len(SIGNALS) + 1, **_tls(settings)
        )

    def send(self, signal: str, body: bytes) -> Reply:
        """Send one request; see `_reply.Client`."""
        content = gzip.compress(body, compresslevel=1, mtime=0) if self._gzip else body
        url = self._base + SIGNALS[signal].path
        try:
            with self._pool.request(
                "POST", url, body=content, headers=self._headers, redirect=False, preload_content=False
            ) as answer:
                data = answer.read(_LARGEST_REPLY)
                status, after = answer.status, answer.headers.get("Retry-After")
        except HTTPError as error:  # refused, lost, too slow, no trust
            return Reply(Outcome.RETRY, type(error).__name__)
        if 200 <= status < 300:
            return delivered(_parsed(SIGNALS[signal].response, data), str(status))
        return failed(_outcome(status), str(status), _parsed(Status, data), _seconds(after))


def _tls(settings: OtlpSettings) -> dict[str, Any]:
    if settings.plain:
        return {}
    tls = settings.tls
    given = {"ca_certs": tls.ca_file, "cert_file": tls.cert_file, "key_file": tls.key_file}
    names = {"server_hostname": tls.server_name_override, "assert_hostname": tls.server_name_override}
    return {"cert_reqs": "CERT_REQUIRED"} | {k: str(v) for k, v in (given | names).items() if v}


def _outcome(status: int) -> Outcome:
    if status in _RETRYABLE:
        return Outcome.RETRY
    return Outcome.TOO_LARGE if status == _TOO_LARGE else Outcome.REFUSED


def _parsed(kind: Any, data: bytes) -> Any:
    """Return the message, or an empty one: the status line already says what matters."""
    try:
        return kind.FromString(data)
    except DecodeError:
        return kind()


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After header in seconds from now; None without one that can be read."""
    try:
        return Retry().parse_retry_after(retry_after) if retry_after else None
    except InvalidHeader:
        return None
