"""`otel-cert print-config`: what would run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option

if TYPE_CHECKING:
    from otel_cert.registry import Registry


@click.command()
@config_option
@click.pass_obj
def command(registry: Registry | None, config: Path | None) -> None:
    """Print the effective configuration, secrets masked."""
    from otel_cert.config.loader import load
    from otel_cert.config.text import effective_yaml

    click.echo(effective_yaml(load(config, registry)), nl=False)
