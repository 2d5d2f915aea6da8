"""The record of the classification: answers, outcome, why, what would change it, what follows, and who decided."""

from __future__ import annotations

from collections.abc import Iterator

from otel_cert.law.answers import UNKNOWN
from otel_cert.law.obligations import EXEMPT, fines
from otel_cert.report import legal_words, text
from otel_cert.report.context import Context
from otel_cert.report.facts import declared
from otel_cert.report.model import Block, Box, Column, Kind, Paragraph, Statement, Table

PROPOSAL = (
    "The rules of the legal data read the answers in three values: what is not answered is unknown and never counts as no."
    " The outcome is a proposal until a named person confirms it or decides otherwise; both are kept."
)
DRAFT_GUIDELINE = "One of these answers rests on a guideline of which only a draft is known."
EXEMPTION = (
    "An exemption under Article 6(3) is claimed only with the reasons above and all of the following. The assessment is the"
    " provider's (Article 6(4))."
)
_REGISTRATION = Box(
    Kind.EXPERT,
    "art-49.2",
    "Registration reference",
    "Under which number of the EU database is the system registered? Without it no exemption is claimed.",
    "A registration is an act of people and authorities.",
    "Number of the entry in the EU database, and the day of the registration.",
    "Art. 49(2)",
)
_HIGH = "high_risk"
_ROUTES = {"f.annex1_a": "Art. 6(1)-(1c)", "f.annex3_high": "Art. 6(2), Annex III"}
"""Fact of the rules that makes a system high-risk -> where the Act says so."""
CONFIRM = Box(
    Kind.EXPERT,
    "classification",
    "Decision about the classification",
    "Does the proposed outcome hold? Who decides it, in which role, and for which reason if otherwise?",
    "The rules read answers; whether these describe the system and its intended purpose is for a person to judge.",
    "Confirmed by the head of compliance after reading the intended purpose and the answers. Write it with"
    " `otel-cert assess --answers FILE --output RECORD --confirm NAME --role ROLE` and name RECORD as `classification`.",
    "Art. 6, Annex III",
)


UNANSWERED = "Questions without an answer that decide nothing yet: unknown, and never counted as no"


def classification(context: Context) -> tuple[Block, ...]:
    """Return the whole record."""
    return (
        Paragraph(PROPOSAL),
        *_outcome(context),
        *_reasons(context),
        *_changes(context),
        *_open(context),
        *_fines(context),
        _notes(context),
        *_answers(context),
    )


def _outcome(context: Context) -> Iterator[Block]:
    found = context.classification
    by, on = context.declarer
    rules = f"rules {found.law['version']} of statute {found.law['statute']}"
    by_rules = f"{by}: answers, read by {rules}" if by else ""
    said = legal_words.tier(found.outcome) + ("" if found.basis else " (an unanswered question decides)")
    yield Statement(
        Kind.DECLARED, "Outcome that the rules propose", said, by_rules, on, "classification", _basis(context)
    )
    labels = "; ".join(map(legal_words.label, found.labels)) or "none"
    yield Statement(Kind.DECLARED, "Duties and roles beside the outcome", labels, by_rules, on, "labels")
    if found.rests_on_draft:
        yield Paragraph(DRAFT_GUIDELINE)
    if context.decision is None:
        yield CONFIRM
        return
    person, day = context.classifier
    yield Statement(
        Kind.EXPERT, "Decision about the classification", context.decision.sentence(), person, day, "decision", "Art. 6"
    )


def _basis(context: Context) -> str:
    """Return where the Act says so; of a high-risk system the routes that its answers lead to."""
    facts, found = context.reading.facts, context.classification
    routes = [basis for fact, basis in _ROUTES.items() if facts.get(fact)] if found.outcome == _HIGH else []
    return "; ".join(routes) or found.basis or ""


def exemption(context: Context) -> tuple[Block, ...]:
    """Return what a claim under Art. 6(3) needs beside its reasons; there is no claim without the open ones."""
    return tuple(_exemption(context)) if context.tier == EXEMPT else ()


