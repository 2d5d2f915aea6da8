"""Fits the weights and the threshold of the method `aligned`, chooses those of the presets, and writes both files.

python bench/accuracy/fit.py DATA [--cache FOLDER] [--write]

DATA is a folder of benchmark rows (see `data.py`); only sources under open licences are used. Without --write the weights
are shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml
from data import OPEN, files
from fitting import cut, fit, held_out, sums, totals
from presets import presets
from scored import Scored, score_all

_PACKAGE = Path(__file__).resolve().parents[2] / "otel_cert" / "measures" / "accuracy"
_WEIGHTS = """\
# What turns the features of the method `aligned` into one number. Made by `bench/accuracy/fit.py`; not edited by hand.
# A coefficient is what a feature adds to the sum per unit; `features.py` says what each one is.
"""
_PRESETS = """\
# Thresholds by kind of use and method. Made by `bench/accuracy/fit.py` on answers under open licences; `labels` is a
# digest of them. docs/evaluate.md says how to choose one on your own answers.
"""


@click.command()
@click.argument("folder", metavar="DATA", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--cache", default=Path("bench-accuracy-cache"), show_default=True, type=click.Path(path_type=Path))
@click.option("--processes", default=2, show_default=True, help="Of this machine.")
@click.option("--write", is_flag=True, help="Replace the file in the package.")
def main(folder: Path, cache: Path, processes: int, write: bool) -> None:
    """Fit the weights."""
    rows = score_all(list(files(folder, OPEN)), cache, processes)
    fitted = weights(rows)
    chosen = presets(rows, sums(rows, held_out(rows)), float(fitted["intercept"]))
    for file, head, content in (("weights.yaml", _WEIGHTS, fitted), ("presets.yaml", _PRESETS, chosen)):
        text = head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
        if write:
            (_PACKAGE / file).write_text(text, encoding="utf-8")
        click.echo(f"---\n{text}")


def weights(rows: list[Scored]) -> dict[str, Any]:
    """Return what the file says; at the threshold 0.5 the balanced accuracy, mean of all sources, is greatest."""
    fitted = {name: round(value, 4) for name, value in fit(rows).items()}
    best, reached = cut(rows, totals(rows, fitted))
    names = sorted({row.row.source for row in rows})
    return {
        "fitted_on": f"{len(rows):,} answers of {', '.join(names)}",
        "intercept": round(-best, 4),
        "coefficients": fitted,
        "threshold": {
            "value": 0.5,
            "chosen_on": f"the greatest balanced accuracy, {reached:.3f}, mean of {len(names)} sources it was fitted on",
        },
    }


if __name__ == "__main__":
    main()
