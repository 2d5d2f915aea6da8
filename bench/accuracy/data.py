"""The benchmark rows: answers with contexts and labels, one JSON object per line, a file per source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OPEN = ("squad_", "xquad_", "wice", "summedits_", "bump", "begin_", "halueval_", "numeric_")
"""Sources, by their beginning, under licences that allow to fit constants on them: nothing else is ever fitted on."""
CONSTRUCTED = ("squad_", "xquad_", "numeric_")
"""Sources whose wrong answers were made by a rule; the others are answers that people or models wrote."""
GROUPS = {
    "AttributionBench": "attr_",
    "BEGIN": "begin_",
    "QAGS": "qags_",
    "SummEdits": "summedits_",
    "XQuAD": "xquad_",
}
"""Sources that are also shown as one mean."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """An answer with its context."""

    id: str
    source: str
    doc: str
    """The document: rows of one are drawn, and left out, together."""
    answer: str
    context: str
    question: str | None
    label: bool
    """Whether the context supports the whole answer."""
    spans: tuple[tuple[int, int], ...]
    """Characters that it does not support, where people marked them."""

    @property
    def fold(self) -> int:
        """Return which part of the documents it is in, 0 to 4."""
        return int(hashlib.sha256(self.doc.encode()).hexdigest(), 16) % FOLDS


def read(path: Path) -> list[Row]:
    """Return the rows of a file, those of one context next to each other."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    found = [
        Row(
            row["id"], row["source"], str(row["doc"]), row["answer"], row["context"], row.get("question") or None,
            bool(row["label"]), tuple((span[0], span[1]) for span in row.get("spans") or ()),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.context, row.id))


def files(folder: Path, only: Sequence[str] = ()) -> Iterator[Path]:
    """Yield the files of a folder; `only` keeps those whose names begin so."""
    for path in sorted(folder.glob("*.jsonl")):
        if not only or path.stem.startswith(tuple(only)):
            yield path
