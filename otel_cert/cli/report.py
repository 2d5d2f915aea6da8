"""`otel-cert report`: the monitoring report of a window."""

from __future__ import annotations

from pathlib import Path

import click

from otel_cert.cli._options import data_dir_option, window_options


def _named(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("a name cannot be empty")
    return value


@click.command()
@click.option("--system-name", callback=_named, required=True, help="Name of the AI system that the report is about.")
@click.option("--provider", callback=_named, required=True, help="Name of the system's provider.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to.")
@click.option("--format", "formats", default="docx,html", show_default=True, help="Document formats, comma-separated.")
@window_options
@data_dir_option
def command(
    system_name: str,
    provider: str,
    output: Path,
    formats: str,
    since_ns: int | None,
    until_ns: int | None,
    data_dir: Path,
) -> None:
    """Write a monitoring report of a window; print the paths of the files.

    The report is a draft: figures are measured, each with its n and an evidence id for `otel-cert evidence`; their
    assessment is left to a named person.
    """
    from otel_cert.exporters.report import RENDERERS, ReportExporter, ReportSettings
    from otel_cert.store.layout import Layout

    chosen = tuple(dict.fromkeys(part.strip() for part in formats.split(",")))
    if unknown := [part for part in chosen if part not in RENDERERS]:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(RENDERERS)}", param_hint="--format")
    settings = ReportSettings.model_validate(
        {"system_name": system_name, "provider": provider, "output": output, "formats": chosen}
    )
    written = ReportExporter(settings).export(Layout.open(data_dir), since_ns=since_ns, until_ns=until_ns)
    for path in written.paths:
        click.echo(path)
    click.echo(
        f"{written.calls:,} calls, snapshot {written.snapshot}, {len(written.evidence_ids)} evidence ids;"
        f" list them with: otel-cert evidence --data-dir {data_dir}",
        err=True,
    )
