"""Nothing that this program says reaches a reader of another language in English; tables keep to what `cells` says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml

from otel_cert.report import translate as translating
from otel_cert.report.build import build
from otel_cert.report.cells import ALL, CELLS, of, split
from otel_cert.report.context import Context
from otel_cert.report.declarations import read_system
from otel_cert.report.finish import finished
from otel_cert.report.folder import Approved
from otel_cert.report.forms import pattern
from otel_cert.report.membership import members
from otel_cert.report.model import Column, Document, Paragraph, Section, Source, Table
from otel_cert.report.plain import NAMES_OF_EVIDENCE, statements
from otel_cert.report.system import Incident, System
from otel_cert.report.translate import translate
from otel_cert.report.words import LANGUAGES, Words, words
from otel_cert.store.layout import Layout
from tests.calls import call, some, store
from tests.report.documentset.sets import DECISION, EXAMPLES, LIMITED, context, example, small

from .english_left import KEPT_COLUMNS, english

LATE = date(2028, 1, 1)
"""After the legal data should have been reviewed."""
INCIDENTS = tuple(
    Incident(id=f"I-{number}", what="Xx.", kind=kind, aware=date(2025, 1, 1), first_report=reported)
    for number, (kind, reported) in enumerate(
        (("serious", None), ("death", date(2025, 1, 3)), ("widespread_or_critical_infrastructure", date(2025, 2, 1)))
    )
)
APPROVALS = (Approved("Xx", "Yy", "2026-01-01T00:00:00Z", "0" * 64, "Zz."),)


def written(declared: Any) -> Iterator[str]:
    """Yield every text that stands in declarations."""
    match declared:
        case str():
            yield declared
        case dict():
            for value in declared.values():
                yield from written(value)
        case list() | tuple():
            for value in declared:
                yield from written(value)


def varying() -> list[dict[str, Any]]:
    """Return calls whose parameters differ from call to call."""
    return [
        call(100 + n, at_s=60 * n, request_params=json.dumps({"temperature": n}), service_name="bot", operation="chat")
        for n in range(30)
    ]


def of_context(made: Context) -> list[Document]:
    """Return the documents as they are shown: the first approved, the others drafts."""
    return [
        finished(build(made, name), "1.0.0", () if number else APPROVALS) for number, name in enumerate(members(made))
    ]


@pytest.fixture(scope="module")
def documents(full: Layout, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Document], tuple[str, ...]]:
    """The documents of four systems over two stores, and what people wrote for them."""
    calls, costs = some()
    few = store(tmp_path_factory.mktemp("few") / "data", [*calls, *varying()], costs)
    screener = example("cv_screener").model_copy(update={"incidents": INCIDENTS})
    assistant = EXAMPLES / "support_assistant"
    answers = yaml.safe_load((assistant / "answers.yaml").read_text())
    cases: list[tuple[Layout, System, Any, dict[str, Any]]] = [
        (full, screener, None, {"decision": DECISION, "quote": True}),
        (few, read_system(assistant / "system.yaml"), answers, {}),
        (few, small(), LIMITED, {"today": LATE}),
        (full, small(), None, {"since_ns": 1}),
    ]
    made, persons = [], {"A. Person, counsel", "Xx, Yy"}
    for layout, system, given, options in cases:
        with context(layout, system, given, **options) as of_system:
            made += of_context(of_system)
        persons |= set(written(system.model_dump(mode="json")))
        persons |= {f"{one.name}, {one.role}" for one in [system.responsible] if one}
    return made, tuple(sorted(filter(lambda said: " " in said, persons), key=len, reverse=True))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_nothing_of_ours_is_left_in_english(documents: tuple[list[Document], tuple[str, ...]], language: str) -> None:
    made, persons = documents
    assert len(made) > 30
    left = [found for one in made for found in english(one, translate(one, language), words(language), persons)]
    assert sorted(set(left)) == [], "\n".join(map(str, sorted(set(left))))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_is_measured_is_so_in_every_language_and_rests_on_the_same_evidence(
    documents: tuple[list[Document], tuple[str, ...]], language: str
) -> None:
    def known(one: Document) -> list[tuple[str | None, str | None]]:
        return [(statement["kind"], statement["evidence_id"]) for statement in statements(one)]

    for one in documents[0]:
        assert known(translate(one, language)) == known(one)
    assert words(language)["evidence"] in NAMES_OF_EVIDENCE


def lacking(monkeypatch: pytest.MonkeyPatch, text: str) -> Words:
    """Take one text out of the German words."""
    known = Words({english: german for english, german in words("de").items() if english != text})
    known.language = "de"
    monkeypatch.setattr(translating, "words", lambda _: known)
    return known


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Error rate", "Figure.label"),
        ("95 % interval {low:#} to {high:#}", "Figure.note"),
        ("Thursday", "Calls by day of the week, UTC: Day"),
        ("Do people interact directly with it?", "All answers: Question"),
        ("tell people that they interact with AI (Art. 50(1))", "what follows from answers"),
        ("{kind} (not measured)", "Requirements, sections and evidence: Evidence"),
        ("succeeded", "Chart.spec: domain"),
        ("Latency and errors", "Evidence of the figures in this document: Question"),
        (
            "recruitment or selection: targeted job ads, filtering applications, evaluating candidates",
            "All answers: Answer",
        ),
    ],
)
def test_a_text_without_translation_is_found(
    documents: tuple[list[Document], tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, text: str, place: str
) -> None:
    made, persons = documents
    assert text in words("de")
    known = lacking(monkeypatch, text)
    found = {where for one in made for where, _ in english(one, translate(one, "de"), known, persons)}
    assert place in found


def test_a_new_column_is_found_until_somebody_says_whose_its_cells_are() -> None:
    def left(header: str, cell: str) -> list[tuple[str, str]]:
        table = Table("Models", (Column(header),), ((cell,),), Source(1, "0123456789ab"))
        one = Document("Glossary", "s", (), (Section("Glossary", (table,)),))
        return list(english(one, translate(one, "de"), words("de"), ()))

    assert left("Model", "a new sentence") == []
    assert left("Why not", "a new sentence") == [
        ("Column.header", "Why not"),
        ("Models: Why not", "a new sentence"),
    ]


def test_a_sentence_that_is_left_half_in_english_is_found() -> None:
    source = Document("Glossary", "s", (), (Section("Glossary", (Paragraph("x"),)),))
    half = replace(source, sections=(Section("Begriffe", (Paragraph("Es ist one of the last"),)),))
    assert ("Paragraph.text", "Es ist one of the last") in list(english(source, half, words("de"), ()))


def captions(made: list[Document]) -> dict[str, Table]:
    tables = [block for one in made for section in one.sections for block in section.blocks if isinstance(block, Table)]
    return {split(table.caption)[2]: table for table in tables}


def test_every_table_whose_cells_are_ours_exists_and_has_these_columns(
    documents: tuple[list[Document], tuple[str, ...]],
) -> None:
    found = captions(documents[0])
    assert [form for form in CELLS if not any(map(pattern(form).fullmatch, found))] == []
    for caption, table in found.items():
        columns = of(caption)
        if columns.always != ALL:
            assert {*columns.always, *columns.mixed} <= {column.header for column in table.columns}, caption


def test_every_column_that_is_kept_exists(documents: tuple[list[Document], tuple[str, ...]]) -> None:
    headers = {column.header for table in captions(documents[0]).values() for column in table.columns}
    assert sorted({header for kept in KEPT_COLUMNS.values() for header in kept} - headers) == []
