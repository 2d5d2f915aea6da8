"""Checking the ack logs: every record whole and in order, nothing missing before what is sealed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from otel_cert.verify.requests import contents
from otel_cert.verify.result import Check
from otel_cert.verify.segments import NAME, Gap, Record, Segment

Row = tuple[str, str, int, str, str, str, str]
"""(place, receiver, sequence, signal, trace id, span id, SHA-256 of the request): one per span, or per other request."""
REQUESTS = (
    "CREATE TABLE requests (place VARCHAR, receiver VARCHAR, sequence BIGINT, signal VARCHAR, trace_id VARCHAR, "
    "span_id VARCHAR, request VARCHAR)"
)

_KEPT = re.compile(r"(\d{20})\.(traces|logs|metrics)\.(pb|json)")
_DAMAGED = (
    "acknowledged requests were here: let their senders send again, and look at the disk; the service keeps the bytes "
    "in quarantine and goes on behind them"
)


class Log:
    """One receiver's log as it lay there when this was made."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self.folder, self.receiver = root, folder, folder.name
        paths = (p for p in folder.iterdir() if NAME.fullmatch(p.name))
        self.segments = sorted((Segment(p) for p in paths), key=lambda s: s.path.name)

    @property
    def size(self) -> int:
        """Bytes in the segments."""
        return sum(s.path.stat().st_size for s in self.segments if s.path.exists())

    def rows(self, records: Check, order: Check, progress: Callable[[int], None]) -> Iterator[Row]:
        """Check every segment and yield what its records hold; `progress` is told the bytes read."""
        expected: int | None = None
        for segment in self.segments:
            if expected is not None and segment.first != expected:
                self._between(order, segment, expected)
            expected = segment.first
            try:
                for found in segment:
                    progress(found.end - found.start)
                    records.looked_at += 1
                    if isinstance(found, Gap):
                        self._gap(records, segment, found)
                        expected = None if found.torn else expected
                    else:
                        expected = self._in_order(order, segment, found, expected)
                        yield from self._rows(records, "log", segment.path, found)
            except FileNotFoundError:  # sealed and released meanwhile
                continue

    def kept_aside(self, check: Check) -> Iterator[Row]:
        """Yield what is in the requests that could not become rows."""
        for path in sorted((self.folder / "quarantine").glob("*")):
            if named := _KEPT.fullmatch(path.name):
                body = path.read_bytes()
                check.looked_at += 1
                check.note(
                    self._name(path), "a request that could not become rows", "after an update: otel-cert import"
                )
                request = Record(int(named[1]), named[2], named[3] == "json", body, 0, len(body))
                yield from self._rows(check, "quarantine", path, request)

    def check_sealed(self, order: Check, sealed: int) -> None:
        """Check that nothing is missing between what is sealed, read after this log was listed, and the oldest segment."""
        if self.segments and self.segments[0].first > sealed + 1:
            oldest = self.segments[0]
            order.fail(
                self._name(oldest.path),
                f"is the oldest segment and begins with {oldest.first}, but only {sealed} is sealed: a segment is missing",
                "restore the missing segment; its requests were acknowledged and are not in the tables",
            )

    def _gap(self, check: Check, segment: Segment, gap: Gap) -> None:
        size, name = gap.end - gap.start, self._name(segment.path)
        if gap.torn:
            check.note(name, f"ends with a write that a crash cut off, {size} bytes: {gap.reason}", offset=gap.start)
        else:
            check.fail(name, f"{size} bytes are damaged: {gap.reason}", _DAMAGED, offset=gap.start)

    def _in_order(self, check: Check, segment: Segment, record: Record, expected: int | None) -> int:
        """Return the number that the next record should have."""
        check.looked_at += 1
        if record.sequence != expected:
            check.fail(
                self._name(segment.path),
                f"a record has number {record.sequence} where {expected} should be",
                "the records between are missing, or come twice; see the findings of the log records",
                offset=record.start,
            )
        return record.sequence + 1

    def _between(self, check: Check, segment: Segment, expected: int) -> None:
        name = self._name(segment.path)
        if segment.first < expected:
            check.fail(name, f"begins with {segment.first}, but its predecessor ends with {expected - 1}", _DAMAGED)
        else:
            check.note(
                name,
                f"no record has the numbers {expected} to {segment.first - 1}: a write that failed and was not"
                " acknowledged leaves this, a removed segment too",
                "compare with what the senders know: verify --store --acknowledged FILE",
            )

    def _rows(self, check: Check, place: str, path: Path, record: Record) -> Iterator[Row]:
        try:
            held = contents(record.signal, record.body, is_json=record.is_json)
        except ValueError as error:
            check.note(self._name(path), f"request {record.sequence} cannot be parsed: {error}", offset=record.start)
            return
        request = hashlib.sha256(record.body).hexdigest()
        for trace_id, span_id in held.spans if record.signal == "traces" else [("", "")] * (held.items > 0):
            yield place, self.receiver, record.sequence, record.signal, trace_id, span_id, request

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root))


def logs(root: Path) -> list[Log]:
    """Return the logs of all receivers."""
    folder = root / "log"
    return [Log(root, p) for p in sorted(folder.iterdir()) if p.is_dir()] if folder.is_dir() else []
