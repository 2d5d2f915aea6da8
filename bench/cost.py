"""Measures what asking for money costs; README.md beside this file explains.

python bench/cost.py --queries [--calls 10M] [--rounds 5] [--format json]
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from cost_queries import measure_costs
from figures import Figures, machine, show


@click.command()
@click.option("--queries", is_flag=True, help="Measure `otel-cert costs` against bare DuckDB over the same files.")
@click.option("--calls", type=int, default=10_000_000, show_default=True, help="Stored calls.")
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(queries: bool, calls: int, rounds: int, seed: int, folder: Path, format_: str) -> None:
    """Measure what is asked for, and print every figure."""
    figures, host = Figures(), machine(folder)
    if queries:
        measure_costs(figures, seed, calls, rounds, folder)
    click.echo(show(host, {"calls": calls, "rounds": rounds, "seed": seed}, figures, format_))


if __name__ == "__main__":
    main()
