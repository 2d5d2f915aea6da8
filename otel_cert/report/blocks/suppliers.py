"""Models of other providers that the traces show, each with what its provider gave."""

from __future__ import annotations

from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.model import Block


def suppliers(context: Context) -> tuple[Block, ...]:
    """Return what was seen."""
    return shown(context, "supply_chain")
