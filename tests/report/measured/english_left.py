"""What a reader of a translated document still finds in English, of all that this program says itself."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from otel_cert.report.cells import ALL, BY_NAME, of, split
from otel_cert.report.finish import APPROVAL
from otel_cert.report.forms import translation
from otel_cert.report.model import Block, Chart, Document, Figures, NotApplicable, Statement, Table
from otel_cert.report.translate import OURS_ON_FRONT, OURS_STATED
from otel_cert.report.words import Words

KEPT = {
    "Document.subtitle": "the name of the system",
    "Statement.text": "what somebody declared or judged",
    "Statement.by": "who said it",
    "Statement.on": "a day",
    "Statement.id": "an id",
    "Box.id": "an id",
    "Box.owner": "a name",
    "Box.due": "a day",
    "Gap.id": "an id",
    "NotApplicable.because": "what somebody declared, see PERSONS",
    "NotApplicable.by": "a name",
    "NotApplicable.on": "a day",
    "NotApplicable.id": "an id",
    "Table.by": "who said it",
    "Table.on": "a day",
    "Source.evidence_id": "an id",
    "Column.align": "not shown",
}
"""Place in a document -> why what stands there is not translated."""
NAMES, CODES, PERSONS = "names from traces", "codes, as they stand in the tables of the store", "what people wrote"
KEPT_COLUMNS = {
    NAMES: (
        "Provider", "Model", "Model asked for", "Model that answered", "Answered by", "Name", "Service", "Agent", "Version",
        "Before it", "Server", "Instrumentation", "Attribute", "Value", "Parameter", "Evaluator", "Metric",
        "Example of a service",
        "Services", "Versions", "Models asked for", "Languages", "Region in which services ran", "MD5 of the prompt",
        "Language", "Trace and span", "From", "To", "Evaluation", "Type as sent",
        "As sent", "Stratum",
    ),
    CODES: (
        "Class", "By class", "Why unpriced", "Why unknown", "Why", "Reason", "Without a score", "Labels",
        "Class of the failure", "Outcome", "Category", "Table", "Change", "Evidence", "SHA-256", "Id",
    ),
    PERSONS: (
        "Indicator", "Frequency", "Owner", "Reaction", "Information of the supplier", "Contract", "Declared", "Rater",
        "Guideline", "Source", "Remark", "State", "Decision", "Sentence", "Nearest in the context",
    ),
}  # fmt: skip
"""Why -> headers of the columns whose cells are not translated, unless `cells.CELLS` names them."""
_KEPT_COLUMNS = {header for headers in KEPT_COLUMNS.values() for header in headers}
_ENGLISH = re.compile(r"\b(?:the|of|and|with|which|were|been|from|that|are|is|by|than|whether)\b")
"""Words that no text in German, French or Spanish has."""
_QUOTED = re.compile(r"`[^`]*`|„[^“]*“|«[^»]*»|\[[^]]*\]")


def english(
    source: Document, translated: Document, known: Words, persons: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of what is ours and was left in English, whole or in part.

    `persons` are the texts that people wrote: they may stand in a sentence of ours, and are no part of it.
    """
    for place, before, after in _pairs(source, translated):
        if place in KEPT or before in persons:
            continue
        if before == after and translation(before, known) is None:
            yield place, before
        elif _ENGLISH.search(_without(after, persons)):
            yield place, after


def _without(text: str, persons: tuple[str, ...]) -> str:
    for said in persons:
        text = text.replace(said, "")
    return _QUOTED.sub("", text)


def _pairs(source: Document, translated: Document) -> Iterator[tuple[str, str, str]]:
    for (label, value), (other_label, other) in zip(source.meta, translated.meta, strict=True):
        yield "front: label", label, other_label
        if label in OURS_ON_FRONT:
            yield f"front: {label}", value, other
    yield from _texts(source, translated, ("title", "notice"))
    yield from (("warning", *pair) for pair in zip(source.warnings, translated.warnings, strict=True))
    for before, after in zip(source.sections, translated.sections, strict=True):
        yield from _section(before, after)


def _section(source: Any, translated: Any) -> Iterator[tuple[str, str, str]]:
    yield from _texts(source, translated, ("title", "citation"))
    for before, after in zip(source.blocks, translated.blocks, strict=True):
        yield from _block(before, after)


def _block(source: Block, translated: Any) -> Iterator[tuple[str, str, str]]:
    match source:
        case Table():
            yield from _table(source, translated)
        case Figures():
            for before, after in zip(source.items, translated.items, strict=True):
                yield from _texts(before, after)
                yield from _texts(before.source, after.source)
        case Chart():
            yield from _texts(source, translated)
            yield from _titles(source.spec, translated.spec)
        case Statement() if source.id in OURS_STATED or source.label == APPROVAL:
            yield "what follows from answers", source.text, translated.text
            yield "whose answers", source.by, translated.by
            yield from _texts(source, translated)
        case NotApplicable() if not source.by or source.by.startswith("answers of "):
            yield "why it does not apply", source.because, translated.because
            yield from _texts(source, translated)
        case _:
            yield from _texts(source, translated)


def _table(source: Table, translated: Table) -> Iterator[tuple[str, str, str]]:
    yield from _texts(source, translated)
    if source.source and translated.source:
        yield from _texts(source.source, translated.source)
    _, _, caption = split(source.caption)
    for before, after in zip(source.columns, translated.columns, strict=True):
        yield "Column.header", before.header, after.header
    if caption in BY_NAME:
        return  # its rows stand in another order; `test_words` has every term
    ours = of(caption)
    for rows in zip(source.rows, translated.rows, strict=True):
        for column, before, after in zip(source.columns, *rows, strict=True):
            if ours.always == ALL or column.header in ours.always or column.header not in _KEPT_COLUMNS:
                yield f"{caption}: {column.header}", before, after


def _titles(source: Any, translated: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(source, dict):
        for key, value in source.items():
            if key == "title" and isinstance(value, str):
                yield "Chart.spec: title", value, translated[key]
            elif key == "domain" and isinstance(value, list):
                yield from (("Chart.spec: domain", *pair) for pair in zip(value, translated[key], strict=True))
            elif key != "data":
                yield from _titles(value, translated[key])
    elif isinstance(source, list):
        for before, after in zip(source, translated, strict=True):
            yield from _titles(before, after)


def _texts(source: Any, translated: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    for field in fields(source):
        value = getattr(source, field.name)
        if isinstance(value, str) and (not names or field.name in names) and field.name != "kind":
            yield f"{type(source).__name__}.{field.name}", value, getattr(translated, field.name)
