"""`otel-cert components`: what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import format_option
from otel_cert.cli._output import emit

if TYPE_CHECKING:
    from otel_cert.registry import Entry, Registry

COLUMNS = ("type", "kind", "stability", "signals", "doc", "provided_by")
MACHINE_COLUMNS = (*COLUMNS, "reads", "writes", "settings")


@click.command()
@format_option
@click.pass_context
def command(ctx: click.Context, output_format: str) -> None:
    """List the installed receivers, processors and exporters."""
    from otel_cert.registry import Registry

    registry = ctx.obj or Registry.installed()
    columns = MACHINE_COLUMNS if output_format == "json" else COLUMNS
    emit(columns, [_row(entry, registry)[: len(columns)] for entry in registry.entries()], output_format)


def _row(entry: Entry, registry: Registry) -> tuple[object, ...]:
    """Return one row of MACHINE_COLUMNS; a component that cannot be loaded says so instead of hiding the others."""
    from otel_cert.errors import OtelCertError

    kind = entry.kind.removesuffix("s")
    try:
        factory = registry.factory(entry.kind, entry.type)
    except OtelCertError as error:
        return entry.type, kind, None, None, error.message, entry.provider, None, None, None
    shown = entry.type, kind, factory.stability.value, ", ".join(factory.signals), factory.doc, entry.provider
    writes = [table.name for table in factory.writes]
    return *shown, list(factory.reads), writes, factory.config.model_json_schema()
