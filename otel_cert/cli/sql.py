"""`otel-cert sql`: ask the tables."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from otel_cert.cli._options import TimeType, data_dir_option, format_option


@click.command()
@click.argument("statement", required=False)
@data_dir_option
@format_option
@click.option("--snapshot", type=int, help="Read this snapshot. [default: the newest]")
@click.option(
    "--as-of", "as_of_ns", type=TimeType(), help="Read the newest snapshot published by then: 2h, 2026-11-01T10:00Z."
)
@click.option("--fresh", is_flag=True, help="Also read what is acknowledged but not sealed yet.")
def command(
    statement: str | None, data_dir: Path, output_format: str, snapshot: int | None, as_of_ns: int | None, fresh: bool
) -> None:
    """Run SQL (DuckDB) over every table, read-only; without a statement, open a shell or read it from a pipe.

    Tables are listed by SHOW TABLES, columns by DESCRIBE spans.
    """
    from otel_cert.cli._shell import Shell
    from otel_cert.cli._statements import run

    options = {"snapshot": snapshot, "as_of_ns": as_of_ns, "fresh": fresh}
    if statement is None and sys.stdin.isatty():
        Shell(data_dir, output_format, **options).run()  # type: ignore[arg-type]
    else:
        run(data_dir, statement if statement is not None else sys.stdin.read(), output_format, **options)  # type: ignore[arg-type]
