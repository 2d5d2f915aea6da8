"""OTLP endpoints that record what they get and answer as told."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from otel_cert.otlp.requests import GROUPS, SIGNALS

Answer = Callable[[], Any]
"""Returns an export response, or raises Refusal."""


class Refusal(Exception):
    """An answer that is no success: a gRPC status, or (HTTP status, headers)."""

    def __init__(self, status: Status | None = None, http: int = 0, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.status, self.http, self.headers = status or Status(), http, headers or {}


class Recorder:
    """What was delivered; `answers` are given first, one per request, then success."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.attempts = 0
        self.metadata: list[dict[str, str]] = []
        self.answers: list[Answer] = []
        self._lock = threading.Lock()

    def answer(self, signal: str, body: bytes, metadata: dict[str, str]) -> Any:
        with self._lock:
            self.attempts += 1
            self.metadata.append(metadata)
            scripted = self.answers.pop(0) if self.answers else None
        response = scripted() if scripted else SIGNALS[signal].response()
        self.requests.append((signal, SIGNALS[signal].request.FromString(body)))
        return response

    def elements(self, signal: str) -> list[Any]:
        """Return every span, log record or metric delivered, in order."""
        outer, inner, leaf = GROUPS[signal]
        return [
            element
            for name, request in [*self.requests]
            if name == signal
            for group in getattr(request, outer)
            for scope in getattr(group, inner)
            for element in getattr(scope, leaf)
        ]

    def span_ids(self) -> list[int]:
        return [int.from_bytes(span.span_id, "big") for span in self.elements("traces")]


class _Service(grpc.GenericRpcHandler):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def service(self, details: Any) -> Any:
        (signal,) = [n for n, s in SIGNALS.items() if details.method == f"/{s.service}/Export"]
        metadata = {key: value for key, value in details.invocation_metadata if isinstance(value, str)}

        def export(body: bytes, context: Any) -> bytes:
            try:
                return self._recorder.answer(signal, body, metadata).SerializeToString()
            except Refusal as refusal:
                context.abort_with_status(rpc_status.to_status(refusal.status))

        return grpc.unary_unary_rpc_method_handler(export)


@contextmanager
def grpc_endpoint(
    recorder: Recorder, address: str = "127.0.0.1:0", credentials: Any = None, **options: int
) -> Iterator[str]:
    """Serve OTLP/gRPC; yield HOST:PORT."""
    server = grpc.server(ThreadPoolExecutor(4), options=[(f"grpc.{name}", value) for name, value in options.items()])
    server.add_generic_rpc_handlers((_Service(recorder),))
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def http_endpoint(recorder: Recorder, tls: tuple[Path, Path] | None = None, ca: Path | None = None) -> Iterator[str]:
    """Serve OTLP/HTTP, with a certificate and for senders that `ca` knows if given; yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"recorder": recorder}))
    server.handle_error = lambda *_: None  # a client that does not trust us
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    recorder: Recorder
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        (signal,) = [n for n, s in SIGNALS.items() if self.path == f"/prefix{s.path}"]
        try:
            answer = self.recorder.answer(signal, body, dict(self.headers.items()))
            self._reply(200, answer.SerializeToString(), {})
        except Refusal as refusal:
            self._reply(refusal.http, refusal.status.SerializeToString(), refusal.headers)

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
