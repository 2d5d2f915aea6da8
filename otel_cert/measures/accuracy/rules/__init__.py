"""What an answer says otherwise than its context, by rules: numbers, dates, names, negation, direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.rules.align import Alignment, Context
from otel_cert.measures.accuracy.rules.antonyms import antonym_findings
from otel_cert.measures.accuracy.rules.compare import date_findings, number_findings
from otel_cert.measures.accuracy.rules.date import Kind
from otel_cert.measures.accuracy.rules.entities import entity_findings
from otel_cert.measures.accuracy.rules.figures import figures
from otel_cert.measures.accuracy.rules.finding import ADDED, Finding
from otel_cert.measures.accuracy.rules.identifiers import identifier_findings
from otel_cert.measures.accuracy.rules.negation import negation_findings
from otel_cert.measures.accuracy.rules.pronouns import pronoun_findings
from otel_cert.measures.accuracy.rules.roles import role_findings
from otel_cert.measures.accuracy.words import Parsed, parse

KINDS = ("number", "date", "entity", "antonym", "negation", "pronoun")
"""Kinds of findings; where two rules find the same words, the first kind counts, and an identifier before its number."""

SIGNS = (*KINDS, ADDED)
"""Names of the features that findings count for: see `Finding.feature`."""

Rule = Callable[[Alignment], list[Finding]]

TextRule = Callable[[Parsed, Sequence[Parsed], Parsed | None], list[Finding]]


def on_texts(rule: TextRule) -> Rule:
    """Return a rule that needs no sentences aligned as one of `RULES`."""
    return lambda alignment: rule(alignment.answer, alignment.context.chunks, alignment.question)


RULES: tuple[Rule, ...] = (
    on_texts(number_findings),
    on_texts(date_findings),
    entity_findings,
    identifier_findings,
    role_findings,
    negation_findings,
    antonym_findings,
    pronoun_findings,
)
"""Each rule by itself; taking one out is how its worth is measured."""


def findings(
    answer: str, context: Sequence[str], language: str | None = None, question: str | None = None
) -> list[Finding]:
    """Return what `answer` says otherwise than `context`, a list of chunks, in the order of the answer.

    Args:
        answer: the text to check.
        context: the chunks that it should rest on.
        language: what all are read in; None = found from answer and context.
        question: what was asked. An answer may repeat its numbers, dates, names and identifiers, unless the context
            has something else in their place.

    """
    language = language or language_of(answer, *context)
    asked = None if question is None else parse(question, language)
    return parsed_findings(parse(answer, language), Context([parse(chunk, language) for chunk in context]), asked)


def parsed_findings(
    answer: Parsed, context: Context | Sequence[Parsed], question: Parsed | None = None
) -> list[Finding]:
    """Return what `answer` says otherwise than `context`; a `Context` that was made once serves for many answers."""
    alignment = Alignment(answer, context if isinstance(context, Context) else Context(context), question)
    found: list[Finding] = [finding for rule in RULES for finding in rule(alignment)]
    found = [one for one in found if one.kind != "entity" or not _is_in_figure(answer, one)]
    return _apart(sorted(found, key=lambda one: (one.start, one.end, one.kind)))


def supported_figures(answer: Parsed, found: Sequence[Finding]) -> list[tuple[int, int]]:
    """Return the characters of each number and date of the answer that nothing was found against.

    Those that claim nothing, such as the numbers of a list, are among them.
    """
    read = figures(answer.text, answer.language)
    said = [(one.start, one.end) for one in read.quantities] + [(one.start, one.end) for one in read.dates]
    return [(start, end) for start, end in said if not any(start < one.end and one.start < end for one in found)]


def _is_in_figure(answer: Parsed, one: Finding) -> bool:
    """Return whether what looks like a name is the unit or scale of a number, e.g. `89,5 Md`, or a quarter, `T2 2021`."""
    read = figures(answer.text, answer.language)
    return any(figure.start < one.start and one.end <= figure.end for figure in read.quantities) or any(
        date.kind in (Kind.QUARTER, Kind.HALF) and date.start <= one.start and one.end <= date.end
        for date in read.dates
    )


def _apart(found: list[Finding]) -> list[Finding]:
    """Return the findings without those whose words another has found as well: see `_hides`."""
    return [one for one in found if not any(_hides(other, one) for other in found)]


def _hides(one: Finding, other: Finding) -> bool:
    """Return whether one finding says all of another: an identifier has its number, else the first of `KINDS` counts."""
    if one.kind == other.kind or one.end <= other.start or other.end <= one.start:
        return False
    if {one.kind, other.kind} == {"entity", "number"}:
        entity, number = (one, other) if one.kind == "entity" else (other, one)
        if entity.start <= number.start and number.end <= entity.end:
            return one is entity
    return KINDS.index(one.kind) < KINDS.index(other.kind)
