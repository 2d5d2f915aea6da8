"""The ack log: requests are written and synced here before their sender hears OK.

Life of an append: it waits in the queue; the first waiting thread becomes the leader, writes everything queued with one
`write` and one `fdatasync`, and wakes the others. A segment whose write or sync failed is never touched again (a second
fsync may succeed without the data having reached the disk); the next append begins a new segment and new sequence numbers.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from otel_cert.errors import Backpressure
from otel_cert.store.files import lock, make_folder, read_json, sync
from otel_cert.store.layout import Layout
from otel_cert.store.segment import MARKER_BYTES, Request, Segment, last_sequence, pack
from otel_cert.store.stage import stage

__all__ = ["AckLog", "Request", "segments"]

_SPACE_CHECK_S = 1.0
SEGMENT_AGE_S = 300.0
"""Requests stay on the disk as received until their segment ends: not for longer than this, plus the time to seal."""
_PREDECESSOR_S = 5.0
"""How long to wait for the receiver of a killed service to be gone."""


def segments(directory: Path) -> list[Path]:
    """Return a receiver's segments, oldest first."""
    return sorted(directory.glob("*.seg"), key=Segment.of)


class _Batch:
    """The requests of one append, and what became of them."""

    __slots__ = ("done", "error", "requests")

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = requests
        self.done = False
        self.error: BaseException | None = None


