"""`otel-cert init`: a configuration to start from, or the declarations of a system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from otel_cert.registry import Registry


@click.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default="otel-cert.yaml")
@click.option(
    "--system",
    type=click.Path(dir_okay=False, path_type=Path),
    is_flag=False,
    flag_value=Path("system.yaml"),
    metavar="[FILE]",
    help="Write what an organisation declares about its AI system instead, and its JSON schema. [default: system.yaml]",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.pass_obj
def command(registry: Registry | None, path: Path, system: Path | None, force: bool) -> None:
    """Write a commented configuration file, or the declarations for `otel-cert report`.

    PATH is otel-cert.yaml when not given.
    """
    if system is not None:
        _write_system(system, force)
        return
    from otel_cert.config.loader import load
    from otel_cert.config.text import commented_yaml
    from otel_cert.registry import Registry

    registry = registry or Registry.installed()
    _write(path, commented_yaml(load(None, registry), registry), force)
    click.echo(f"wrote {path}; check it with `otel-cert validate {path}`", err=True)


def _write_system(path: Path, force: bool) -> None:
    from otel_cert.report.template import commented, schema

    schema_file = path.with_suffix(".schema.json")
    _write(path, commented(schema_file.name), force)
    _write(schema_file, schema(), force=True)  # made from the program, never by hand
    click.echo(f"wrote {path} and {schema_file}; use it with `otel-cert report --system {path} --output DIR`", err=True)


def _write(path: Path, text: str, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists", hint="give another PATH, or --force to replace it") from error
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
