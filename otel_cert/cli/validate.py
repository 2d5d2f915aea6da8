"""`otel-cert validate`: check configuration files without side effects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import format_option
from otel_cert.cli._output import emit
from otel_cert.errors import ConfigError

if TYPE_CHECKING:
    from otel_cert.config.loader import Checked
    from otel_cert.registry import Registry

COLUMNS = ("file", "severity", "line", "path", "message", "valid", "closest")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@format_option
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...], output_format: str) -> None:
    """Check configuration files; print every error at once."""
    from otel_cert.registry import Registry

    registry = ctx.obj or Registry.installed()
    checked = {file: _check(file, registry) for file in files}
    if output_format == "table":
        for file, result in checked.items():
            _tell(file, result)
    else:
        emit(COLUMNS, [row for file, result in checked.items() for row in _rows(file, result)], output_format)
    if any(result.problems for result in checked.values()):
        ctx.exit(ConfigError.exit_code)


def _check(file: Path, registry: Registry) -> Checked:
    from otel_cert.config.loader import Checked, check, read_text

    try:
        return check(read_text(file), registry)
    except ConfigError as error:
        return Checked(None, error.problems, ())


def _tell(file: Path, result: Checked) -> None:
    for severity, problems in (("error", result.problems), ("warning", result.warnings)):
        for problem in problems:
            click.echo(f"{file}: {severity}: {problem}")
    if result.config:
        click.echo(f"{file}: ok")


def _rows(file: Path, result: Checked) -> list[tuple[object, ...]]:
    return [
        (str(file), severity, p.line, p.path, p.message, list(p.valid), p.closest)
        for severity, problems in (("error", result.problems), ("warning", result.warnings))
        for p in problems
    ]
