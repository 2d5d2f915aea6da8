"""Terms of the documents, in our own words."""

from __future__ import annotations

import re
from dataclasses import replace

from otel_cert import quick_yaml
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Section, Table
from otel_cert.report.outline import folder

TERMS = "Terms"


def glossary(_context: Context) -> tuple[Block, ...]:
    """Return the terms, in the order of the alphabet."""
    terms = quick_yaml.load(folder().joinpath("glossary.yaml").read_text(encoding="utf-8"))
    rows = tuple(sorted((str(term), str(meaning)) for term, meaning in terms.items()))
    return (Table(TERMS, (Column("Term"), Column("Meaning")), rows),)


def explained(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections of a document, whose glossary has only the terms that stand in the others."""
    used = repr([section for section in sections if not any(map(_is_glossary, section.blocks))])
    return tuple(
        replace(section, blocks=tuple(_narrowed(block, used) for block in section.blocks)) for section in sections
    )


def _is_glossary(block: Block) -> bool:
    return isinstance(block, Table) and block.caption == TERMS


def _narrowed(block: Block, used: str) -> Block:
    if not isinstance(block, Table) or not _is_glossary(block):
        return block
    return replace(block, rows=tuple(row for row in block.rows if _stands(row[0], used)))


def _stands(term: str, text: str) -> bool:
    """Return whether a term stands in a text, in singular or plural; an abbreviation as it is written."""
    abbreviation = " " not in term and not term[1:].islower() and len(term) > 1
    return bool(re.search(rf"\b{re.escape(term)}s?\b", text, 0 if abbreviation else re.IGNORECASE))
