"""HTTP/1.1 on bare connections: points 31, 32, 46 and 48."""

import socket
import time

import pytest

from otel_cert.otlp.requests import PROTOBUF

from .messages import traces
from .served import LIMIT

BODY = traces("never")


def test_31_a_declared_length_beyond_the_limit_is_refused_unread(service):
    """A Content-Length beyond the limit answers 413 before the body is sent."""
    for length in (LIMIT + 1, 1 << 62):
        with service.connect() as connection:
            connection.sendall(head(length))
            assert read(connection)[0] == 413


def test_31_an_endless_body_is_cut_off(service):
    """A chunked body that never ends answers 413; what follows is not kept, and soon the connection is closed."""
    with service.memory() as risen, service.connect() as connection:
        connection.sendall(head(None, "Transfer-Encoding: chunked"))
        with pytest.raises(ConnectionError):
            send_slowly(connection, b"40000\r\n" + bytes(1 << 18) + b"\r\n", seconds=120)
    assert risen[0] < 64 << 20


def send_slowly(connection, chunk, seconds):
    """Send the same again and again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection.sendall(chunk)
        time.sleep(0.01)


def head(length, *more, content_type=PROTOBUF, path="/v1/traces", version="1.1"):
    """Return a request's head; without a Content-Length for None."""
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"Content-Type: {content_type}", *more]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def read(connection):
    """Return (status, headers, body) of the next answer on a bare connection; (0, {}, b"") when it is closed instead."""
    file = connection.makefile("rb")
    first = file.readline()
    if not first:
        return 0, {}, b""
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return int(first.split()[1]), headers, file.read(int(headers.get("content-length", 0)))


ENDS_EARLY = {
    "a length that is too large": head(len(BODY) + 1) + BODY,
    "half a body": head(len(BODY)) + BODY[: len(BODY) // 2],
    "no body": head(len(BODY)),
    "half a chunk": head(None, "Transfer-Encoding: chunked") + b"%x\r\n" % len(BODY) + BODY[:-1],
    "no last chunk": head(None, "Transfer-Encoding: chunked") + b"%x\r\n" % len(BODY) + BODY + b"\r\n",
    "half a last chunk": head(None, "Transfer-Encoding: chunked") + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n",
    "half a head": head(len(BODY))[:-2],
}


@pytest.mark.parametrize("half_closed", [False, True])
def test_32_a_body_that_ends_early_is_not_stored(service, half_closed):
    """A body shorter than its Content-Length, or without its last chunk, is not stored when the connection ends."""
    for case, sent in ENDS_EARLY.items():
        with service.connect() as connection:
            connection.sendall(sent)
            if half_closed:
                connection.shutdown(socket.SHUT_WR)
                assert read(connection)[0] in (0, 400, 503), case
    nothing_stored(service)


def nothing_stored(service):
    """Assert that BODY is not stored: requests are stored in order, and one that comes later is there without it."""
    after = f"after {time.time_ns()}"
    service.send(traces(after))
    service.stored(f"name = '{after}'")
    assert service.query("SELECT count(*) FROM spans WHERE name = 'never'") == [(0,)]


WRONG_FRAMING = {
    "no number": head("abc") + BODY,
    "negative": head(-1) + BODY,
    "two lengths": head(5, f"Content-Length: {len(BODY)}") + BODY,
    "length and chunks": head(len(BODY), "Transfer-Encoding: chunked") + BODY,
    "no chunk size": head(None, "Transfer-Encoding: chunked") + b"zz\r\n" + BODY,
    "negative chunk": head(None, "Transfer-Encoding: chunked") + b"-1\r\n" + BODY,
    "beyond 64 bits": head(1 << 64) + BODY,
    "an unknown method": head(len(BODY)).replace(b"POST", b"BREW") + BODY,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(99),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def test_32_wrong_framing_is_refused(service):
    """A Content-Length that is none, two of them, or one beside chunks: answered 400 or closed, and nothing is stored."""
    for case, sent in WRONG_FRAMING.items():
        with service.connect() as connection:
            connection.sendall(sent)
            assert read(connection)[0] in (0, 400, 413), case
    nothing_stored(service)


def test_32_a_length_that_is_too_small_stores_nothing(service):
    """A body longer than its Content-Length is cut there, which is malformed; the rest is no request."""
    with service.connect() as connection:
        connection.sendall(head(len(BODY) - 1) + BODY)
        assert read(connection)[0] == 400
    nothing_stored(service)


def test_46_connections_are_kept_and_pipelined(service):
    """HTTP/1.1 connections are kept open; requests that are sent without waiting are answered in order."""
    good, bad = traces("point 46"), b"\x0a\x05ab"
    with service.connect() as connection:
        connection.sendall(head(len(good)) + good)
        assert read(connection)[0] == 200
        many = [good, bad, traces("point 46"), b"", traces("point 46")]
        connection.sendall(b"".join(head(len(body)) + body for body in many))
        assert answers(connection, 5) == [200, 400, 200, 200, 200]
        connection.sendall(head(None, "Transfer-Encoding: chunked", "Connection: close") + b"0\r\n\r\n")
        assert read(connection)[0] == 200
        assert connection.recv(1) == b""
    service.stored("name = 'point 46'", n=3)


def answers(connection, n):
    """Return the statuses of the next `n` answers."""
    file = connection.makefile("rb")
    found = []
    for _ in range(n):
        found.append(int(file.readline().split()[1]))
        length = 0
        while line := file.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        file.read(length)
    return found


def test_46_a_body_in_single_bytes(service):
    """How the network cuts a request does not matter: one byte at a time is the same."""
    body = traces("point 46 bytes")
    with service.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head(len(body)) + body:
            connection.sendall(bytes([byte]))
        assert read(connection)[0] == 200
    service.stored("name = 'point 46 bytes'")


def test_46_http_1_0(service):
    """HTTP/1.0 is answered, and the connection closed."""
    with service.connect() as connection:
        connection.sendall(head(len(BODY), version="1.0").replace(b"Host: x\r\n", b"") + b"\xff" * len(BODY))
        assert read(connection)[0] == 400
        assert connection.recv(1) == b""


def test_48_expect_100_continue(service):
    """`Expect: 100-continue` is answered with 100 before the body, or with 413 at once when the body would be too large."""
    body = traces("point 48")
    with service.connect() as connection:
        connection.sendall(head(len(body), "Expect: 100-continue"))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert read(connection)[0] == 200
    service.stored("name = 'point 48'")
    with service.connect() as connection:
        connection.sendall(head(LIMIT + 1, "Expect: 100-continue"))
        assert read(connection)[0] == 413
