"""Checks a frozen incident: every byte against the manifest, and the manifest against what the store remembers of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from otel_cert.report.freeze.manifest import NAME, read
from otel_cert.store.freezes import freezes
from otel_cert.store.layout import Layout


def problems(folder: Path, incident: str, layout: Layout) -> list[str]:
    """Return what does not hold of the frozen `incident` in a folder; empty = all of it does.

    Raises:
        NotFound: there is no frozen incident in the folder.
        OtelCertError: its manifest, or what the store remembers, cannot be read.

    """
    return list(_problems(folder, incident, layout))


def _problems(folder: Path, incident: str, layout: Layout) -> Iterator[str]:
    manifest = read(folder)
    if manifest.incident != incident:
        yield f"it is of incident {manifest.incident!r}"
    if _digest(folder / NAME) not in {
        one.manifest_sha256 for one in freezes(layout, manifest.system, manifest.incident)
    }:
        yield (
            f"{NAME}: the data directory remembers no freeze with this SHA-256: the file was changed, or is of another data"
            " directory"
        )
    for table in manifest.tables.values():
        if not (folder / table.file).is_file():
            yield f"{table.file}: the file is gone"
        elif _digest(folder / table.file) != table.sha256:
            yield f"{table.file}: its SHA-256 is not that of the manifest: the file was changed"
    known = {NAME, *(table.file for table in manifest.tables.values())}
    yield from (
        f"{path.name}: the manifest does not name it" for path in sorted(folder.iterdir()) if path.name not in known
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
