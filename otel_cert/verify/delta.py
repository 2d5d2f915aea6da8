"""Reading a Delta table's log by the protocol: commits as JSON lines, checkpoints as Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyarrow import ArrowException, parquet

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.[0-9.]+)?\.parquet")


class Unreadable(Exception):
    """A version cannot be read; `file` and `offset` say where."""

    def __init__(self, version: int, file: Path, meaning: str, offset: int | None = None) -> None:
        super().__init__(meaning)
        self.version, self.file, self.meaning, self.offset = version, file, meaning, offset


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file as the log states it."""

    path: str
    """Relative to the table."""
    size: int | None
    rows: int | None
    minimum: Mapping[str, Any]
    maximum: Mapping[str, Any]
    partition: Mapping[str, str]
    version: int
    """The commit that added it, or a checkpoint after that."""


@dataclass(slots=True)
class Version:
    """A table at one version: its files, and each application's last transaction number."""

    number: int = -1
    live: dict[str, DataFile] = field(default_factory=dict)
    markers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Version:
        """Return a copy that further actions do not change."""
        return Version(self.number, dict(self.live), dict(self.markers))

    def apply(self, action: Mapping[str, Any], version: int) -> None:
        """Apply one action of a commit or checkpoint; raises KeyError, TypeError or ValueError when it is malformed."""
        if add := action.get("add"):
            added = _data_file(add, version)
            self.live[added.path] = added
        elif remove := action.get("remove"):
            self.live.pop(unquote(remove["path"]), None)
        elif txn := action.get("txn"):
            self.markers[txn["appId"]] = txn["version"]


class DeltaLog:
    """The log of one table as it lay there when this was made."""

    def __init__(self, table: Path) -> None:
        self.table, self._log = table, table / "_delta_log"
        names = [p.name for p in self._log.iterdir()] if self._log.is_dir() else []
        self.commits = sorted(int(m[1]) for name in names if (m := _COMMIT.fullmatch(name)))
        self.checkpoints = sorted({int(m[1]) for name in names if (m := _CHECKPOINT.fullmatch(name))})

    @property
    def newest(self) -> int:
        """The newest version; -1 when there is none."""
        return max([*self.commits[-1:], *self.checkpoints[-1:]], default=-1)

    def commit(self, version: int) -> Path:
        """Return the file of a commit."""
        return self._log / f"{version:020d}.json"

    def versions(self, wanted: Iterable[int]) -> Iterator[Version | Unreadable]:
        """Yield each wanted version, ascending, or why it cannot be read; a yielded version is good until the next."""
        current = Version()
        for number in sorted(set(wanted)):
            try:
                current = self._advance(current, number)
                yield current
            except Unreadable as error:
                yield error

    def _advance(self, current: Version, wanted: int) -> Version:
        """Return `wanted`, reached by commits, or from a checkpoint where they are gone."""
        base = max((c for c in self.checkpoints if current.number < c <= wanted), default=None)
        needed = set(range(current.number + 1, wanted + 1))
        if base is not None and (current.number < 0 or not needed <= set(self.commits)):
            current = self.checkpoint(base)
        for number in range(current.number + 1, wanted + 1):
            for action in self.actions(number):
                current.apply(action, number)
            current.number = number
        return current

    def actions(self, version: int) -> list[dict[str, Any]]:
        """Return the actions of a commit; raises Unreadable."""
        path = self.commit(version)
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise Unreadable(version, path, f"commit {version} cannot be read: {error.strerror}") from error
        if not lines:
            raise Unreadable(version, path, f"commit {version} is empty", 0)
        found, offset = [], 0
        for line in lines:
            try:
                action = json.loads(line)
                Version().apply(action, version)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise Unreadable(version, path, f"commit {version} is malformed: {error}", offset) from error
            found.append(action)
            offset += len(line)
        return found

    def checkpoint(self, version: int) -> Version:
        """Return the version that a checkpoint holds; raises Unreadable."""
        current = Version(version)
        for path in sorted(self._log.glob(f"{version:020d}.checkpoint*.parquet")):
            try:
                for action in parquet.read_table(path, columns=["add", "txn"]).to_pylist():
                    current.apply(action, version)
            except (OSError, ArrowException, KeyError, TypeError, ValueError) as error:
                raise Unreadable(version, path, f"checkpoint {version} cannot be read: {error}") from error
        return current


def _data_file(add: Mapping[str, Any], version: int) -> DataFile:
    stats = json.loads(add.get("stats") or "{}")
    partition = add["partitionValues"] or {}
    return DataFile(
        unquote(add["path"]),
        int(add["size"]),
        stats.get("numRecords"),
        stats.get("minValues") or {},
        stats.get("maxValues") or {},
        dict(partition),
        version,
    )
