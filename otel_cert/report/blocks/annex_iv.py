"""Each point of Annex IV with its state, so that a reader of the technical documentation sees at once what is open."""

from __future__ import annotations

from otel_cert.report.blocks.matrix import remark
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, NotApplicable, Table
from otel_cert.report.requirements import field, status

CAPTION = "Points of Annex IV and their state"
_PREFIX = "annex-iv."


def annex_iv(context: Context) -> tuple[Block, ...]:
    """Return the points in the order of the statute; a state does not say that a requirement is met."""
    rows = []
    for one in context.pack.requirements:
        if one.id.startswith(_PREFIX):
            found = field(context, one)
            said = found.because if isinstance(found, NotApplicable) else remark(context, one)
            rows.append((one.citation, one.title, status(context, one).value, said))
    return (Table(CAPTION, tuple(map(Column, ("Point", "Title", "State", "Remark"))), tuple(rows)),)
