"""What each method says of each row, kept in a folder: reading a document takes a thousand times as long as weighing it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from data import Row, read

from otel_cert.measures.accuracy.aligned import Aligned
from otel_cert.measures.accuracy.claims import beyond
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.seed import Seed

_DISK = 8 << 30
_WEIGHING = ("model", "measure", "presets", "result", "marks", "calibrated", "judge", "nli", "chat", "labels")
"""Files of the package that do not change what is measured."""


@dataclass(frozen=True)
class Scored:
    """A row with what was measured of it."""

    row: Row
    seed: float
    """The confidence of the method `seed`; 0 where it has none."""
    whole: Mapping[str, float] | None
    """Features of the answer; None = the method `aligned` has no score."""
    parts: Sequence[Mapping[str, float]]
    """Features of its sentences."""
    spans: Sequence[tuple[int, int]]
    """Characters of these sentences."""
    reasons: Sequence[Sequence[tuple[str, int, int]]]
    """What the rules found in each: kind and characters."""
    beyond: Sequence[int]
    """Where each begins to say more than its evidence; its start where it has none."""


def score(path: Path, cache: Path) -> list[Scored]:
    """Return the rows of a file with what was measured, from the cache where it is known."""
    kept = cache / f"{path.stem}-{_key(path)}.jsonl"
    rows = read(path)
    if not kept.exists():
        part = kept.with_suffix(f".{os.getpid()}")
        with part.open("w", encoding="utf-8") as file:
            for found in _measured(rows, cache):
                file.write(json.dumps(found) + "\n")
        part.rename(kept)
    known = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    return [Scored(row, **found) for row, found in zip(rows, known, strict=True)]


def score_all(paths: Sequence[Path], cache: Path, processes: int) -> list[Scored]:
    """Return all rows of all files; each process takes one file after the other, the largest first."""
    cache.mkdir(parents=True, exist_ok=True)
    by_size = sorted(paths, key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(processes) as pool:
        jobs = {path: pool.submit(score, path, cache) for path in by_size}
        found = []
        for path in paths:
            found += jobs[path].result()
            click.echo(f"{path.stem}: measured", err=True)
    return found


def _measured(rows: Sequence[Row], cache: Path) -> Any:
    vectors = cache / "vectors"
    aligned, seed = Aligned(cache=_DISK, cache_dir=vectors), Seed(cache=_DISK, cache_dir=vectors)
    for row in rows:
        found: dict[str, Any] = {"seed": 0.0, "whole": None, "parts": [], "spans": [], "reasons": [], "beyond": []}
        try:
            found["seed"] = seed.score(row.answer, [row.context]).confidence
            compared = aligned.compare(row.answer, [row.context], row.question)
        except NotScored:
            yield found
            continue
        found["whole"] = dict(compared.whole)
        found["parts"] = [dict(part.features) for part in compared.parts]
        found["spans"] = [(part.sentence.start, part.sentence.end) for part in compared.parts]
        found["reasons"] = [[(one.kind, one.start, one.end) for one in part.findings] for part in compared.parts]
        found["beyond"] = [beyond(compared, part) or part.sentence.start for part in compared.parts]
        yield found


def _key(path: Path) -> str:
    """Return a digest of the rows and of all code that measures them; the weights are no part of it."""
    import otel_cert.measures.accuracy as package

    digest = hashlib.sha256(path.read_bytes())
    folder = Path(package.__file__).parent
    for file in sorted([*folder.rglob("*.py"), *(folder / "rules").rglob("*.yaml")]):
        if file.stem not in _WEIGHING:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