def _exemption(context: Context) -> Iterator[Block]:
    yield Paragraph(EXEMPTION)
    answers, by_whom = context.classification.answers, context.declarer
    questions = {
        "Condition of Article 6(3)": "a3.filter",
        "Material influence on decisions": "a3.material_influence",
        "Profiling of natural persons": "a3.profiling",
    }
    for label, id_ in questions.items():
        said = legal_words.answer(context.pack.questions[id_], answers.get(id_, "unknown"))
        yield Statement(Kind.DECLARED, label, said, *by_whom, id_, "Art. 6(3)")
    provider = declared(context.system, "provider.name")
    yield Statement(Kind.DECLARED, "Provider who claims it", provider, *by_whom, citation="Art. 6(4)")
    filled = context.system.fields.get(_REGISTRATION.id)
    if filled and filled.text:
        day = filled.on.isoformat() if filled.on else ""
        yield Statement(Kind.EXPERT, _REGISTRATION.label, filled.text, filled.by or "", day, _REGISTRATION.id)
    else:
        yield _REGISTRATION


def _reasons(context: Context) -> Iterator[Table]:
    rows = tuple(
        (one.text.strip(), _said(context, one.question, one.answer), one.basis, "draft" if one.draft_guideline else "")
        for one in context.classification.reasons
    )
    if rows:
        headings = ("Question", "Answer", "Basis", "Guideline")
        yield _declared(context, "Answers that the outcome rests on", headings, rows)


def _changes(context: Context) -> Iterator[Block]:
    asked = context.pack.questions
    rows = tuple(
        (asked[one.question].text.strip(), _said(context, one.question, one.answer), legal_words.tier(one.outcome))
        for one in context.classification.changes
    )
    if rows:
        columns = tuple(map(Column, ("Question", "With this answer", "Outcome")))
        yield Table("Answers that would change the outcome", columns, rows)


def _open(context: Context) -> Iterator[Block]:
    asked = context.pack.questions
    rows = tuple((id_, asked[id_].text.strip(), asked[id_].basis) for id_ in context.classification.open_questions)
    if rows:
        columns = tuple(map(Column, ("Id", "Question", "Basis")))
        yield Table("Open questions: unknown, and each can still change the result", columns, rows)


def _fines(context: Context) -> Iterator[Block]:
    rows = tuple(
        (legal_words.fine(one.id), one.what, text.count(one.eur), _percent(one.turnover_pct))
        for one in fines(context.pack, context.tier, context.classification.labels)
    )
    if rows:
        columns = (Column("Basis"), Column("For"), Column("EUR at most", "right"), Column("Of turnover", "right"))
        yield Table("Fines that attach to a breach", columns, rows, note=context.pack.fine_rule)


def _notes(context: Context) -> Table:
    rows = tuple((note,) for note in context.classification.notes)
    return Table("How the rules read the Act where it can be read otherwise", (Column("Note"),), rows)


def _answers(context: Context) -> Iterator[Block]:
    """Yield the answers that were given, and the questions without one that stand in no table before."""
    found, asked = context.classification, context.pack.questions
    rows = tuple(
        (id_, question.text.strip(), _said(context, id_, found.answers[id_]), question.basis)
        for id_, question in asked.items()
        if found.answers[id_] != UNKNOWN
    )
    if rows:
        yield _declared(context, "All answers", ("Id", "Question", "Answer", "Basis"), rows)
    left = [id_ for id_, answer in found.answers.items() if answer == UNKNOWN and id_ not in found.open_questions]
    if left:
        columns = tuple(map(Column, ("Id", "Question", "Basis")))
        yield Table(UNANSWERED, columns, tuple((id_, asked[id_].text.strip(), asked[id_].basis) for id_ in left))


def _declared(context: Context, caption: str, headings: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
    by, on = context.declarer
    return Table(caption, tuple(map(Column, headings)), rows, by=by, on=on)


def _percent(share: float | None) -> str:
    return text.UNKNOWN if share is None else f"{share:g} %"


def _said(context: Context, question: str, answer: str | list[str]) -> str:
    return legal_words.answer(context.pack.questions[question], answer)
