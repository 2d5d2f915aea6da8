"""Checks a frozen incident: every byte against the manifest, and the manifest against a hash that was kept elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from otel_cert.report.freeze.manifest import NAME, Manifest, read
from otel_cert.store.freezes import freezes
from otel_cert.store.layout import Layout


def problems(folder: Path, incident: str, kept: Layout | str) -> list[str]:
    """Return what does not hold of the frozen `incident` in a folder; empty = all of it does.

    Args:
        folder: what `write.freeze` made.
        incident: its id.
        kept: SHA-256 of the manifest, as the incident record has it; or the data directory, which remembers it.

    Raises:
        NotFound: there is no frozen incident in the folder.
        OtelCertError: its manifest, or what the data directory remembers, cannot be read.

    """
    return list(_problems(folder, incident, kept))


def _problems(folder: Path, incident: str, kept: Layout | str) -> Iterator[str]:
    manifest = read(folder)
    if manifest.incident != incident:
        yield f"it is of incident {manifest.incident!r}"
    if _digest(folder / NAME) not in _expected(manifest, kept):
        yield f"{NAME}: its SHA-256 is not the one that was kept: the file was changed, or is of another freeze"
    for table in manifest.tables.values():
        if not (folder / table.file).is_file():
            yield f"{table.file}: the file is gone"
        elif _digest(folder / table.file) != table.sha256:
            yield f"{table.file}: its SHA-256 is not that of the manifest: the file was changed"
    known = {NAME, *(table.file for table in manifest.tables.values())}
    yield from (
        f"{path.name}: the manifest does not name it" for path in sorted(folder.iterdir()) if path.name not in known
    )


def _expected(manifest: Manifest, kept: Layout | str) -> set[str]:
    if isinstance(kept, str):
        return {kept.strip().lower()}
    return {one.manifest_sha256 for one in freezes(kept, manifest.system, manifest.incident)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
