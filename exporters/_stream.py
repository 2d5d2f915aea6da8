"""Sending one pipeline's rows to one endpoint: read what waits, send it in order, remember how far that went.

Nothing is held between attempts: each reads the newest snapshot, so a dead endpoint costs no memory, and what waits too
long is skipped also while it is dead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from numpy.typing import NDArray

from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.snapshots import Snapshot

from ._delivery import Delivery
from ._reply import Client, Outcome, Reply
from ._retry import Retry
from ._settings import OtlpSettings
from ._sources import Source, Work
from ._waiting import Waiting

log = structlog.get_logger(__name__)

_POLL_S, _BROKEN_S = 0.5, 5.0
_ROUND_S = 60.0
"""Go on in a newer snapshot after this long: the files of an old one are removed some day."""
_LOOK_S = 5.0
"""While rows wait, look after this long also without a new snapshot: they become ready, or too old, by waiting."""


class Stream:
    """One pipeline of one exporter; `run` it in a thread of its own."""

    def __init__(
        self, layout: Layout, id_: str, pipeline: str, source: Source, client: Client, settings: OtlpSettings
    ) -> None:
        self._layout, self._source, self._client, self._settings = layout, source, client, settings
        self._log = log.bind(exporter=id_, pipeline=pipeline)
        self._retry = Retry(settings.retry_on_failure)
        self._seen, self._looked = -1, 0.0
        self.delivery = Delivery.at(layout.forwarded(id_, pipeline))
        self.waiting: dict[str, tuple[int, int | None]] = {}
        """Per receiver (rows, when the oldest was received in ns) at the last look."""

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set."""
        while not stop.is_set():
            try:
                wait_s = self._round(stop)
            except Exception:
                self._log.exception("forwarding failed and is tried again")
                wait_s = _BROKEN_S
            stop.wait(wait_s)

    def _round(self, stop: threading.Event) -> float:
        """Send what is ready in the newest snapshot; return how many seconds to wait before the next round."""
        snapshot = snapshots.latest(self._layout)
        waits = any(rows for rows, _ in self.waiting.values())
        if snapshot.number == self._seen and not (waits and time.monotonic() - self._looked >= _LOOK_S):
            return _POLL_S
        waiting = Waiting(self._layout, snapshot, self._source.table)
        for receiver in snapshot.sealed:
            wait_s = self._send_ready(waiting, snapshot, receiver, stop)
            if wait_s is not None:
                return wait_s
        self._seen, self._looked = snapshot.number, time.monotonic()
        return _POLL_S

    def _send_ready(self, waiting: Waiting, snapshot: Snapshot, receiver: str, stop: threading.Event) -> float | None:
        """Send a receiver's rows that are ready; return the seconds to wait when the endpoint wants that."""
        began = time.monotonic()
        requests = waiting.requests(receiver, self.delivery.position(receiver)[0], snapshot.sealed[receiver])
        requests = self._skip(receiver, requests)
        upto = self._ready(snapshot, receiver, requests)
        for rows_before, last in _portions(requests.filter(pc.field("sequence") <= upto), waiting.rows_at_once()):
            self._note(receiver, requests.slice(rows_before))
            if stop.is_set() or time.monotonic() - began > _ROUND_S:
                return 0.0
            rows = waiting.rows(receiver, self.delivery.position(receiver)[0], last)
            work = self._source.prepare(self._layout, snapshot, rows)
            if (wait_s := self._send(receiver, work, stop)) is not None:
                return wait_s
            self.delivery.positions[receiver] = (last, 0)
            self.delivery.save()
        self._note(receiver, requests.filter(pc.field("sequence") > upto))
        if upto > self.delivery.position(receiver)[0]:  # requests without rows here: nothing worth a write
            self.delivery.positions[receiver] = (upto, 0)
        return None

    def _ready(self, snapshot: Snapshot, receiver: str, requests: pa.Table) -> int:
        """Return the newest request that may be sent: computed, or spans that have waited for that long enough."""
        upto = self._source.ready(snapshot).get(receiver, 0)
        if self._source.signal == "traces":
            patience_ns = time.time_ns() - int(self._settings.analysis_wait * 1e9)
            late = _prefix(requests, requests["received_unix_ns"].to_numpy() <= patience_ns)
            if late.num_rows:
                upto = max(upto, late["sequence"][-1].as_py())
        return upto

    def _skip(self, receiver: str, requests: pa.Table) -> pa.Table:
        """Give up the oldest requests beyond the queue's bounds, and return the others."""
        queue = self._settings.sending_queue
        oldest_ns = time.time_ns() - int(queue.max_age * 1e9)
        overdue = _prefix(requests, requests["received_unix_ns"].to_numpy() < oldest_ns)
        requests = self._skipped(receiver, requests, overdue.num_rows, "max_age")
        behind = requests["rows"].to_numpy()[::-1].cumsum()[::-1]
        too_many = int((behind > queue.queue_size).sum())
        return self._skipped(receiver, requests, too_many, "queue_size")

    def _skipped(self, receiver: str, requests: pa.Table, count: int, bound: str) -> pa.Table:
        """Count the first `count` requests as skipped, and return the rest."""
        if not count:
            return requests
        gone = requests.slice(0, count)
        items = max(0, pc.sum(gone["rows"]).as_py() - self.delivery.position(receiver)[1])
        self.delivery.counts[f"skipped_{bound}"] += items
        self.delivery.positions[receiver] = (gone["sequence"][-1].as_py(), 0)
        self.delivery.save()
        self._log.warning("the oldest of what waits was skipped", bound=bound, items=items, requests=count)
        return requests.slice(count)

    def _send(self, receiver: str, work: Work, stop: threading.Event) -> float | None:
        """Send rows batch by batch; return the seconds to wait when the endpoint wants that, or 0 when told to stop."""
        sequences = work.rows["sequence"].to_pylist()
        parts = [*_parts(work.rows, self.delivery.position(receiver)[1], self._settings)][::-1]
        while parts:
            if stop.is_set():
                return 0.0
            first, end = parts.pop()
            batch = work.rows.slice(first, end - first)
            reply = self._client.send(self._source.signal, work.encode(batch))
            if reply.outcome is Outcome.TOO_LARGE and batch.num_rows > 1:
                middle = (first + end) // 2
                parts += [(middle, end), (first, middle)]
                continue
            if reply.outcome is Outcome.RETRY:
                self.delivery.failures[reply.code] += 1
                if (wait_s := self._retry.wait_s(reply.after_s)) is not None:
                    self._log.log(
                        self._retry.log_level, "the endpoint failed; trying again", code=reply.code, wait_s=wait_s
                    )
                    return wait_s
            self._settle(receiver, sequences[first:end], reply)
            self.delivery.positions[receiver] = _place(sequences, end)
            self.delivery.save()
        return None

    def _settle(self, receiver: str, sequences: list[int], reply: Reply) -> None:
        """Count a batch that is not sent again."""
        items, counts = len(sequences), self.delivery.counts
        self._retry.over()
        if reply.outcome is Outcome.DELIVERED:
            counts["delivered"] += items - min(items, reply.rejected)
            counts["rejected"] += min(items, reply.rejected)
            if reply.rejected:
                self._log.warning("the endpoint rejected a part of a batch", rejected=reply.rejected, items=items)
            return
        counts["refused"] += items
        self.delivery.refuse(receiver, sequences[0], sequences[-1], items, reply)
        self._log.error(
            "the endpoint refused a batch for good; it is set aside", code=reply.code, items=items,
            requests=(sequences[0], sequences[-1]), why=str(self.delivery.path),
        )  # fmt: skip

    def _note(self, receiver: str, requests: pa.Table) -> None:
        oldest = requests["received_unix_ns"][0].as_py() if requests.num_rows else None
        self.waiting[receiver] = (pc.sum(requests["rows"]).as_py() or 0, oldest)


