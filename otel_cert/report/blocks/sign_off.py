"""The block in which persons sign. The tool records an approval; it signs nothing and fills in no signature."""

from __future__ import annotations

from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Paragraph, Table

SIGNS_AS = "Signs as"
HOW = (
    "To be completed by the persons themselves. `otel-cert report approve` records an approval with the hash of the content"
    " that was approved; it is no signature. A document whose content changes is a draft again."
)
_COLUMNS = tuple(map(Column, (SIGNS_AS, "Name", "Role", "Date", "Method of signature", "Signature")))


def sign_off(_context: Context) -> tuple[Block, ...]:
    """Return an empty line for author, reviewer and approver."""
    rows = tuple((who, *[""] * (len(_COLUMNS) - 1)) for who in ("Author", "Reviewer", "Approver"))
    return (Paragraph(HOW), Table("Sign-off", _COLUMNS, rows))
