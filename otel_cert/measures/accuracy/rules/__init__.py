"""What an answer says otherwise than its context, by rules: numbers, dates, names, negation, direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.rules.align import Alignment, Context
from otel_cert.measures.accuracy.rules.antonyms import antonym_findings
from otel_cert.measures.accuracy.rules.entities import entity_findings
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.rules.identifiers import identifier_findings
from otel_cert.measures.accuracy.rules.negation import negation_findings
from otel_cert.measures.accuracy.rules.roles import role_findings
from otel_cert.measures.accuracy.words import Parsed, parse

Rule = Callable[[Alignment], list[Finding]]

RULES: tuple[Rule, ...] = (entity_findings, identifier_findings, role_findings, negation_findings, antonym_findings)
"""Each rule by itself; taking one out is how its worth is measured."""


def findings(answer: str, context: Sequence[str], language: str | None = None) -> list[Finding]:
    """Return what `answer` says otherwise than `context`, a list of chunks, in the order of the answer.

    Args:
        answer: the text to check.
        context: the chunks that it should rest on.
        language: what both are read in; None = found from both.

    """
    language = language or language_of(answer, *context)
    return parsed_findings(parse(answer, language), Context([parse(chunk, language) for chunk in context]))


def parsed_findings(answer: Parsed, context: Context) -> list[Finding]:
    """Return what `answer` says otherwise than `context`; a parsed context serves for many answers."""
    alignment = Alignment(answer, context)
    found: list[Finding] = [finding for rule in RULES for finding in rule(alignment)]
    return sorted(found, key=lambda one: (one.start, one.end, one.kind))
