"""Checking the Delta logs: every published version is there and readable, with every file that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from otel_cert.verify.delta import DataFile, DeltaLog, Unreadable, Version
from otel_cert.verify.files import faults
from otel_cert.verify.result import Check
from otel_cert.verify.state import State, read

_NOT_DURABLE = "it was not synced yet when its process died; the next start removes it and does the work again"
LOST = "stop the service, keep a copy of the data directory, and restore the file from a backup"


@dataclass(slots=True)
class Table:
    """One table as its log states it."""

    root: Path
    log: DeltaLog
    durable: int
    """What lies above may be broken after a power cut; -1 when nothing is known to be durable."""
    newest: Version = field(default_factory=Version)
    published: Version = field(default_factory=Version)
    """As in the newest snapshot."""
    named: dict[str, DataFile] = field(default_factory=dict)
    """Every file of a version that a snapshot, a pin or the newest version needs."""
    broken: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.log.table.name

    def sound(self, version: Version) -> list[Path]:
        """Return the files of a version that can be read."""
        return [self.log.table / path for path in version.live if path not in self.broken]


def load(root: Path, state: State, check: Check) -> dict[str, Table]:
    """Return every table that exists or is named by a snapshot; what cannot be read is a finding."""
    folder = root / "tables"
    names = {p.name for p in folder.iterdir() if p.is_dir()} if folder.is_dir() else set()
    names |= {name for snapshot in state.snapshots for name in snapshot.tables}
    return {name: _load(root, folder / name, state, check) for name in sorted(names)}


def check_files(root: Path, tables: Iterable[Table], check: Check, progress: Callable[[int], None]) -> None:
    """Read every file that is named; a file that is gone counts only if it is still named after that."""
    for table in tables:
        missing: list[DataFile] = []
        for stated in table.named.values():
            check.looked_at += 1
            try:
                for fault in faults(table.log.table, stated):
                    _report(table, stated, fault, check)
            except FileNotFoundError:
                missing.append(stated)
            progress(stated.size or 0)
        if missing:
            now = _still_named(root, table)
            for stated in missing:
                if stated.path in now:
                    _report(table, stated, "is missing", check)
                table.broken.add(stated.path)


def _load(root: Path, folder: Path, state: State, check: Check) -> Table:
    table = Table(root, DeltaLog(folder), state.durable.get(folder.name, -1))
    check.looked_at += len(table.log.commits)
    _check_commits(table, check)
    wanted = {s.tables[table.name]: s.number for s in state.snapshots if table.name in s.tables}
    failed: set[Path] = set()
    for found in table.log.versions({*wanted, table.durable, table.log.newest} - {-1}):
        if isinstance(found, Version):
            table.named |= found.live
            table.newest = found.copy()
            if state.newest and state.newest.tables.get(table.name) == found.number:
                table.published = table.newest
        elif found.file not in failed and _is_wanted(root, found, wanted):
            failed.add(found.file)
            _report_version(table, found, check)
    for pin in state.pins:
        for path in (pin.files or {}).get(table.name, ()):
            table.named.setdefault(path, DataFile(path, None, None, {}, {}, {}, -1))
    return table


def _check_commits(table: Table, check: Check) -> None:
    """Read every commit and checkpoint, also those that others make superfluous: readers choose between them."""
    for read_it, versions in ((table.log.actions, table.log.commits), (table.log.checkpoint, table.log.checkpoints)):
        for version in versions:
            try:
                read_it(version)
            except Unreadable as error:
                if error.file.exists():  # else cleaned away meanwhile
                    _report_version(table, error, check)


def _is_wanted(root: Path, error: Unreadable, wanted: dict[int, int]) -> bool:
    """Return whether the failing version still has to be readable: its snapshot may be retired by now."""
    if error.file.exists():
        return False  # reported already
    later = [number for version, number in wanted.items() if version >= error.version]
    return not later or any((root / "snapshots" / f"{number}.json").exists() for number in later)


def _report_version(table: Table, error: Unreadable, check: Check) -> None:
    name = str(error.file.relative_to(table.root))
    if error.version > table.durable:
        check.note(name, error.meaning, _NOT_DURABLE, offset=error.offset)
    else:
        check.fail(name, error.meaning, LOST, offset=error.offset)


def _report(table: Table, stated: DataFile, fault: str, check: Check) -> None:
    table.broken.add(stated.path)
    name = str((table.log.table / stated.path).relative_to(table.root))
    if stated.version > table.durable:
        check.note(name, fault, _NOT_DURABLE)
    else:
        check.fail(name, fault, LOST)


def _still_named(root: Path, table: Table) -> dict[str, DataFile]:
    return _load(root, table.log.table, read(root, Check("", "")), Check("", "")).named
