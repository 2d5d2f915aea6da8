"""Reading a request body within limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from isal import isal_zlib
from isal.igzip_lib import IsalError
from starlette.types import Receive

from otel_cert.errors import Malformed, Retryable, TooLarge

IDENTITY, GZIP = "identity", "gzip"
ENCODINGS = (IDENTITY, GZIP)

_GZIP_WINDOW = 16 + isal_zlib.MAX_WBITS
_GZIP_STEP = 8 << 10


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
    rest, size = memoryview(body), 0
    while rest or not parts:  # gzip allows further members
        member = isal_zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            # In steps: what follows a member is copied, and a hostile body may have a million of them.
            step = rest[:_GZIP_STEP]
            if not step:
                raise Malformed("the gzip body is cut off")
            try:
                parts.append(member.decompress(step, limit - size + 1))
            except IsalError:  # type: ignore[misc]  # its stub is wrong
                raise Malformed("the body is not gzip, as its Content-Encoding says") from None
            size += len(parts[-1])
            if size > limit:
                raise BodyTooLarge(limit)
            rest = rest[len(step) - len(member.unused_data) :]
    return b"".join(parts)
