"""Reading the small JSON files: progress, snapshots, pins, evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otel_cert.verify.result import Check

_OTHERS = ("state/*.json", "evidence/*.json", "forward/*/*.json", "metrics/*.json")
_RESTORE = "restore the file from a backup; keep a copy of the data directory before anything else"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Table versions that were published together; `files` only where a report pinned it."""

    number: int
    created_unix_ns: int
    tables: dict[str, int]
    sealed: dict[str, int]
    files: dict[str, list[str]] | None


@dataclass(slots=True)
class State:
    """What the store says of itself."""

    sealed: dict[str, int] = field(default_factory=dict)
    """Per receiver, the sequence up to which everything is in tables."""
    durable: dict[str, int] = field(default_factory=dict)
    """Per table, the version up to which everything was synced."""
    snapshots: list[Snapshot] = field(default_factory=list)
    """Ascending."""
    pins: list[Snapshot] = field(default_factory=list)

    @property
    def newest(self) -> Snapshot | None:
        """The snapshot that readers open now."""
        return self.snapshots[-1] if self.snapshots else None


def read(root: Path, check: Check) -> State:
    """Return the state; what is broken is a finding of `check` and left out."""
    state = State()
    sealed = _json(root, root / "state" / "sealed.json", check)
    if sealed is not None:
        state.sealed, state.durable = dict(sealed.get("receivers", {})), dict(sealed.get("tables", {}))
    for name in ("analysed", "scored"):
        state.durable |= _json(root, root / "state" / f"{name}.json", check) or {}
    state.snapshots = sorted(_snapshots(root, "snapshots", check), key=lambda s: s.number)
    state.pins = sorted(_snapshots(root, "pins", check), key=lambda s: s.number)
    for path in sorted(p for pattern in _OTHERS for p in root.glob(pattern)):
        if path.stem not in ("sealed", "analysed", "scored"):
            _any_json(root, path, check)
    if any(s.sealed for s in state.snapshots) and not (root / "state" / "sealed.json").exists():
        check.fail("state/sealed.json", "is missing, although snapshots say how far receivers are sealed", _RESTORE)
    return state


def check_order(state: State, check: Check) -> None:
    """Check that snapshots only go forward; the clock may not, so that is a note."""
    check.looked_at += len(state.snapshots)
    for before, after in zip(state.snapshots, state.snapshots[1:], strict=False):
        name = f"snapshots/{after.number}.json"
        back = [t for t, v in before.tables.items() if after.tables.get(t, -1) < v]
        back += [r for r, sequence in before.sealed.items() if after.sealed.get(r, -1) < sequence]
        if back:
            check.fail(
                name,
                f"goes back behind snapshot {before.number} in {', '.join(back)}",
                "compare it with its predecessor; readers of the newest snapshot miss rows",
            )
        if after.created_unix_ns < before.created_unix_ns:
            check.note(name, f"is older than its predecessor {before.number}: the clock was set back")


def _snapshots(root: Path, folder: str, check: Check) -> Iterator[Snapshot]:
    for path in (root / folder).glob("[0-9]*.json"):
        content = _json(root, path, check)
        if content is None:
            continue
        try:
            snapshot = Snapshot(
                int(content["number"]),
                int(content["created_unix_ns"]),
                dict(content["tables"]),
                dict(content["sealed"]),
                content.get("files"),
            )
        except (KeyError, TypeError, ValueError) as error:
            check.fail(f"{folder}/{path.name}", f"is no snapshot: {error!r}", _RESTORE)
            continue
        if str(snapshot.number) != path.stem:
            check.fail(f"{folder}/{path.name}", f"says that it is snapshot {snapshot.number}", _RESTORE)
        yield snapshot


def _json(root: Path, path: Path, check: Check) -> dict[str, Any] | None:
    """Return the object in a file, or None when there is none (a running service may have retired it)."""
    content = _any_json(root, path, check)
    if content is not None and not isinstance(content, dict):
        check.fail(str(path.relative_to(root)), "is no JSON object", _RESTORE)
        return None
    return content


def _any_json(root: Path, path: Path, check: Check) -> Any:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    check.looked_at += 1
    try:
        return json.loads(text)
    except ValueError as error:
        where = error.pos if isinstance(error, json.JSONDecodeError) else None
        check.fail(str(path.relative_to(root)), f"is no JSON: {error}", _RESTORE, offset=where)
        return None
