"""Which tier of the EU AI Act a system falls into, by answers about it: a proposal until a person confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from otel_cert.law.answers import UNKNOWN, complete
from otel_cert.law.conditions import Answer, Answers, Condition, Reading
from otel_cert.law.obligations import (
    OUT_OF_SCOPE,
    PROHIBITED,
    UNDETERMINED,
    Fine,
    Obligation,
    fines,
    obligations,
)
from otel_cert.law.pack import LawPack, Question, load_pack

_BESIDE = "gpai."
"""Labels of models, which a prohibition of a system leaves."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Reason(_Model):
    """An answer that the outcome rests on."""

    question: str
    text: str
    answer: str | list[str]
    basis: str
    """Where the Act asks it."""
    draft_guideline: bool
    """Whether the question rests on a guideline of which only a draft is known."""


class Change(_Model):
    """An answer that would change the outcome."""

    question: str
    answer: str | list[str]
    outcome: str


class Classification(_Model):
    """What follows from answers about a system."""

    outcome: str
    """`out_of_scope`, `prohibited`, `high_risk`, `sectoral_annex_I_B`, `art_6_3_exempt`, `limited`, `minimal`; or
    `undetermined`: an unanswered question decides.
    """
    basis: str | None
    """Where the Act says so; None = undetermined."""
    labels: list[str]
    """Duties and roles beside the outcome that are certain."""
    open_questions: list[str]
    """Unanswered questions that can still change outcome or labels, in their order."""
    reasons: list[Reason]
    """Answers that the outcome rests on."""
    changes: list[Change]
    """Single answers that would give another outcome."""
    obligations: list[Obligation]
    fines: list[Fine]
    fine_rule: str
    """How the amounts of a fine relate."""
    rests_on_draft: bool
    """Whether one of the reasons rests on a guideline of which only a draft is known."""
    notes: list[str]
    """How we read the Act where it can be read otherwise."""
    answers: dict[str, str | list[str]]
    """All answers, `unknown` included."""
    law: dict[str, str]
    """Version, statute and digest of the legal data."""
    warning: str | None
    """That the legal data should be reviewed."""


def classify(answers: Mapping[str, Any], *, pack: LawPack | None = None, today: date | None = None) -> Classification:
    """Return the tier, the duties and what is still open.

    Rules are read in three values: an unanswered question is unknown and never counts as no. The first rule that holds
    gives the outcome; a rule that is open ends the search.

    Args:
        answers: question id -> answer, or a mapping with `answers` and a `default` of `no` or `unknown`.
        pack: the legal data; that of this version when not given.
        today: to warn about old legal data; the current day when not given.

    Raises:
        UsageError: an id or an answer is none that there is; with the closest match.

    """
    pack = pack or load_pack()
    known = complete(answers, pack)
    reading = Reading(pack.conditions, known)
    outcome, basis, decided_by = _outcome(pack, reading)
    labels = _labels(pack, reading, outcome)
    reasons = [_reason(pack.questions[id_], known[id_]) for id_ in _ordered(pack, _because(pack, reading, decided_by))]
    return Classification(
        outcome=outcome,
        basis=basis,
        labels=labels,
        open_questions=_ordered(pack, _open(pack, reading, outcome, decided_by)),
        reasons=reasons,
        changes=_changes(pack, known, outcome, [reason.question for reason in reasons]),
        obligations=obligations(pack, reading, outcome, labels),
        fines=fines(pack, outcome, labels),
        fine_rule=pack.fine_rule,
        rests_on_draft=any(reason.draft_guideline for reason in reasons),
        notes=list(pack.rules.interpretation_notes),
        answers={id_: shown(answer) for id_, answer in known.items()},
        law={"version": pack.about.version, "statute": pack.about.statute, "sha256": pack.sha256},
        warning=pack.warning(today or date.today()),
    )


def shown(answer: Answer) -> str | list[str]:
    """Return an answer as it is written."""
    return UNKNOWN if answer is None else answer if isinstance(answer, str) else list(answer)


def _outcome(pack: LawPack, reading: Reading) -> tuple[str, str | None, int]:
    """Return the outcome, its basis, and the position of the rule that decided, or is open."""
    for number, rule in enumerate(pack.rules.outcome_order):
        found = reading.value(rule.when)
        if found is None:
            return UNDETERMINED, None, number
        if found:
            return rule.outcome, rule.basis, number
    return UNDETERMINED, None, len(pack.rules.outcome_order) - 1  # a pack without a last rule that always holds


def _kept(label: str, outcome: str) -> bool:
    """Return whether a label stays beside an outcome."""
    return outcome != OUT_OF_SCOPE and (outcome != PROHIBITED or label.startswith(_BESIDE))


def _labels(pack: LawPack, reading: Reading, outcome: str) -> list[str]:
    return [one.label for one in pack.rules.labels if _kept(one.label, outcome) and reading.value(one.when)]


def _open(pack: LawPack, reading: Reading, outcome: str, decided_by: int) -> set[str]:
    if outcome == UNDETERMINED:
        return reading.open(pack.rules.outcome_order[decided_by].when)
    return set().union(*(reading.open(one.when) for one in pack.rules.labels if _kept(one.label, outcome)))


def _because(pack: LawPack, reading: Reading, decided_by: int) -> set[str]:
    """Return the questions that decided; of a rule that always holds, those that kept the earlier ones from holding."""
    rules: list[Condition] = [rule.when for rule in pack.rules.outcome_order]
    rest = rules[: decided_by + 1] if "always" in rules[decided_by] else [rules[decided_by]]
    return set().union(*(reading.because(rule) for rule in rest))


def _reason(question: Question, answer: Answer) -> Reason:
    return Reason(
        question=question.id,
        text=question.text.strip(),
        answer=shown(answer),
        basis=question.basis,
        draft_guideline=question.draft_guideline,
    )


def _changes(pack: LawPack, known: Answers, outcome: str, questions: list[str]) -> list[Change]:
    """Return which other answer to one of the questions gives another outcome."""
    found = []
    for id_ in questions:
        for answer in _others(pack.questions[id_], known[id_]):
            other, _, _ = _outcome(pack, Reading(pack.conditions, {**known, id_: answer}))
            if other != outcome:
                found.append(Change(question=id_, answer=shown(answer), outcome=other))
                break
    return found


def _others(question: Question, answer: Answer) -> list[Answer]:
    if question.type == "yn":
        return ["no" if answer == "yes" else "yes"]
    if question.type == "multi":
        return [()] if answer else [(option,) for option in question.options]
    return [option for option in (*question.options, "none") if option != answer]


def _ordered(pack: LawPack, ids: set[str]) -> list[str]:
    return [id_ for id_ in pack.questions if id_ in ids]
