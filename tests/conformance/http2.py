"""A gRPC client by hand, for what grpcio's own never sends: frames in any order, at any time, with any content."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import zlib
from collections.abc import Callable, Mapping

import h2.config
import h2.connection
import h2.events

from otel_cert.otlp.requests import SIGNALS


class Connection:
    """One HTTP/2 connection to a gRPC server; events arrive in `events`."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.events: list[h2.events.Event] = []
        self._received = b""
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()
        self.flush()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def flush(self) -> None:
        """Send what the protocol has to say."""
        self._socket.sendall(self._h2.data_to_send())

    def begin(self, signal: str = "traces", **more: str) -> int:
        """Open a call of `Export` and return its stream; underscores in a keyword are hyphens of the header."""
        stream: int = self._h2.get_next_available_stream_id()
        head = {":method": "POST", ":scheme": "http", ":path": f"/{SIGNALS[signal].service}/Export", ":authority": "x",
                "content-type": "application/grpc", "te": "trailers"}  # fmt: skip
        self._h2.send_headers(stream, [*head.items(), *((k.replace("_", "-"), v) for k, v in more.items())])
        self.flush()
        return stream

    def data(self, stream: int, data: bytes, *, end: bool = True) -> None:
        """Send bytes of a call, as fast as the server takes them; stops when the server ended the call."""
        while data and not self.ended(stream):
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if not room:
                self.receive()
                continue
            self._h2.send_data(stream, data[:room])
            data = data[room:]
            self.flush()
        if end and not self.ended(stream):
            self._h2.end_stream(stream)
            self.flush()

    def cancel(self, stream: int) -> None:
        """Give a call up."""
        self._h2.reset_stream(stream, 8)
        self.flush()

    def ping(self) -> None:
        """Send a keepalive ping."""
        self._h2.ping(bytes(8))
        self.flush()

    def receive(self) -> bool:
        """Take what has arrived; false when the server has closed the connection, or said that it will."""
        try:
            received = self._socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._received += received
        while not self.ends and len(self._received) >= (size := 9 + int.from_bytes(self._received[:3], "big")):
            self._take(self._received[:size])
            self._received = self._received[size:]
        return bool(received) and not self.ends

    def _take(self, frame: bytes) -> None:
        """Take one frame: after a GOAWAY, h2 would refuse the next ones together with it."""
        for event in self._h2.receive_data(frame):
            self.events.append(event)
            if isinstance(event, h2.events.DataReceived):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        with contextlib.suppress(ConnectionError):  # what it closed meanwhile can still be read
            self.flush()

    @property
    def ends(self) -> list[h2.events.ConnectionTerminated]:
        """The GOAWAY frames."""
        return [event for event in self.events if isinstance(event, h2.events.ConnectionTerminated)]

    def until(self, condition: Callable[[], object]) -> None:
        """Receive until the condition holds; fails when the connection ends before."""
        while not condition():
            assert self.receive(), f"the connection ended after {self.events[-3:]}"

    def ended(self, stream: int) -> bool:
        """Whether the server has ended a call."""
        ends = (h2.events.StreamEnded, h2.events.StreamReset)
        return any(isinstance(event, ends) and event.stream_id == stream for event in self.events)

    def trailers(self, stream: int) -> Mapping[str, str]:
        """Return the headers and trailers of an answered call; fails when it was reset."""
        self.until(lambda: self.ended(stream))
        kinds = (h2.events.ResponseReceived, h2.events.TrailersReceived)
        found = [event for event in self.events if isinstance(event, kinds) and event.stream_id == stream]
        return {name: value for event in found for name, value in event.headers}


def message(body: bytes, *, compressed: bool = False) -> bytes:
    """Return a gRPC message with its prefix."""
    return struct.pack(">BI", compressed, len(body)) + body


def bomb(size: int) -> bytes:
    """Return gzip of `size` zero bytes (in steps of 16 MiB), without the time that compressing them takes.

    Its check sum is wrong; who gets that far has unpacked it all.
    """
    packer = zlib.compressobj(9, wbits=-15)
    step = b"".join(packer.compress(bytes(1 << 20)) for _ in range(16)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + step * (size >> 24) + packer.flush() + bytes(8)
