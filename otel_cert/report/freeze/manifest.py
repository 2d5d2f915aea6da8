"""`manifest.json` of a frozen incident: what the folder holds, of what, and the digest of every file."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from otel_cert.errors import NotFound, OtelCertError

FORMAT = 1
NAME = "manifest.json"
HOLDS = (
    "Copies of stored records, as they were received and as they were computed from them. They may hold texts of prompts and"
    " answers, names and ids of users and other personal data: the columns named as sensitive. Keep the folder as the"
    " records themselves, show it to nobody who may not see them, and delete it when it is no longer needed."
)
LACKS = (
    "What was not stored when the snapshot was published: spans that came later, calls that were not instrumented or that a"
    " sampler dropped. Points of metrics, which belong to no trace."
)


@dataclass(frozen=True)
class Frozen:
    """The records of one table."""

    file: str
    rows: int
    sha256: str
    sensitive: list[str]
    """Columns that may hold personal data or texts."""


@dataclass(frozen=True)
class Manifest:
    """What a frozen incident is."""

    system: str
    """Name of the AI system."""
    incident: str
    """Its id in `system.yaml`."""
    what: str
    created: str
    """ISO 8601, UTC: this machine's clock. It differs between two freezes of the same records."""
    generator: str
    store: str
    """Random id of the data directory."""
    snapshot: int
    snapshot_created: str
    asked_for: dict[str, Any]
    """Trace ids, window and services, as `system.yaml` has them."""
    traces: list[str]
    """Ids of the traces that are here."""
    not_found: list[str]
    """Trace ids that `system.yaml` names and of which nothing is stored."""
    versions: list[dict[str, Any]]
    """Which versions, models, prompts (MD5), tools and parameters the calls used, by service and agent."""
    tables: dict[str, Frozen]
    """Table -> its records; tables without a record are left out."""
    holds: str = HOLDS
    lacks: str = LACKS
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Records of all tables."""
        return sum(one.rows for one in self.tables.values())


def read(folder: Path) -> Manifest:
    """Return the manifest of a folder.

    Raises:
        NotFound: there is none.
        OtelCertError: it is damaged, or of another version of this program.

    """
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}, and this version reads {FORMAT}")
        given = {field.name: content[field.name] for field in fields(Manifest)}
        tables = {name: Frozen(**one) for name, one in content["tables"].items()}
    except FileNotFoundError as error:
        raise NotFound(f"there is no frozen incident in {folder}", hint="otel-cert report freeze makes one") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OtelCertError(f"{path} is no manifest of a frozen incident: {error}") from error
    return Manifest(**{**given, "tables": tables})
