"""Reading a request body within limits of size and time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable

from starlette.types import Receive

from otel_cert.errors import Malformed, Retryable, TooLarge

ENCODINGS = ("identity", "gzip")

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BodyTooLarge(TooLarge):
    """The body is larger than the limit, as sent or after decompression."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the body is larger than {limit} bytes", hint="send smaller batches, or raise max_request_bytes"
        )


class SlowBody(Retryable):
    """The body did not arrive in time."""


class Disconnected(Exception):
    """The sender went away; nobody waits for an answer."""


async def read(receive: Receive, limit: int, timeout_s: float, take: Callable[[int], None]) -> bytes:
    """Return the whole body; `take` is told the size of each part.

    Raises BodyTooLarge, SlowBody, Disconnected, and what `take` raises.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _read(receive, limit, take)
    except TimeoutError:
        raise SlowBody(f"the body did not arrive within {timeout_s:g} s") from None


async def _read(receive: Receive, limit: int, take: Callable[[int], None]) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        take(len(part))
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def gunzip(body: bytes, limit: int) -> bytes:
    """Return the decompressed body, never holding more than `limit` + 1 bytes; raises Malformed or BodyTooLarge."""
    parts: list[bytes] = []
    size = 0
    while body:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            part = member.decompress(body, limit - size + 1)
        except zlib.error:
            raise Malformed("the body is not gzip, as its Content-Encoding says") from None
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        if not member.eof:
            raise Malformed("the gzip body is cut off")
        parts.append(part)
        body = member.unused_data  # gzip allows further members
    if not parts:
        raise Malformed("the body is empty, not gzip as its Content-Encoding says")
    return b"".join(parts)
