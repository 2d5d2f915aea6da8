"""People's labels as they were brought in: one file per import, which is never changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.store.files import read_json
from otel_cert.store.layout import Layout


@dataclass(frozen=True, slots=True)
class Batch:
    """The labels of one import; it is never changed."""

    time: str
    """When it came in, ISO 8601, UTC."""
    rater: str
    """Who labelled."""
    guideline: str
    """What the rater was told to do."""
    guideline_sha256: str
    source: str
    """Name of the file."""
    source_sha256: str | None
    rows: list[dict[str, Any]]
    """Labelled answers, as `export` gives them."""
    sha256: str = ""
    """Hash of all of the above."""

    def hashed(self) -> str:
        """Return the hash that the batch should have."""
        fields = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def batches(layout: Layout) -> list[Batch]:
    """Return every import, the oldest first; raises OtelCertError when one was changed."""
    found = []
    for path in sorted(layout.labels.glob("*.json")):
        try:
            batch = Batch(**read_json(path))
        except (ValueError, TypeError) as error:
            raise OtelCertError(f"{path} holds no labels: {error}", hint="bring it back from a backup") from error
        if batch.sha256 != batch.hashed():
            raise OtelCertError(f"{path} was changed after it was made", hint="bring it back from a backup")
        found.append(batch)
    return found


def votes(found: Sequence[Batch]) -> dict[str | int, dict[str, dict[str, Any]]]:
    """Return id -> rater -> row; who labelled an answer again meant the later label.

    CSV knows no numbers: 7 of one import and "7" of another are one answer, unless an import has both.
    """
    given: dict[str | int, dict[str, dict[str, Any]]] = {}
    known: dict[str, str | int] = {}
    for batch in found:
        alike = Counter(str(row["id"]) for row in batch.rows)
        for row in batch.rows:
            text = str(row["id"])
            id_ = known.setdefault(text, row["id"]) if alike[text] == 1 and row["id"] not in given else row["id"]
            given.setdefault(id_, {})[batch.rater] = row
    return given


def majority(said: Mapping[str, int]) -> int | None:
    """Return the label of most raters; None where they are split evenly."""
    count = Counter(said.values())
    return None if count[0] == count[1] else int(count[1] > count[0])
