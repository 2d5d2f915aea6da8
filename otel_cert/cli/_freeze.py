"""`otel-cert report freeze`: the records of an incident, copied and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import data_dir_option

if TYPE_CHECKING:
    from otel_cert.store.layout import Layout

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("freeze")
@click.argument("incident")
@click.option("--output", type=_FOLDER, required=True, help="Folder to make; nothing is overwritten.")
@click.option(
    "--system",
    type=click.Path(dir_okay=False, path_type=Path),
    default="system.yaml",
    show_default=True,
    help="Where the incident is declared.",
)
@click.option("--verify", is_flag=True, help="Write nothing: check the folder.")
@click.option("--sha256", metavar="DIGEST", help="Check against this hash, where the data directory is not at hand.")
@data_dir_option
def command(incident: str, output: Path, system: Path, verify: bool, sha256: str | None, data_dir: Path) -> None:
    """Copy the records of an incident's traces into Parquet files with a manifest of their SHA-256, or check the copy.

    INCIDENT is its id in system.yaml, whose `traces`, or `since` and `until`, say what belongs to it. The copy may hold
    texts of prompts and other personal data. The data directory remembers the hash of the manifest, and the incident record
    shows it. With --verify a change of the copy is printed, and the exit code is 3.
    """
    from otel_cert.store.layout import Layout

    if verify:
        _verify(sha256 or Layout.open(data_dir), incident, output)
        return
    if sha256:
        raise click.UsageError("--sha256 says what the folder should have: give --verify, too.")
    from otel_cert.report.declarations import read_system
    from otel_cert.report.freeze.manifest import NAME
    from otel_cert.report.freeze.write import freeze
    from otel_cert.store.freezes import freezes

    layout, declared = Layout.open(data_dir), read_system(system)
    manifest = freeze(layout, declared, declared.incident(incident), output)
    for file in (*(table.file for table in manifest.tables.values()), NAME):
        click.echo(output / file)
    traces = f"{len(manifest.traces):,} {'trace' if len(manifest.traces) == 1 else 'traces'}"
    click.echo(
        f"{traces}, {manifest.rows:,} rows of {len(manifest.tables)} tables, snapshot {manifest.snapshot}", err=True
    )
    click.echo(f"SHA-256 of {NAME}: {freezes(layout, manifest.system, incident)[-1].manifest_sha256}", err=True)
    for id_ in manifest.not_found:
        click.echo(f"nothing is stored of trace {id_}", err=True)


def _verify(kept: Layout | str, incident: str, folder: Path) -> None:
    from otel_cert.errors import CheckFailed
    from otel_cert.report.freeze.verify import problems

    found = problems(folder, incident, kept)
    for line in found:
        click.echo(line)
    if found:
        raise CheckFailed(f"{len(found)} {'problem' if len(found) == 1 else 'problems'} in {folder}")
    click.echo(f"{folder}: every file is as it was frozen", err=True)
