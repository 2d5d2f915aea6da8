"""`otel-cert demo`."""

from __future__ import annotations

from pathlib import Path

import click

_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.command(short_help="Run a small GenAI application and report on it, offline.")
@click.option("--data-dir", type=_DIRECTORY, help="Where the data goes. [default: OUTPUT/data]")
@click.option("--output", type=_DIRECTORY, default="otel-cert-demo", show_default=True, help="Where the documents go.")
@click.option("--keep", is_flag=True, help="Add to the data of earlier demos instead of replacing it.")
def command(data_dir: Path | None, output: Path, keep: bool) -> None:
    """Run a small GenAI application against a scripted model, observe it and write its documents: offline, without keys."""
    from otel_cert.demo.run import Demo

    Demo(data_dir or output / "data", output, lambda line: click.echo(line, err=True)).run(keep=keep)
