"""What is declared beside what was observed."""

from __future__ import annotations

from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.model import Block


def declared_observed(context: Context) -> tuple[Block, ...]:
    """Return what was observed."""
    return shown(context, "use_cases_seen")
