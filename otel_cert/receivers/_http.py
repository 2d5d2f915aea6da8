"""OTLP/HTTP on the raw ASGI interface: protobuf and JSON on one port, told apart by the Content-Type.

Beside the signals: `/healthz` (the process lives), `/readyz` (503 while something is wrong, and what), `/metrics`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

from google.rpc.code_pb2 import INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from otel_cert.errors import OtelCertError, Permanent, PermissionDenied, RateLimited, Unauthenticated
from otel_cert.otlp import status
from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS
from otel_cert.receivers._body import ENCODINGS, GZIP, IDENTITY, BodyTooLarge, Disconnected, SlowBody, gunzip, read
from otel_cert.receivers._commits import Commits
from otel_cert.receivers._gate import READ, Gate
from otel_cert.receivers._intake import Account, Admission, Append, Checked, Lease, check
from otel_cert.telemetry import Metrics

_IN_LOOP_BYTES = 64 << 10
"""Larger bodies are parsed in a worker thread, so that the event loop stays free."""
_IN_LOOP_GZIP_BYTES = 4 << 10
"""The same for compressed ones, which may grow a thousandfold."""


class Refusal(Permanent):
    """An HTTP answer of its own, with the code of its status body."""

    def __init__(self, http: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.http, self.code, self.headers = http, code, headers or {}


@dataclass(frozen=True)
class Limits:
    """How much and how long one request may send."""

    max_request_bytes: int
    body_timeout_s: float


@dataclass(frozen=True)
class Export:
    """The ASGI endpoint of one signal."""

    signal: str
    commits: Commits
    workers: Executor
    admission: Admission
    account: Account
    limits: Limits
    gate: Gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong, the sender learns whether to try again."""
        content_type = _content_type(scope)
        try:
            encoding = _check_head(scope, content_type, self.limits)
            subject, peer = _admit(self.gate, scope, self.signal)
            checked = await self._store(receive, content_type, encoding, subject)
            self.gate.charge(subject, peer, len(checked.request.body))
        except Disconnected:
            return
        except Exception as error:
            self.account.refused(self.signal, error)
            await _failed(error, content_type)(scope, receive, send)
            return
        self.account.stored(checked)
        length = b"%d" % len(checked.response)
        headers = [(b"content-type", content_type.encode()), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": checked.response})

    async def _store(self, receive: Receive, content_type: str, encoding: str, subject: str) -> Checked:
        with self.admission.admit() as lease:
            body = await read(receive, self.limits.max_request_bytes, self.limits.body_timeout_s, lease.add)
            checked = await self._check(content_type, body, encoding == GZIP, lease, subject)
            if checked.items:
                with self.account.commit():
                    await self.commits.commit(checked.request)
            return checked

    async def _check(self, content_type: str, body: bytes, gzipped: bool, lease: Lease, subject: str) -> Checked:
        if len(body) <= (_IN_LOOP_GZIP_BYTES if gzipped else _IN_LOOP_BYTES):
            return self._unpack(content_type, body, gzipped, lease, subject)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.workers, self._unpack, content_type, body, gzipped, lease, subject)

    def _unpack(self, content_type: str, body: bytes, gzipped: bool, lease: Lease, subject: str) -> Checked:
        if gzipped:
            body = gunzip(body, self.limits.max_request_bytes)
            lease.add(len(body))
        return check(self.signal, content_type, body, subject)


def app(
    append: Append,
    problems: Callable[[], Mapping[str, str]],
    admission: Admission,
    metrics: Metrics,
    limits: Limits,
    cors_origins: Sequence[str],
    *,
    gate: Gate,
    signals: Collection[str] = tuple(SIGNALS),
    metrics_page: bool = True,
) -> ASGIApp:
    """Return the ASGI application for the given signals; another signal's path is unknown."""
    # One commit at a time; what arrives meanwhile goes into the next. Two threads parse beside the event loop.
    commits = Commits(append, ThreadPoolExecutor(1, thread_name_prefix="otlp-http-commit"))
    workers = ThreadPoolExecutor(2, thread_name_prefix="otlp-http-parse")
    account = Account(metrics, "http")
    exports = {
        service.path: Export(signal, commits, workers, admission, account, limits, gate)
        for signal, service in SIGNALS.items()
        if signal in signals
    }
    pages = Starlette(
        routes=_pages(problems, metrics if metrics_page else None, gate), exception_handlers={404: _not_found}
    )
    pages.router.redirect_slashes = False
    application = _Paths(exports, pages)
    if not cors_origins:
        return application
    return CORSMiddleware(application, allow_origins=cors_origins, allow_methods=["POST"], allow_headers=["*"])