def _prefix(requests: pa.Table, holds: NDArray[np.bool_]) -> pa.Table:
    """Return the requests before the first for which `holds` is false."""
    failing = (~holds).nonzero()[0]
    return requests.slice(0, int(failing[0]) if len(failing) else requests.num_rows)


def _portions(requests: pa.Table, rows_at_once: int) -> Iterator[tuple[int, int]]:
    """Yield (index of the first request, last sequence) of whole requests with about so many rows together."""
    first, size = 0, 0
    counts, sequences = requests["rows"].to_pylist(), requests["sequence"].to_pylist()
    for index, count in enumerate(counts):
        size += count
        if size >= rows_at_once or index == len(counts) - 1:
            yield first, sequences[index]
            first, size = index + 1, 0


def _parts(rows: pa.Table, first: int, settings: OtlpSettings) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of the batches, from row `first` on."""
    batch = settings.sending_queue.batch
    fitting = batch.max_bytes * rows.num_rows // max(1, rows.nbytes)
    size = max(1, min(batch.max_size, fitting))
    for start in range(first, rows.num_rows, size):
        yield start, min(start + size, rows.num_rows)


def _place(sequences: list[int], end: int) -> tuple[int, int]:
    """Return the position when the first `end` rows are done: whole requests, and rows of the next."""
    last = sequences[end - 1]
    if end == len(sequences) or sequences[end] != last:
        return last, 0
    return last - 1, end - sequences.index(last)
