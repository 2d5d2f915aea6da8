"""Sealing: acknowledged requests become rows, exactly once.

Life of a seal: take records from the logs -> decode -> inline processors -> drop what is stored already -> one Delta commit
per touched table, carrying (`seal/RECEIVER`, sequence) -> sync files, commits and folders -> write `sealed.json` -> publish
a snapshot -> release the segments. After a crash at any point the same records are taken again, and each table takes only
those beyond its own marker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import structlog

from otel_cert.schema import LOGS, METRIC_POINTS, RAW, SPANS, Table
from otel_cert.store import snapshots
from otel_cert.store.backlog import Backlog, Pending
from otel_cert.store.files import read_json, sync, write_json
from otel_cert.store.known import CONFLICT, sort_out
from otel_cert.store.layout import Layout
from otel_cert.store.query import OUT_OF_MEMORY
from otel_cert.store.stage import stage
from otel_cert.store.tables import HOT, NO_HOOKS, DeltaStore

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
        state = read_json(layout.sealed) or {}
        self._receivers: dict[str, int] = state.get("receivers", {})
        self._durable: dict[str, int] = state.get("tables", {})
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
        with stage("reading_log"):
            pending = self._backlog.take(self._receivers, self._max_bytes)
        if not pending:
            self._release()
            return None
        try:
            return self._seal(pending)
        except BaseException:
            self._backlog.rewind()
            raise

    def _seal(self, pending: list[Pending]) -> Sealed:
        rows = repeated = quarantined = 0
        reached = {p.receiver: p.record.sequence for p in pending}
        for signal, table in TABLE_OF.items():
            marker = {r: self.delta.marker(table.name, f"seal/{r}") for r in reached}
            fresh = [p for p in pending if p.record.request.signal == signal and p.record.sequence > marker[p.receiver]]
            if not fresh:
                continue
            with stage("decoding"):
                arriving, failed = self._rows(signal, fresh)
            with stage("deduplicating"):
                sorted_out = sort_out(table, arriving, self.delta.get(table.name))
            with stage(f"committing_{table.name}"):
                self._mark_conflicts(sorted_out.conflicts)
                self._commit(table, sorted_out.new, {p.receiver: p.record.sequence for p in fresh})
            rows += sorted_out.new.num_rows
            repeated += sorted_out.repeated
            quarantined += failed
        self._finish(reached)
        return Sealed(len(pending), rows, repeated, quarantined)

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
        failed: list[Pending] = []
        for one in pending:
            try:
                done.append(self._prepared(signal, [one]))
            except OUT_OF_MEMORY:
                raise
            except Exception:
                failed.append(one)
                if len(failed) == len(pending) > 1:
                    raise
        for one in failed:
            self._quarantine(one)
        return pa.concat_tables(done), len(failed)

    def _prepared(self, signal: str, pending: Sequence[Pending]) -> pa.Table:
        table = TABLE_OF[signal]
        rows = self._decode(signal, pending)
        for consume in self._inline:
            rows = consume(table.name, rows)
        return rows

    def _commit(self, table: Table, rows: pa.Table, reached: Mapping[str, int]) -> None:
        ordered = rows.sort_by([(name, "ascending") for name in table.sort])
        self.delta.append(table, ordered, {f"seal/{receiver}": sequence for receiver, sequence in reached.items()})

    def _mark_conflicts(self, ids: pa.Table) -> None:
        """Flag the stored rows whose ids came again with other content; repeating it after a crash changes nothing."""
        delta = self.delta.get("spans")
        if delta is None or not ids.num_rows:
            return
        source = ids.group_by(["trace_id", "span_id"]).aggregate([])
        # `flags` is NULL, or a list without the mark, in the rows to change.
        appended = f"array_append(t.flags, '{CONFLICT}')"
        delta.merge(
            source, "t.trace_id = s.trace_id AND t.span_id = s.span_id", source_alias="s", target_alias="t",
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
        with stage("publishing"):
            snapshots.publish(self._layout, self.delta.versions(RAW), sealed=self._receivers)
        self._release()

    def _release(self) -> None:
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
        versions = self.delta.versions(RAW)
        if versions:
            self.publish()

    def _quarantine(self, pending: Pending) -> None:
        folder = self._layout.quarantine(pending.receiver)
        folder.mkdir(exist_ok=True, mode=0o700)
        request = pending.record.request
        suffix = "json" if request.content_type.endswith("json") else "pb"
        path = folder / f"{pending.record.sequence:020d}.{request.signal}.{suffix}"
        path.write_bytes(request.body)
        sync(path)
        log.error("a request could not become rows and was kept aside", kept=str(path), signal=request.signal)
