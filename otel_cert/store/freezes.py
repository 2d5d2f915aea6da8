"""Which freezes of incidents were made: the hash of each is kept here, apart from the folder that it is of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from otel_cert.errors import OtelCertError
from otel_cert.store.files import lock, make_folder, write_bytes
from otel_cert.store.layout import Layout

_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Freeze:
    """One copy of the records of an incident."""

    system: str
    """Name of the AI system, of which one data directory may hold several."""
    incident: str
    """Its id in `system.yaml`."""
    time: str
    """When the copy was made, ISO 8601, UTC: this machine's clock."""
    snapshot: int
    traces: int
    rows: int
    """Of all tables."""
    manifest_sha256: str
    """Digest of `manifest.json`, which holds the digest of every other file."""


def remember(layout: Layout, freeze: Freeze) -> None:
    """Append a freeze, durably; raises OtelCertError when what was kept so far cannot be read."""
    make_folder(layout.freezes.parent)
    with lock(layout.lock("freezes"), "freezes of incidents", wait_s=_WAIT_S):
        # In one step, so that no crash leaves half a line.
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in (*freezes(layout), freeze)]
        write_bytes(layout.freezes, "".join(f"{line}\n" for line in lines).encode())


def freezes(layout: Layout, system: str | None = None, incident: str | None = None) -> list[Freeze]:
    """Return the freezes, the oldest first: all, or those of a system, or of one of its incidents.

    Raises:
        OtelCertError: they cannot be read.

    """
    try:
        lines = layout.freezes.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    try:
        found = [Freeze(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise OtelCertError(f"{layout.freezes}: {error}", hint="bring the file back from a backup") from error
    return [one for one in found if system in (None, one.system) and incident in (None, one.incident)]
