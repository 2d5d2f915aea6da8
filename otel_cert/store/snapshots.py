"""Snapshots: table versions that agree with each other. Readers pin one; a report's is kept for ever.

The writer publishes after each seal, the analysis and the scoring after each round; all through `publish`, under one
lock, so that none loses what another said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from otel_cert.errors import NotFound
from otel_cert.schema import Table
from otel_cert.store import identity
from otel_cert.store.files import lock, read_json, sync, write_json
from otel_cert.store.layout import Layout
from otel_cert.store.tables import StoredFiles, files

log = structlog.get_logger(__name__)

_SAID = ("tables", "sealed", "analysed", "scored")
"""What a snapshot says; a new one says something else."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent view of the store."""

    number: int
    created_unix_ns: int
    tables: dict[str, int] = field(default_factory=dict)
    """Delta version per table."""
    sealed: dict[str, int] = field(default_factory=dict)
    """Per receiver, the newest request whose rows are in the raw tables."""
    analysed: dict[str, int] = field(default_factory=dict)
    """Per receiver, the newest request up to which every trace's derived rows are complete."""
    scored: dict[str, int] | None = None
    """Per receiver, the newest request up to which the processors of an own process are done; None when there are none."""
    clock_set_back: bool | None = None
    """The snapshot before it claims a later time: one of the two is wrong."""
    files: dict[str, list[str]] | None = None
    """Pinned snapshots only: the files per table, relative to the table."""

    def versions(self, tables: Iterable[Table]) -> dict[str, int]:
        """Return the Delta versions of some tables, without those that were never written."""
        return {t.name: self.tables[t.name] for t in tables if t.name in self.tables}

    @property
    def created(self) -> datetime:
        """When it was published, UTC."""
        return datetime.fromtimestamp(self.created_unix_ns / 1e9, UTC)


def numbers(layout: Layout) -> list[int]:
    """Return the numbers of all snapshots that can be read, ascending."""
    return sorted(
        {int(p.stem) for folder in (layout.snapshots, layout.pin(0).parent) for p in folder.glob("[0-9]*.json")}
    )


def latest(layout: Layout) -> Snapshot:
    """Return the newest snapshot; number 0 with no tables when nothing was stored yet."""
    for _ in range(10):  # a snapshot may be retired between listing and reading
        known = sorted(int(p.stem) for p in layout.snapshots.glob("[0-9]*.json"))
        if not known:
            break
        content = read_json(layout.snapshot(known[-1]))
        if content is not None:
            return Snapshot(**content)
    return Snapshot(0, 0)


def load(layout: Layout, number: int) -> Snapshot:
    """Return one snapshot, pinned or recent; raises NotFound with what exists."""
    content = read_json(layout.pin(number)) or read_json(layout.snapshot(number))
    if content is None:
        known = numbers(layout)
        span = f"{known[0]} to {known[-1]}" if known else "none"
        raise NotFound(
            f"snapshot {number} does not exist or was retired",
            hint=f"snapshots kept now: {span}; a report pins the one it uses",
        )
    return Snapshot(**content)


def as_of(layout: Layout, unix_ns: int) -> Snapshot:
    """Return the newest snapshot that was published at or before a time."""
    for number in reversed(numbers(layout)):
        snapshot = load(layout, number)
        if snapshot.created_unix_ns <= unix_ns:
            return snapshot
    raise NotFound(
        f"no snapshot was published by {datetime.fromtimestamp(unix_ns / 1e9, UTC).isoformat(timespec='seconds')}",
        hint="older snapshots are retired after the grace period unless a report pinned them",
    )


