"""Terms of the documents, in our own words."""

from __future__ import annotations

from otel_cert.law import quick_yaml
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Table
from otel_cert.report.outline import folder


def glossary(_context: Context) -> tuple[Block, ...]:
    """Return the terms, in the order of the alphabet."""
    terms = quick_yaml.load(folder().joinpath("glossary.yaml").read_text(encoding="utf-8"))
    rows = tuple(sorted((str(term), str(meaning)) for term, meaning in terms.items()))
    return (Table("Terms", (Column("Term"), Column("Meaning")), rows),)
