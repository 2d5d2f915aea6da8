"""What an answer says otherwise than its context, by rules: numbers, dates, names, negation, direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.rules.compare import date_findings, number_findings
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.words import Parsed, parse

Rule = Callable[[Parsed, Sequence[Parsed]], list[Finding]]

RULES: tuple[Rule, ...] = (number_findings, date_findings)
"""Each rule by itself; taking one out is how its worth is measured."""


def findings(answer: str, context: Sequence[str], language: str | None = None) -> list[Finding]:
    """Return what `answer` says otherwise than `context`, a list of chunks, in the order of the answer.

    Args:
        answer: the text to check.
        context: the chunks that it should rest on.
        language: what both are read in; None = found from both.

    """
    language = language or language_of(answer, *context)
    return parsed_findings(parse(answer, language), [parse(chunk, language) for chunk in context])


def parsed_findings(answer: Parsed, context: Sequence[Parsed]) -> list[Finding]:
    """Return what `answer` says otherwise than `context`; a parsed context serves for many answers."""
    found: list[Finding] = [finding for rule in RULES for finding in rule(answer, context)]
    return sorted(found, key=lambda one: (one.start, one.end, one.kind))
