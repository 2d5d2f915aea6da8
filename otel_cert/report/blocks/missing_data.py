"""What calls lack: for each field, in how many it is known, unknown and not applicable."""

from __future__ import annotations

from otel_cert.questions import COVERAGE
from otel_cert.report import tables
from otel_cert.report.context import Context
from otel_cert.report.model import Block

NOTE = "Known, unknown and not applicable add up to n in every row. Estimates count as unknown."


def missing_data(context: Context) -> tuple[Block, ...]:
    """Return the table of what is known and unknown."""
    return (tables.table("What is known of the calls", context.ask(COVERAGE), tables.coverage(), NOTE),)
