"""`otel-cert serve` with TLS on both transports, and senders with tokens and certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx

from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from tests.cli.serving import Serving, cli
from tests.receivers.authority import Authority

from .served import STORE

Pair = tuple[Path, Path]


class Secured(Serving):
    """`serve` with TLS; `tls` adds to its settings on both transports, `more` to the receiver's, `others` receivers."""

    def __init__(
        self, directory: Path, *, tls: str = "", more: str = "", others: str = "", config: str = STORE
    ) -> None:
        self.authority = Authority(directory / "pki")
        self.certificate, self.key = self.authority.issue("server")
        files = f"cert_file: {self.certificate}, key_file: {self.key}, reload_interval: 0, {tls}"
        both = ", ".join(f"{name}: {{tls: {{{files}}}}}" for name in ("grpc", "http"))
        super().__init__(directory, f"{config}\nreceivers: {{otlp: {{protocols: {{{both}}}, {more}}}, {others}}}\n")

    def token(self, name: str, *options: str) -> str:
        """Make a token and return its secret."""
        done = cli("token", "create", "--name", name, *options, "--data-dir", self.data)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def url(self, path: str = "") -> str:
        """Return an address over TLS."""
        return f"https://{self.ready['http']}{path}"

    def page(self, path: str, authorization: str | None = None, pair: Pair | None = None) -> httpx.Response:
        """Get a page."""
        headers = {"Authorization": authorization} if authorization else {}
        return httpx.get(self.url(path), headers=headers, verify=self.authority.context(pair), timeout=60)

    def send(
        self, body: bytes, authorization: Any = None, *, signal: str = "traces", pair: Pair | None = None,
        content_type: str = PROTOBUF, **headers: str,
    ) -> httpx.Response:  # fmt: skip
        """Post a request over a new connection; several values make several headers."""
        given = [authorization] if isinstance(authorization, str | bytes) else authorization or []
        listed = [("Content-Type", content_type), *headers.items(), *(("Authorization", value) for value in given)]
        context = self.authority.context(pair)
        return httpx.post(self.url(SIGNALS[signal].path), content=body, headers=listed, verify=context, timeout=60)

    def channel(self, pair: Pair | None = None) -> grpc.Channel:
        """Return a new connection."""
        certificate, key = (file.read_bytes() for file in pair) if pair else (None, None)
        credentials = grpc.ssl_channel_credentials(self.authority.pem, key, certificate)
        return grpc.secure_channel(self.ready["grpc"], credentials, [("grpc.use_local_subchannel_pool", 1)])

    def export(
        self,
        body: bytes,
        authorization: Any = None,
        *,
        signal: str = "traces",
        pair: Pair | None = None,
        **headers: str,
    ) -> grpc.StatusCode:
        """Call `Export` over a new connection, and return how it ended; several values make several headers."""
        given = [authorization] if isinstance(authorization, str) else authorization or []
        metadata = [*headers.items(), *(("authorization", value) for value in given)]
        with self.channel(pair) as channel:
            call = channel.unary_unary(f"/{SIGNALS[signal].service}/Export")
            try:
                call(body, metadata=metadata, timeout=60)
            except grpc.RpcError as error:
                return error.code()
        return grpc.StatusCode.OK

    def wrapped(self, transport: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Return a connection after its handshake, by hand."""
        host, _, port = self.ready[transport].rpartition(":")
        return context.wrap_socket(socket.create_connection((host, int(port)), timeout=60), server_hostname=host)


@contextmanager
def secured(directory: Path, **options: Any) -> Iterator[Secured]:
    """Serve until the block ends, from when TLS answers."""
    service = Secured(directory, **options)
    try:
        yield service
    finally:
        service.close()
