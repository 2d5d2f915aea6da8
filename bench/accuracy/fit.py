"""Fits the weights and the threshold of the method `aligned`, and writes `weights.yaml`.

python bench/accuracy/fit.py DATA [--cache FOLDER] [--write]

DATA is a folder of benchmark rows (see `data.py`); only sources under open licences are used. Without --write the weights
are shown.
"""

from __future__ import annotations

from pathlib import Path

import click
import yaml
from data import OPEN, files
from fitting import cut, fit, totals
from scored import Scored, score_all

_FILE = Path(__file__).resolve().parents[2] / "otel_cert" / "measures" / "accuracy" / "weights.yaml"
_HEAD = """\
# What turns the features of the method `aligned` into one number. Made by `bench/accuracy/fit.py`; not edited by hand.
# A coefficient is what a feature adds to the sum per unit; `features.py` says what each one is.
"""


@click.command()
@click.argument("folder", metavar="DATA", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--cache", default=Path("bench-accuracy-cache"), show_default=True, type=click.Path(path_type=Path))
@click.option("--processes", default=2, show_default=True, help="Of this machine.")
@click.option("--write", is_flag=True, help="Replace the file in the package.")
def main(folder: Path, cache: Path, processes: int, write: bool) -> None:
    """Fit the weights."""
    rows = score_all(list(files(folder, OPEN)), cache, processes)
    text = _HEAD + yaml.safe_dump(weights(rows), sort_keys=False, allow_unicode=True, width=120)
    if write:
        _FILE.write_text(text, encoding="utf-8")
    click.echo(text)


def weights(rows: list[Scored]) -> dict[str, object]:
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
