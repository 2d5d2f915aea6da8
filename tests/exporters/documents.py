"""Documents for the renderers' tests."""

from functools import cache

from otel_cert.report.model import (
    Column,
    Document,
    Figure,
    Figures,
    Kind,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
)
from tests.calls import connect, some
from tests.report.measured_document import document

SOURCE = Source(3, "0123456789ab")
EVERY_BLOCK = Document(
    "Every block",
    "A subject",
    (("Label", "Value"),),
    (
        Section(
            "All",
            (
                Paragraph("A paragraph"),
                Figures((Figure("A figure", "1", SOURCE, "s", "a note"),)),
                Table("A table", (Column("A column"), Column("Number", "right")), (("A cell", "1"),), SOURCE),
                Table("No rows", (Column("A column"),), ()),
                Statement(Kind.DECLARED, "Declared thing", "stated", "somebody", "2026-01-01"),
                Statement(Kind.EXPERT, "Open thing"),
            ),
        ),
    ),
    draft=False,
)


@cache
def monitoring() -> Document:
    """Return a monitoring report whose names try to break out of the format."""
    return document(connect(*some()), "Helper <b>&", 'Acme "Ltd"')
