"""Evaluates every method on labelled answers, and writes the table.

python bench/accuracy/run.py DATA [--cache FOLDER] [--only NAME ...] [--write] [--format json]

DATA is a folder of benchmark rows (see `data.py`); it is not part of the project. No figure is of documents that anything
was fitted or chosen on: `aligned` is fitted five times, each time without a fifth of the documents, and that fifth is
reported; sources that are not under open licences are never fitted on. Thresholds come from the other four fifths.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
from ablation import ablation
from claim import claim
from data import files
from fitting import held_out, sums
from marking import marked
from metrics import Reached, reached
from scored import Scored, score_all
from tables import results

_RESULTS = Path(__file__).parent / "RESULTS.md"


@click.command()
@click.argument("folder", metavar="DATA", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--cache", default=Path("bench-accuracy-cache"), show_default=True, type=click.Path(path_type=Path))
@click.option("--processes", default=2, show_default=True, help="Of this machine.")
@click.option("--only", multiple=True, help="Sources whose names begin so.")
@click.option("--write", is_flag=True, help="Replace RESULTS.md.")
@click.option("--format", "format_", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
def main(folder: Path, cache: Path, processes: int, only: tuple[str, ...], write: bool, format_: str) -> None:
    """Evaluate the methods."""
    rows = score_all(list(files(folder, only)), cache, processes)
    weights = held_out(rows)
    scores = sums(rows, weights)
    found = {
        "seed": table(rows, np.array([row.seed for row in rows]), None),
        "aligned": table(rows, scores, marked(rows, scores, weights)),
        "shorter is better": table(rows, -np.array([len(row.row.answer) for row in rows], float), None),
        "copied": table(rows, np.array([row.whole["runs"] if row.whole else 0.0 for row in rows]), None),
    }
    text = results(found, claim(rows), ablation(rows, scores))
    if write:
        _RESULTS.write_text(text, encoding="utf-8")
    as_json = {method: {name: asdict(one) for name, one in sources.items()} for method, sources in found.items()}
    click.echo(json.dumps(as_json, indent=1) if format_ == "json" else text)


def table(rows: Sequence[Scored], scores: np.ndarray, marks: Sequence[set[int]] | None) -> Mapping[str, Reached]:
    """Return the figures by source."""
    at: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        at[row.row.source].append(number)
    return {
        source: reached(
            [rows[n] for n in inside], scores[inside], None if marks is None else [marks[n] for n in inside]
        )
        for source, inside in at.items()
    }


if __name__ == "__main__":
    main()
