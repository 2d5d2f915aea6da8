"""Measures what money costs: pricing calls, and asking what they cost; README.md beside this file explains.

python bench/cost.py --processor [--calls 5000000]
python bench/cost.py --queries [--calls 10000000] [--rounds 5] [--format json]
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from cost_processor import measure_processor
from cost_queries import measure_costs
from figures import Figures, machine, show


@click.command()
@click.option("--processor", is_flag=True, help="Measure the processor `cost` against a bare hash join.")
@click.option("--queries", is_flag=True, help="Measure `otel-cert costs` against bare DuckDB over the same files.")
@click.option("--calls", type=int, help="Calls. [default: 5,000,000 to price, 10,000,000 to ask about]")
@click.option("--rounds", type=int, default=5, show_default=True, help="Of the questions.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(processor: bool, queries: bool, calls: int | None, rounds: int, seed: int, folder: Path, format_: str) -> None:
    """Measure what is asked for, and print every figure."""
    if not processor and not queries:
        raise click.UsageError("say what to measure: --processor, --queries or both")
    figures, host = Figures(), machine(folder)
    if processor:
        measure_processor(figures, calls or 5_000_000)
    if queries:
        measure_costs(figures, seed, calls or 10_000_000, rounds, folder)
    click.echo(show(host, {"calls": calls or "default", "rounds": rounds, "seed": seed}, figures, format_))


if __name__ == "__main__":
    main()
