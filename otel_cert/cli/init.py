"""`otel-cert init`: a configuration to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from otel_cert.registry import Registry


@click.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default="otel-cert.yaml")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.pass_obj
def command(registry: Registry | None, path: Path, force: bool) -> None:
    """Write a commented configuration file.

    PATH is otel-cert.yaml when not given.
    """
    from otel_cert.config.loader import load
    from otel_cert.config.text import commented_yaml
    from otel_cert.registry import Registry

    registry = registry or Registry.installed()
    text = commented_yaml(load(None, registry), registry)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists", hint="give another PATH, or --force to replace it") from error
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    click.echo(f"wrote {path}; check it with `otel-cert validate {path}`", err=True)
