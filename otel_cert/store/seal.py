"""Sealing: acknowledged requests become rows, exactly once.

Life of a seal: take records from the logs -> note the attempt -> decode -> inline processors -> drop what is stored
already -> one Delta commit per touched table, carrying (`seal/RECEIVER`, sequence) -> sync files, commits and folders ->
write `sealed.json` -> publish a snapshot -> release the segments. After a crash at any point the same records are taken
again, and each table takes only those beyond its own marker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from otel_cert.schema import LOGS, METRIC_POINTS, RAW, SPANS, Table
from otel_cert.store import quarantine, snapshots
from otel_cert.store.attempts import CRASHES, Attempts
from otel_cert.store.backlog import Backlog, Pending
from otel_cert.store.files import read_json, write_json
from otel_cert.store.known import CONFLICT, remember, sort_out
from otel_cert.store.layout import Layout
from otel_cert.store.query import OUT_OF_MEMORY
from otel_cert.store.recent import Recent
from otel_cert.store.stage import stage
from otel_cert.store.tables import HOT, NO_HOOKS, PARTITION, DeltaStore

log = structlog.get_logger(__name__)

Decode = Callable[[str, Sequence[Pending]], pa.Table]
"""(signal, records) -> rows of the signal's table."""
Inline = Callable[[str, pa.Table], pa.Table]
"""(table name, rows) -> the rows to store."""