class AckLog:
    """One receiver's log, open for appending; safe to use from many threads."""

    def __init__(
        self,
        layout: Layout,
        receiver: str,
        *,
        segment_bytes: int = 128 << 20,
        max_backlog_bytes: int = 8 << 30,
        min_free_bytes: int = 256 << 20,
        max_queue_bytes: int = 256 << 20,
    ) -> None:
        """Take the receiver's lock and continue its sequence; raises Locked when another process has it."""
        self._directory = layout.log(receiver)
        self._layout, self._receiver = layout, receiver
        self._segment_bytes, self._max_backlog_bytes = segment_bytes, max_backlog_bytes
        self._min_free_bytes, self._max_queue_bytes = min_free_bytes, max_queue_bytes
        self._lock = lock(layout.lock(f"receiver-{receiver}"), f"{receiver} receiver", wait_s=_PREDECESSOR_S)
        self._lock.__enter__()
        make_folder(self._directory)
        self._next = self._first_free_sequence()
        self._condition = threading.Condition()
        self._queue: list[_Batch] = []
        self._queued_bytes = 0
        self._leading = False
        self._descriptor: int | None = None
        self._written, self._began = 0, 0.0
        self._marker = b""
        self._space_checked = 0.0
        self._no_space: str | None = None

    def append(self, requests: Sequence[Request]) -> None:
        """Return when all `requests` are durable; raises Backpressure when they are not, and then none may be counted on."""
        if not requests:
            return
        batch = _Batch(requests)
        size = sum(len(r.body) for r in requests)
        with self._condition:
            self._admit(size)
            self._queue.append(batch)
            self._queued_bytes += size
            with stage("queueing"):
                while self._leading and not batch.done:
                    self._condition.wait()
            if not batch.done:
                self._leading = True
                batches, self._queue, self._queued_bytes = self._queue, [], 0
        if not batch.done:
            self._lead(batches)
        if batch.error:
            # Senders read this: no path of ours, and no message that may quote what another sent.
            why = getattr(batch.error, "strerror", None) or type(batch.error).__name__
            raise Backpressure(
                f"the request could not be made durable: {why}",
                hint="see the disk of the data directory; the sender keeps the data and tries again",
            ) from batch.error

    def problem(self) -> str | None:
        """Return why appends are refused now, or None."""
        with self._condition:
            self._check_space()
            return self._no_space

    def roll(self) -> None:
        """End a segment that is old and has requests in it, so that it can be deleted; called now and then."""
        with self._condition:
            idle = self._descriptor is None or self._leading or not self._written
            if idle or time.monotonic() - self._began < SEGMENT_AGE_S:
                return
            try:
                self._begin_segment()
            except OSError:  # the next append meets it too, and tells
                self._abandon_segment()

    def backlog_bytes(self) -> int:
        """Return the bytes that wait to be sealed: none when the newest request is, though its segment is still in use."""
        if self._sealed() >= self.last_sequence:
            return 0
        return sum(_size(path) for path in segments(self._directory))

    @property
    def last_sequence(self) -> int:
        """The number of the newest appended request; 0 when there is none."""
        return self._next - 1

    def close(self) -> None:
        """Release the file and the lock; whatever was acknowledged is already durable."""
        with self._condition:
            while self._leading:
                self._condition.wait()
            self._end_segment()
        self._lock.__exit__(None, None, None)

    def _first_free_sequence(self) -> int:
        """Return a number that no record has, nor a row, nor the name of a segment: names order the records."""
        claimed: int = (read_json(self._layout.claimed) or {}).get(self._receiver, 0)
        taken = [self._sealed(), claimed]
        for newest in segments(self._directory)[-1:]:
            taken += [last_sequence(newest), Segment.of(newest).first]
        return max(taken) + 1

    def _sealed(self) -> int:
        sealed: int = (read_json(self._layout.sealed) or {}).get("receivers", {}).get(self._receiver, 0)
        return sealed

    def _admit(self, size: int) -> None:
        if self._queued_bytes and self._queued_bytes + size > self._max_queue_bytes:
            raise Backpressure("too many bytes are waiting for the disk", retry_after_s=0.5)
        self._check_space()
        if self._no_space:
            raise Backpressure(self._no_space, retry_after_s=5.0)

    def _check_space(self) -> None:
        now = time.monotonic()
        if now - self._space_checked < _SPACE_CHECK_S:
            return
        self._space_checked = now
        self._no_space = self._lack()

    def _lack(self) -> str | None:
        """Return what stands against taking more, or None."""
        try:
            backlog = self.backlog_bytes()
            free = shutil.disk_usage(self._directory).free
        except OSError as error:
            return f"the folder of the ack log is out of reach: {error.strerror}"
        if backlog > self._max_backlog_bytes:
            return f"sealing is behind: {backlog} bytes wait in the ack log"
        if free < self._min_free_bytes:
            return f"the disk is nearly full: {free} bytes free, {self._min_free_bytes} wanted"
        return None

    def _lead(self, batches: list[_Batch]) -> None:
        error: BaseException | None = RuntimeError("the commit was interrupted")
        try:
            self._commit(batches)
            error = None
        except Exception as caught:
            error = caught
        finally:
            if error:
                self._abandon_segment()
            with self._condition:
                for batch in batches:
                    batch.done, batch.error = True, error
                self._leading = False
                self._condition.notify_all()

    def _commit(self, batches: list[_Batch]) -> None:
        if self._descriptor is None or self._written >= self._segment_bytes:
            self._begin_segment()
        assert self._descriptor is not None  # noqa: S101 - _begin_segment sets it or raises
        pieces: list[bytes] = []
        for batch in batches:
            for request in batch.requests:
                pieces += pack(self._marker, self._next, request)
                self._next += 1
        data = memoryview(b"".join(pieces))
        self._written += len(data)
        with stage("log_write"):
            while data:
                data = data[os.write(self._descriptor, data) :]
        with stage("log_sync"):
            os.fdatasync(self._descriptor)

    def _begin_segment(self) -> None:
        self._end_segment()
        self._marker = secrets.token_bytes(MARKER_BYTES)
        path = self._layout.segment(self._receiver, Segment(self._next, self._marker))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._written, self._began = 0, time.monotonic()
        self._space_checked = 0.0  # also when less than a second passed: the log passes its bound by a segment at most
        sync(self._directory)

    def _abandon_segment(self) -> None:
        if self._descriptor is not None:
            self._next += 1  # the segment may be empty, and its name has taken this number
        self._end_segment()

    def _end_segment(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):  # what was acknowledged is synced
                os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # sealed and removed meanwhile
        return 0
