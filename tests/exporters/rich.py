"""A document with every kind of block in the amounts of a real one, and texts that try to break out of every format."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pypdf

from otel_cert.exporters import docx, html, json_document, markdown, pdf
from otel_cert.report.charts import cost_by_model, latency_by_model
from otel_cert.report.model import (
    Approval,
    Box,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Gap,
    Kind,
    NotApplicable,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
    numbered,
)

SOURCE = Source(12480, "3f9a0c1d2e4b", "2026-01-01 to 2026-01-31 UTC", "share of calls, Wilson interval 95 %")
PURPOSE = (
    "This document describes the system for authorities and for whoever has to assess it. It holds what was measured in "
    "production, what the organisation declared, and open fields for what only a person can judge. It is a draft until "
    "a person approves it, and it is no conformity assessment."
)
HOSTILE = (
    '#import "@preview/x:1.0.0": * #panic() $x^2$ *bold* _it_ @ref \\ ] ) #{1+1} // c /* d */ `raw`',
    "<script>alert(1)</script><img src=x onerror=alert(1)> </style> {{ 7*7 }} {% raw %} &amp; &#60;",
    "[link](javascript:alert(1)) ![img](http://x/y.png) | a | b |\n# Heading\n---\n```\ncode\n> quote\n1. one\n- [ ] box",
    "]]> <!ENTITY x SYSTEM 'file:///etc/passwd'> \x00\x0b\ufffe <w:p/> PAGE \\* MERGEFORMAT",
    "=cmd|' /C calc'!A0 +1+1 -2 @SUM(A1)",
    "left\u202eright-to-left\u202c end \u2066isolated\u2069",
    "W" * 180,
    "",
    "\u4e2d\u6587 \u65e5\u672c \U0001f600 \u05e2\u05d1\u05e8\u05d9\u05ea \u0416 \u20ac \u2265",
)


def rich(*, draft: bool = True) -> Document:
    """Return the document in English."""
    models = [("openai", f"gpt-4o-mini-2024-07-{day:02}", 1.5 / day) for day in range(1, 9)]
    costs = [{"provider": provider, "key": model, "cost": cost} for provider, model, cost in models]
    times = [
        {"provider": provider, "model": model, "p50_s": cost, "p95_s": cost * 3, "p99_s": cost * 9}
        for provider, model, cost in models[:3]
    ]
    sections = (
        Section("Summary", (Paragraph(PURPOSE), _figures()), citation="Art. 72"),
        Section("General description of the AI system", (), number="1", citation="Annex IV point 1"),
        Section("Intended purpose", (*_declared(), _box()), 2, "1(a)", "Annex IV point 1(a)"),
        Section("Versions", (_changes(), _gap()), 2, "1(b)", "Annex IV point 1(b)"),
        Section("Costs and duration", (Chart("Cost by model", cost_by_model(costs, "USD"), _alt(costs), SOURCE),)),
        Section("By percentile", (Chart("Duration", latency_by_model(times), "Duration by model.", SOURCE),), 2),
        Section("Long and wide", (_long(), _wide(), _texts())),
        Section("Points of the statute", (), number="2"),
        *(
            Section(f"Point {letter}", (_box(letter), _excused(letter)), 2 + index % 2, f"2({letter})")
            for index, letter in enumerate("abcd")
        ),
        Section("Names from traces", tuple(Statement(Kind.DECLARED, "Hostile", text, "a person") for text in HOSTILE)),
    )
    return Document(
        "Technical documentation",
        "Support assistant",
        (("System", "Support assistant"), ("Provider", "Example provider"), ("Period", SOURCE.window)),
        numbered(sections),
        draft=draft,
        name="technical_documentation",
        id="td-7c1e",
        version="1.2.0",
        notice="Not legal advice. This document states what was measured and what persons declared; it certifies nothing.",
        warnings=("The legal data were due for review on 2026-01-01.",),
        approvals=() if draft else (Approval("A. Person", "Head of quality", "2026-02-01T10:00:00Z"),),
        created="2026-02-01T09:30:00+00:00",
    )


def brief() -> Document:
    """Return the document without its long tables."""
    document = rich()
    return replace(document, sections=document.sections[:6] + document.sections[7:])


def _figures() -> Figures:
    return Figures(
        (
            Figure("Calls", "12,480", SOURCE, "", "of 14 services"),
            Figure(
                "Failed calls", "1.2", SOURCE, "%", "95 % interval 1.0 to 1.4 %; without calls that a person stopped"
            ),
            Figure("Duration, p95", "2.41", SOURCE, "s", "successful calls"),
        )
    )


def _declared() -> tuple[Statement, ...]:
    return (
        Statement(
            Kind.DECLARED,
            "Intended purpose",
            "Answers questions of customers about invoices.\nHands over to a person on request.",
            "Product owner",
            "2026-01-15",
            "annex-iv.1.a",
            "Annex IV point 1(a)",
        ),
        Statement(Kind.EXPERT, "Suitability", "Suitable for its purpose.", "Head of quality", "2026-01-20", "art-9.5"),
        Statement(Kind.EXPERT, "Is the error rate acceptable?"),
    )


def _box(point: str = "a") -> Box:
    return Box(
        Kind.EXPERT if point < "c" else Kind.DECLARED,
        f"annex-iv.2.{point}",
        "Design choices",
        "Which design choices were made, and on which assumptions about the persons on whom the system is used?",
        "Telemetry shows what the system did, not why it was built so.",
        "Retrieval before generation was chosen because prices change weekly; assumed: users write English or German.",
        "Annex IV point 2(b)",
        "Lead engineer" if point == "a" else "",
        "2026-03-01" if point == "a" else "",
    )


def _gap() -> Gap:
    return Gap("Model versions behind aliases", "No response named its model.", "models_seen")


def _excused(point: str) -> NotApplicable:
    by = ("Head of quality", "2026-01-20") if point == "a" else ("", "")
    return NotApplicable("Training data", "No model is trained.", *by, f"annex-iv.2.{point}", "Annex IV point 2(d)")


def _changes() -> Table:
    columns = (Column("Detected"), Column("What"), Column("From"), Column("To"), Column("Decision"))
    rows = (
        ("2026-01-12", "model", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "awaits a decision"),
        ("2026-01-19", "prompt", "sha256 1f0c", "sha256 9b7d", "not substantial (Head of quality, 2026-01-21)"),
    )
    return Table("Detected changes", columns, rows, SOURCE, "Detected, not judged.")


def _long() -> Table:
    columns = (Column("Requirement"), Column("Citation"), Column("What it asks for"), Column("Share", "right"))
    said = "A description of the measures for human oversight, among them those that help deployers to read the output."
    rows = tuple((f"annex-iv.{n}", f"Annex IV point {n}", said[: 20 + n % 90], f"{n / 3:.1f} %") for n in range(1, 301))
    return Table("Requirements", columns, rows, None, "Listed, not measured.", "Head of quality", "2026-01-20")


def _wide() -> Table:
    columns = (Column("Model"), *(Column(f"Measure {n}", "right") for n in range(1, 40)))
    rows = tuple((f"gpt-4o-mini-{n}", *(f"{n * c / 7:.3f}" for c in range(1, 40))) for n in range(1, 6))
    return Table("Many columns", columns, rows, SOURCE)


def _texts() -> Table:
    columns = (Column("Kind"), Column("Text from traces"))
    rows = tuple((f"text {n}", text) for n, text in enumerate(HOSTILE))
    return Table("Texts as they were sent", columns, rows, SOURCE)


def _alt(costs: list[dict[str, object]]) -> str:
    return "Cost in USD: " + "; ".join(f"{row['key']} {row['cost']:.3f}" for row in costs)


RENDERERS = {
    "docx": docx.render,
    "pdf": pdf.render,
    "html": html.render,
    "md": markdown.render,
    "json": json_document.render,
}


@cache
def rendered(ending: str) -> bytes:
    """Return the file's content; made once for all tests of a process."""
    return RENDERERS[ending](rich())


@cache
def pages() -> tuple[str, ...]:
    """Return the text of each page of the PDF."""
    return tuple(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(rendered("pdf"))).pages)


def texts(document: Document) -> Iterator[str]:
    """Yield every text that a reader has to find, whatever the format."""
    yield from (document.title, document.subtitle, document.notice, *document.warnings)
    yield from (value for _, value in document.meta)
    for section in document.sections:
        yield from (section.number, section.title, section.citation)
        for block in section.blocks:
            yield from _of(block)


def _of(block: object) -> Iterator[str]:
    match block:
        case Figures(items=items):
            for figure in items:
                yield from (figure.label, figure.value, figure.unit, figure.note, figure.source.evidence_id)
        case Table():
            yield from (block.caption, block.note, block.by, block.on, *(column.header for column in block.columns))
            yield from (cell for row in block.rows for cell in row)
        case Chart():
            yield from (block.caption, block.source.evidence_id, block.source.window, block.source.method)
        case _:
            yield from (value for value in vars(block).values() if not isinstance(value, Kind))