def publish(
    layout: Layout,
    tables: Mapping[str, int],
    *,
    sealed: Mapping[str, int] | None = None,
    analysed: Mapping[str, int] | None = None,
    scored: Mapping[str, int] | Literal["nobody"] | None = None,
) -> Snapshot:
    """Publish the newest snapshot overlaid with the given versions and positions; return it (the old one if equal).

    `scored` takes the place of what was said; `nobody`: there are no processors of an own process any more.
    """
    with lock(layout.lock("publish"), "snapshot publication", wait_s=30.0):
        last = latest(layout)
        new = Snapshot(
            last.number + 1,
            time.time_ns(),
            last.tables | dict(tables),
            last.sealed | dict(sealed or {}),
            analysed := last.analysed | dict(analysed or {}),
            _scored(last.scored if scored is None else scored, analysed),
        )
        if all(getattr(new, name) == getattr(last, name) for name in _SAID) and last.number:
            return last
        if new.created_unix_ns < last.created_unix_ns:
            log.warning("the clock was set back", snapshot=new.number)
            new = replace(new, clock_set_back=True)
        identity.ensure(layout)
        write_json(layout.snapshot(new.number), _content(new))
        return new


def _scored(scored: Mapping[str, int] | Literal["nobody"] | None, analysed: Mapping[str, int]) -> dict[str, int] | None:
    """Return how far is scored, which is never further than is analysed: when that begins anew, so does the scoring."""
    if scored is None or scored == "nobody":
        return None
    return {receiver: min(upto, analysed.get(receiver, 0)) for receiver, upto in scored.items()}


def pin(layout: Layout, number: int) -> Snapshot:
    """Keep a snapshot readable for ever: its file lists are written down and its files are never removed."""
    snapshot = load(layout, number)
    if snapshot.files is None:
        snapshot = Snapshot(**{**asdict(snapshot), "files": _relative_files(layout, snapshot)})
        write_json(layout.pin(number), asdict(snapshot))
    return snapshot


def pinned(layout: Layout) -> list[Snapshot]:
    """Return every pinned snapshot."""
    return [Snapshot(**read_json(p)) for p in layout.pin(0).parent.glob("[0-9]*.json")]


def retire(layout: Layout, before: int) -> Snapshot:
    """Forget the snapshots before a number, but not the newest, and return the oldest that is kept."""
    known = sorted(int(p.stem) for p in layout.snapshots.glob("[0-9]*.json"))
    kept = [number for number in known if number >= before] or known[-1:]
    for number in known[: len(known) - len(kept)]:
        layout.snapshot(number).unlink(missing_ok=True)
    sync(layout.snapshots)  # they must not come back after a power cut, when their files are deleted
    contents = (read_json(layout.snapshot(number)) for number in kept)
    return next((Snapshot(**content) for content in contents if content), None) or latest(layout)


def table_files(layout: Layout, snapshot: Snapshot, table: str) -> StoredFiles:
    """Return a table's files in a snapshot; empty when it has none."""
    root = layout.table(table)
    if snapshot.files is not None:
        return StoredFiles([str(root / name) for name in snapshot.files.get(table, [])])
    if table not in snapshot.tables:
        return StoredFiles()
    return files(root, snapshot.tables[table])


def shown_files(layout: Layout, snapshot: Snapshot, table: Table) -> StoredFiles:
    """Return the files whose rows readers see in a table: its own, and those of the tables that it shows as well."""
    own, *others = (table_files(layout, snapshot, name) for name in (table.name, *table.also))
    others = [other for other in others if other.paths]
    # DuckDB takes the columns of the first file, which others may have more of.
    alike = (own.alike or not own.paths) and all(other.alike for other in others)
    return StoredFiles([path for files_ in (own, *others) for path in files_.paths], alike)


def _relative_files(layout: Layout, snapshot: Snapshot) -> dict[str, list[str]]:
    return {
        name: [
            path.removeprefix(f"{layout.table(name).resolve()}/") for path in table_files(layout, snapshot, name).paths
        ]
        for name in snapshot.tables
    }


def _content(snapshot: Snapshot) -> dict[str, Any]:
    return {k: v for k, v in asdict(snapshot).items() if v is not None}