TABLE_OF: dict[str, Table] = {"traces": SPANS, "logs": LOGS, "metrics": METRIC_POINTS}


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one seal did."""

    requests: int
    rows: int
    repeated: int
    quarantined: int


class Sealer:
    """The single writer of the raw tables; hold the `writer` lock while it lives."""

    def __init__(
        self, layout: Layout, decode: Decode, inline: Sequence[Inline] = (), *, max_bytes: int = 64 << 20
    ) -> None:
        self._layout, self._decode, self._inline, self._max_bytes = layout, decode, tuple(inline), max_bytes
        self.delta = DeltaStore(layout)
        self._backlog = Backlog(layout)
        self._attempts = Attempts(layout.sealing)
        state = read_json(layout.sealed) or {}
        self._receivers: dict[str, int] = state.get("receivers", {})
        # What was published was made durable before, whatever became of the record of that.
        self._durable: dict[str, int] = snapshots.latest(layout).versions(RAW) | state.get("tables", {})
        with stage("recovering"):
            self._recover()

    def waiting_bytes(self) -> int:
        """Return the bytes that wait in the logs."""
        return self._backlog.size()

    def sealed(self) -> Mapping[str, int]:
        """Return the newest sealed sequence per receiver."""
        return self._receivers

    def seal(self) -> Sealed | None:
        """Seal up to `max_bytes` of what waits; None when nothing does."""
        self._seal_suspects()
        with stage("reading_log"):
            pending = self._backlog.take(self._receivers, self._max_bytes)
        if not pending:
            self.release()
            return None
        return self._attempt(pending)

    def _seal_suspects(self) -> None:
        """Seal what the last writer died over, in portions, until what kills writers is found and kept aside."""
        while (suspects := self._attempts.suspects) is not None:
            self._backlog.rewind()
            pending = self._backlog.take(self._receivers, self._max_bytes)
            self._backlog.rewind()
            found = [p for p in pending if p.record.sequence <= suspects.get(p.receiver, 0)]
            if found:
                self._attempt(found[: self._attempts.portion])
            else:
                self._attempts.acquit()

    def _attempt(self, pending: list[Pending]) -> Sealed:
        reached = {p.receiver: p.record.sequence for p in pending}
        if self._attempts.guilty(reached):
            quarantine.keep_request(self._layout, pending[0].receiver, pending[0].record, f"killed {CRASHES} writers")
            self._finish(reached)
            self._attempts.set_aside()
            return Sealed(1, 0, 0, 1)
        try:
            with self._attempts.attempt(reached, len(pending)):
                return self._seal(pending, reached)
        except BaseException:
            self._backlog.rewind()
            raise

    def _seal(self, pending: list[Pending], reached: Mapping[str, int]) -> Sealed:
        self._claim(reached)
        rows = repeated = quarantined = 0
        for signal, table in TABLE_OF.items():
            marker = {r: self.delta.marker(table.name, f"seal/{r}") for r in reached}
            fresh = [p for p in pending if p.record.request.signal == signal and p.record.sequence > marker[p.receiver]]
            if not fresh:
                continue
            with stage("decoding"):
                arriving, failed = self._rows(signal, fresh)
            with stage("deduplicating"):
                sorted_out = sort_out(table, arriving, self.delta.get(table.name), self._recent)
            with stage(f"committing_{table.name}"):
                self._mark_conflicts(sorted_out.conflicts)
                self._commit(table, sorted_out.new, {p.receiver: p.record.sequence for p in fresh})
            rows += sorted_out.new.num_rows
            repeated += sorted_out.repeated
            quarantined += failed
        self._finish(reached)
        return Sealed(len(pending), rows, repeated, quarantined)

    def _claim(self, reached: Mapping[str, int]) -> None:
        """Note the numbers of requests before a table holds them: no request to come may have one of them.

        The log alone does not see to that: a request whose sync failed is read from memory, and gone after a power cut.
        """
        claimed: dict[str, int] = read_json(self._layout.claimed) or {}
        write_json(self._layout.claimed, claimed | {r: max(upto, claimed.get(r, 0)) for r, upto in reached.items()})

    def _rows(self, signal: str, pending: list[Pending]) -> tuple[pa.Table, int]:
        """Decode together; if that fails, one by one, so that one bad request stops nothing.

        Raises when no request of several can be decoded, or for want of memory: then the fault is not in the requests.
        """
        try:
            return self._prepared(signal, pending), 0
        except OUT_OF_MEMORY:
            raise
        except Exception:
            log.exception("decoding a batch failed; decoding its requests one by one", signal=signal)
        done: list[pa.Table] = [TABLE_OF[signal].empty()]
        failed: list[tuple[Pending, str]] = []
        for one in pending:
            try:
                done.append(self._prepared(signal, [one]))
            except OUT_OF_MEMORY:
                raise
            except Exception as error:
                failed.append((one, type(error).__name__))
                if len(failed) == len(pending) > 1:
                    raise
        for one, reason in failed:
            quarantine.keep_request(self._layout, one.receiver, one.record, reason)
        return pa.concat_tables(done), len(failed)

    def _prepared(self, signal: str, pending: Sequence[Pending]) -> pa.Table:
        table = TABLE_OF[signal]
        rows = self._decode(signal, pending)
        for consume in self._inline:
            rows = consume(table.name, rows)
        return rows

    def _commit(self, table: Table, rows: pa.Table, reached: Mapping[str, int]) -> None:
        self.delta.append(table, rows, {f"seal/{receiver}": sequence for receiver, sequence in reached.items()})

    @cached_property
    def _recent(self) -> Recent:
        """Ids of stored spans; read from the store when the first rows arrive, so that starting does not wait for it."""
        recent = Recent()
        if (delta := self.delta.get(SPANS.name)) is not None and delta.file_uris():
            remember(recent, delta)
        return recent

    def _mark_conflicts(self, stored: pa.Table) -> None:
        """Flag the stored rows whose ids came again with other content; repeating it after a crash changes nothing."""
        delta = self.delta.get(SPANS.name)
        if delta is None or not stored.num_rows:
            return
        first, last = pc.min_max(stored["start_unix_ns"]).as_py().values()
        days = ", ".join(f"DATE '{day}'" for day in pc.unique(stored[PARTITION]).to_pylist())
        # `flags` is NULL, or a list without the mark, in the rows to change. The bounds spare the files of other times.
        appended = f"array_append(t.flags, '{CONFLICT}')"
        delta.merge(
            stored.group_by(["trace_id", "span_id"]).aggregate([]),
            f"t.trace_id = s.trace_id AND t.span_id = s.span_id AND t.{PARTITION} IN ({days})"
            f" AND t.start_unix_ns >= {first} AND t.start_unix_ns <= {last}",
            source_alias="s", target_alias="t",
            writer_properties=HOT, post_commithook_properties=NO_HOOKS,
        ).when_matched_update(
            {"flags": f"CASE WHEN t.flags IS NULL THEN make_array('{CONFLICT}') ELSE {appended} END"},
            predicate=f"t.flags IS NULL OR NOT array_has(t.flags, '{CONFLICT}')",
        ).execute()  # fmt: skip

    def publish(self) -> None:
        """Make the raw tables durable and publish their newest versions."""
        self._finish({})

    def _finish(self, reached: Mapping[str, int]) -> None:
        with stage("syncing"):
            for table in RAW:
                if self.delta.get(table.name) is not None:
                    self._durable[table.name] = self.delta.make_durable(table.name, self._durable.get(table.name, -1))
        self._receivers = self._receivers | dict(reached)
        with stage("recording"):
            write_json(self._layout.sealed, {"receivers": self._receivers, "tables": self._durable})
        if self._half_sealed():  # the seal that completes it publishes it
            return
        with stage("publishing"):
            snapshots.publish(self._layout, self.delta.versions(RAW), sealed=self._receivers)
        self.release()

    def release(self) -> None:
        """Delete the segments whose requests are all sealed."""
        with stage("releasing"):
            self._backlog.release(self._receivers)

    def _recover(self) -> None:
        """Remove commits that a power cut left broken, and publish what a crash kept from being published."""
        for table in RAW:
            removed = self.delta.repair(table.name, self._durable.get(table.name, -1))
            if removed:
                log.warning(
                    "removed broken commits; their requests are sealed again", table=table.name, versions=removed
                )
            self.delta.check(table)
        if self.delta.versions(RAW):
            self.publish()

    def _half_sealed(self) -> bool:
        """Return whether a crash left some tables ahead of the sealed position, and so of each other."""
        return any(
            self.delta.marker(table.name, f"seal/{directory.name}") > self._receivers.get(directory.name, 0)
            for table in RAW
            for directory in self._layout.logs()
        )