@dataclass(frozen=True)
class _Paths:
    """Finds the exports by their exact path: Starlette's routing would take longer than the rest of a small request."""

    exports: Mapping[str, Export]
    others: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.exports.get(scope["path"], self.others)(scope, receive, send)


def _pages(problems: Callable[[], Mapping[str, str]], metrics: Metrics | None, gate: Gate) -> list[Route]:
    def healthz(_: HttpRequest) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: HttpRequest) -> Response:
        found = dict(problems())
        return JSONResponse({"ready": not found, "problems": found}, 503 if found else 200)

    pages = [Route("/healthz", healthz), Route("/readyz", readyz)]
    if metrics:

        def page(request: HttpRequest) -> Response:
            try:
                _admit(gate, request.scope, READ)
            except OtelCertError as error:
                return _failed(error, "")
            content, content_type = metrics.page(request.headers.get("accept", ""))
            return Response(content, headers={"Content-Type": content_type})

        pages.append(Route("/metrics", page))
    return pages


def _not_found(request: HttpRequest, _: Exception) -> Response:
    paths = ", ".join(service.path for service in SIGNALS.values())
    return _failed(Refusal(404, NOT_FOUND, f"unknown path; OTLP is taken at {paths}"), _content_type(request.scope))


def _admit(gate: Gate, scope: Scope, wanted: str) -> tuple[str, str]:
    """Return the sender's subject and address."""
    certificate = scope["state"].get("certificate", "")
    if gate.open and not certificate:
        return "", ""
    client = scope["client"]
    peer = client[0] if client else ""
    return gate.admit(", ".join(_headers(scope, b"authorization")) or None, wanted, peer, certificate), peer


def _headers(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header, each as it was sent."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _header(scope: Scope, name: bytes) -> str:
    """Return the first value of a header, in lower case; empty when there is none."""
    return next((value.decode("latin-1").strip().lower() for key, value in scope["headers"] if key == name), "")


def _content_type(scope: Scope) -> str:
    return _header(scope, b"content-type").partition(";")[0].rstrip()


def _check_head(scope: Scope, content_type: str, limits: Limits) -> str:
    """Refuse what the head alone makes hopeless, and return the Content-Encoding."""
    if scope["method"] != "POST":
        raise Refusal(405, UNIMPLEMENTED, "OTLP/HTTP knows POST only", {"Allow": "POST"})
    if content_type not in (PROTOBUF, JSON):
        raise Refusal(415, INVALID_ARGUMENT, f"the Content-Type must be {PROTOBUF} or {JSON}")
    encoding = _header(scope, b"content-encoding").removeprefix("x-") or IDENTITY
    if encoding not in ENCODINGS:
        valid = ", ".join(ENCODINGS)
        raise Refusal(415, INVALID_ARGUMENT, f"the Content-Encoding must be one of {valid}", {"Accept-Encoding": valid})
    length = _header(scope, b"content-length")
    if length.isdecimal() and int(length) > limits.max_request_bytes:
        raise BodyTooLarge(limits.max_request_bytes)
    return encoding


def _failed(error: Exception, content_type: str) -> Response:
    """Return the answer to a request that was not stored, in its own encoding (JSON when that is none of ours)."""
    if isinstance(error, Refusal):
        return _answer(error.http, status.refusal(error.code, error.message), content_type, error.headers)
    if isinstance(error, BodyTooLarge):
        return _answer(413, status.refusal(RESOURCE_EXHAUSTED, error.message), content_type, {})
    failure = status.failure(error)
    if isinstance(error, Unauthenticated):
        return _answer(401, failure, content_type, {"WWW-Authenticate": "Bearer"})
    if isinstance(error, PermissionDenied):
        return _answer(403, failure, content_type, {})
    if isinstance(error, Permanent):
        return _answer(400, failure, content_type, {})
    headers = {"Retry-After": str(status.retry_after_s(failure))}
    if isinstance(error, SlowBody):
        headers["Connection"] = "close"
    return _answer(429 if isinstance(error, RateLimited) else 503, failure, content_type, headers)


def _answer(http: int, body: Status, content_type: str, headers: Mapping[str, str]) -> Response:
    media_type = content_type if content_type in (PROTOBUF, JSON) else JSON
    return Response(status.encode(body, media_type), http, headers, media_type)
