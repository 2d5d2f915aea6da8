"""What waits in the ack logs: reading beyond the sealed positions, and releasing segments that are sealed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import structlog

from otel_cert.errors import Locked
from otel_cert.store import quarantine
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout
from otel_cert.store.log import segments
from otel_cert.store.segment import Gap, Record, Segment, records

log = structlog.get_logger(__name__)

_CHUNK = 8 << 20


@dataclass(frozen=True, slots=True)
class Pending:
    """A record that waits to be sealed."""

    receiver: str
    record: Record


def newest(directory: Path) -> int:
    """Return the sequence of the newest whole record in a receiver's log; 0 when all that was there is sealed."""
    for path in reversed(segments(directory)):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # sealed and removed meanwhile, and so was all before it
            return 0
        found = [r.sequence for r in records(data, Segment.of(path)) if isinstance(r, Record)]
        if found:
            return found[-1]
    return 0


class Backlog:
    """A reader of all receivers' logs that remembers where it stopped.

    Only the sealing one keeps gaps aside; another reader (`tail`) passes over them.
    """

    def __init__(self, layout: Layout, *, quarantine: bool = True) -> None:
        self._layout, self._keeps_gaps = layout, quarantine
        self._offsets: dict[Path, int] = {}

    def take(self, sealed: Mapping[str, int], max_bytes: int) -> list[Pending]:
        """Return the records after `sealed` of every receiver, about `max_bytes` of them, all synced to disk.

        The next call continues behind them; `rewind` forgets that.
        """
        taken: list[Pending] = []
        size = 0
        for directory in self._layout.logs():
            receiver, known = directory.name, segments(directory)
            for path in known:
                for record in self._read(path, final=path != known[-1]):
                    if record.sequence > sealed.get(receiver, 0):
                        taken.append(Pending(receiver, record))
                        size += len(record.request.body)
                    if size >= max_bytes:
                        return taken
        return taken

    def rewind(self) -> None:
        """Read from the sealed positions again; called after a failed seal."""
        self._offsets.clear()

    def size(self) -> int:
        """Return the bytes not read yet, in all logs."""
        total = 0
        for directory in self._layout.logs():
            for path in segments(directory):
                total += max(0, path.stat().st_size - self._offsets.get(path, 0))
        return total

    def release(self, sealed: Mapping[str, int]) -> None:
        """Delete the segments whose records are all sealed; the newest only when no receiver is writing it."""
        for directory in self._layout.logs():
            known = segments(directory)
            for path, following in pairwise(known):
                if Segment.of(following).first - 1 <= sealed.get(directory.name, 0) and self._is_read(path):
                    self._delete(path)
            if known and self._is_read(known[-1]):
                try:
                    with lock(self._layout.lock(f"receiver-{directory.name}"), "log"):
                        if self._is_read(known[-1]):
                            self._delete(known[-1])
                except Locked:
                    pass

    def _is_read(self, path: Path) -> bool:
        return path.exists() and self._offsets.get(path, 0) >= path.stat().st_size

    def _delete(self, path: Path) -> None:
        path.unlink()
        self._offsets.pop(path, None)

    def _read(self, path: Path, *, final: bool) -> Iterator[Record]:
        """Yield the records behind the remembered offset, synced; gaps go to quarantine."""
        segment = Segment.of(path)
        with path.open("rb") as file:
            # What a snapshot says is sealed should not outlive its log record. `Sealer` sees to the numbers.
            end = os.fstat(file.fileno()).st_size
            os.fdatasync(file.fileno())
            wanted = _CHUNK
            while (offset := self._offsets.get(path, 0)) < end:
                whole = offset + wanted >= end
                data = os.pread(file.fileno(), min(wanted, end - offset), offset)
                for found in records(data, segment, offset=offset, final=final and whole):
                    if isinstance(found, Gap) and self._keeps_gaps:
                        self._quarantine(path, data[found.start - offset : found.end - offset], found)
                    self._offsets[path] = found.end
                    if isinstance(found, Record):
                        yield found
                if self._offsets.get(path, 0) == offset:
                    if whole:
                        return
                    wanted *= 2  # one record larger than the chunk
                else:
                    wanted = _CHUNK

    def _quarantine(self, path: Path, data: bytes, gap: Gap) -> None:
        kept = quarantine.keep(self._layout, path.parent.name, f"{path.stem}-{gap.start}.{gap.reason}", data)
        (log.info if gap.reason == "torn" else log.error)(
            "ack log gap", reason=gap.reason, segment=path.name, start=gap.start, bytes=len(data), kept=str(kept)
        )
