"""Documents for the renderers' tests."""

import datetime as dt
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
from otel_cert.report.monitoring import Subject, build
from tests.calls import connect, some

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
    created = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)
    return build(connect(*some()), Subject("Helper <b>&", 'Acme "Ltd"'), created=created).document
