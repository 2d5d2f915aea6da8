"""A disk that forgets what was not synced: recorded by the preloaded shim, made real after a power cut.

What is certain: a name that was in its folder when the folder was synced, and a file's content when the file was. All else
may be there or not, file by file and name by name; the `Fate` of a cut decides.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Entries = dict[str, tuple[bool, str]]
"""Name -> (is a folder, identity)."""


@dataclass(frozen=True)
class Shadow:
    """What the shim recorded."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Shadow:
        for name in ("files", "folders", "locks"):
            (folder / name).mkdir(parents=True)
        return cls(folder)

    @property
    def root(self) -> str:
        """The identity of the recorded root."""
        return str((self.folder / "root").readlink())

    def entries(self, identity: str) -> Entries:
        """Return a folder's entries; none when it was never synced."""
        path = self.folder / "folders" / identity
        lines = path.read_text().splitlines() if path.exists() else []
        fields = (line.split(" ", 2) for line in lines)
        return {name: (kind == "d", found) for kind, found, name in fields}

    def content(self, identity: str) -> bytes | None:
        """Return a file's content; None when it was never synced."""
        path = self.folder / "files" / identity
        return path.read_bytes() if path.exists() else None


@dataclass
class Fate:
    """What becomes of each unsynced thing: in the strict one nothing of it stays, else chance decides."""

    chance: random.Random | None
    counts: dict[str, int] = field(default_factory=dict)

    def stays(self, what: str) -> bool:
        """Return whether an unsynced change of a folder reached the disk."""
        stays = self.chance is not None and self.chance.random() < 0.5
        self._count(f"{what} {'kept' if stays else 'dropped'}")
        return stays

    def content(self, durable: bytes | None, current: bytes | None) -> bytes:
        """Return what a file holds after the cut."""
        if current is None or durable == current:
            return durable or b""
        way = self.chance.choice(("dropped", "empty", "torn", "holes", "whole")) if self.chance else "dropped"
        synced = durable or b""
        if way in ("empty", "torn", "holes") and current[: len(synced)] != synced:
            way = "dropped"  # rewritten in place: old or new
        self._count(f"content {way}")
        match way:
            case "torn":
                return current[: self.chance.randint(len(synced), len(current))]
            case "holes":  # the size reached the disk, some blocks did not
                kept = self.chance.randint(len(synced), len(current))
                return current[:kept] + bytes(len(current) - kept)
            case "whole":
                return current
        return synced

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


class Disk:
    """A place on this disk whose durability is recorded while processes with `environment` write to it."""

    def __init__(self, shim: Path, place: Path, shadow: Path) -> None:
        self._shim, self._place, self._folder = shim, place, shadow
        self.durable = self._record("durable")

    @property
    def environment(self) -> Mapping[str, str]:
        """For the processes that write."""
        return self._environment(self.durable)

    def cut(self, target: Path, fate: Fate) -> None:
        """Write to `target` what a power cut leaves of the place; nothing may be writing any more."""
        current = self._record(f"current-{target.name}")
        _folder(self.durable, current, current.root, target, fate)
        shutil.rmtree(current.folder)

    def _record(self, name: str) -> Shadow:
        """Return a recording in which all that is there now was synced."""
        shadow = Shadow.create(self._folder / name)
        paths = b"\0".join(bytes(p) for p in (self._place, *self._place.rglob("*")))
        environment = {"PATH": "/usr/bin:/bin", **self._environment(shadow)}
        subprocess.run(["xargs", "-0", "sync"], input=paths, env=environment, check=True, timeout=300)
        return shadow

    def _environment(self, shadow: Shadow) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(self._shim),
            "OTEL_CERT_POWER_ROOT": str(self._place),
            "OTEL_CERT_POWER_SHADOW": str(shadow.folder),
        }


def _folder(durable: Shadow, current: Shadow, identity: str, target: Path, fate: Fate) -> None:
    target.mkdir(mode=0o700)
    for name, (is_folder, found) in _survivors(durable.entries(identity), current.entries(identity), fate).items():
        if is_folder:
            _folder(durable, current, found, target / name, fate)
        else:
            (target / name).write_bytes(fate.content(durable.content(found), current.content(found)))
            (target / name).chmod(0o600)


def _survivors(before: Entries, after: Entries, fate: Fate) -> Entries:
    """Return a folder's entries after the cut; a file that was renamed has its old or its new name."""
    names = {identity: name for name, (_, identity) in before.items()}
    left = dict(before)
    for name, entry in after.items():
        if before.get(name) == entry:
            continue
        renamed = names.get(entry[1])
        if fate.stays("rename" if renamed or name in before else "new name"):
            left[name] = entry
            if renamed and renamed not in after:
                left.pop(renamed, None)
    moved = {identity for _, identity in after.values()}
    for name, (_, identity) in before.items():
        if name not in after and identity not in moved and name in left and fate.stays("removal"):
            del left[name]
    return left
