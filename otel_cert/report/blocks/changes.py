"""Detected changes, each awaiting a decision by a person."""

from __future__ import annotations

from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.model import Block


def changes(context: Context) -> tuple[Block, ...]:
    """Return what was detected."""
    return shown(context, "change_log")
