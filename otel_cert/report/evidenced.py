"""What is measured of a kind of evidence, built once per set."""

from __future__ import annotations

from otel_cert.report.context import Context
from otel_cert.report.measured import measured
from otel_cert.report.model import Block, Chart, Figures, Source, Table


def shown(context: Context, kind: str) -> tuple[Block, ...]:
    """Return the blocks of one kind of evidence."""
    if kind not in context.made:
        context.made[kind] = measured(context, kind)
    return context.made[kind]


def evidenced(context: Context, kind: str) -> bool:
    """Return whether there is something of this kind: figures, or a list of what was declared or registered."""
    return any(isinstance(block, Figures | Table | Chart) for block in shown(context, kind))


def sources(block: Block) -> tuple[Source, ...]:
    """Return what the measured parts of a block rest on."""
    if isinstance(block, Figures):
        return tuple(figure.source for figure in block.items)
    if isinstance(block, Table | Chart) and block.source is not None:
        return (block.source,)
    return ()
