"""Looking at a body or an event stream while the application reads it.

Methods of the one object are covered, so that it keeps its class, its identity and its timing; nothing is read that the
application does not read.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol


class Reader(Protocol):
    """What is told of what the application reads; it never raises."""

    def read(self, answer: Any) -> None:
        """Take the whole answer."""

    def chunk(self, event: Any) -> None:
        """Take one event of a stream."""

    def end(self, error: BaseException | None = None) -> None:
        """Take note that nothing more comes; further notes have no effect."""


def watch_body(body: Any, reader: Reader) -> None:
    """Tell `reader` of a `StreamingBody` when all of it is read, and of its end when it is closed or dropped."""
    raw = body._raw_stream
    watched = _Body(raw, reader, getattr(body, "_content_length", None))
    raw.read = watched.read
    raw.close = watched.close


class _Body:
    """What the application reads of one urllib3 response."""

    def __init__(self, raw: Any, reader: Reader, length: str | int | None) -> None:
        # Weakly: the response holds this object, and is to go when the application drops it.
        self._raw = weakref.ref(raw)
        self._class = type(raw)
        self._reader = reader
        self._left = int(length) if length is not None else None
        self._parts: list[bytes] = []

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        try:
            part: bytes = self._class.read(self._raw(), *args, **kwargs)
        except BaseException as error:
            self._reader.end(error)
            raise
        self._parts.append(part)
        if self._left is not None:
            self._left -= len(part)
        amount = args[0] if args else kwargs.get("amt")
        if self._left == 0 or amount is None or (not part and amount):
            self._finish()
        return part

    def close(self) -> None:
        try:
            self._class.close(self._raw())
        finally:
            self._reader.end()

    def __del__(self) -> None:
        self._reader.end()

    def _finish(self) -> None:
        whole, self._parts = b"".join(self._parts), []
        if whole:
            with suppress(ValueError):  # not JSON: what else is known is recorded
                self._reader.read(json.loads(whole))
        self._reader.end()


def watch_events(stream: Any, reader: Reader) -> None:
    """Tell `reader` of each event that the application takes from an `EventStream`, and of the stream's end."""
    watched = _Events(stream, reader)
    stream._event_generator = watched
    stream._parse_event = watched.parse
    stream.close = watched.close


class _Events:
    """What the application reads of one event stream."""

    def __init__(self, stream: Any, reader: Reader) -> None:
        self._stream = weakref.ref(stream)
        self._class = type(stream)
        self._raw = stream._event_generator
        self._reader = reader

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._raw)
        except StopIteration:
            self._reader.end()
            raise
        except BaseException as error:
            self._reader.end(error)
            raise

    def parse(self, event: Any) -> Any:
        try:
            parsed = self._class._parse_event(self._stream(), event)
        except BaseException as error:
            self._reader.end(error)
            raise
        self._reader.chunk(parsed)
        return parsed

    def close(self) -> None:
        try:
            self._class.close(self._stream())
        finally:
            self._reader.end()

    def __del__(self) -> None:
        self._reader.end()
