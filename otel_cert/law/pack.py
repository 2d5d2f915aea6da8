"""The law pack: rules, requirements, dates, fines and standards, as data that can be replaced without a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from otel_cert import quick_yaml
from otel_cert.errors import UsageError
from otel_cert.law.conditions import OPERATORS, Condition, parts

FILES = ("pack", "risk_rules", "risk_cases", "requirements", "evidence", "timeline", "penalties", "standards")
"""Files of a pack, `NAME.yaml` each."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)


def _options(value: object) -> object:
    """Options as a list or as a mapping to their meanings; keys are text."""
    if isinstance(value, Mapping):
        return {str(key): str(text) for key, text in value.items()}
    return {str(key): str(key) for key in value} if isinstance(value, list) else value


class Question(_Model):
    """A question about a system."""

    id: str
    text: str
    basis: str
    """Where the Act asks it."""
    type: Literal["yn", "one", "multi"]
    """`yn`: yes, no or unknown; `one`: an option or none; `multi`: options, `[]` = none."""
    options: Annotated[Mapping[str, str], BeforeValidator(_options)] = {}
    """Option -> what it means."""
    draft_guideline: bool = False
    """Whether it rests on a guideline of which only a draft is known."""


class Fact(_Model):
    """Something that follows from answers and earlier facts."""

    id: str
    when: Condition


class Rule(_Model):
    """What makes an outcome; the first rule that holds decides."""

    outcome: str
    when: Condition
    basis: str


class Label(_Model):
    """What is said beside the outcome."""

    label: str
    when: Condition


class Rules(_Model):
    """`risk_rules.yaml`."""

    meta: Mapping[str, Any]
    questions: tuple[Question, ...]
    facts: tuple[Fact, ...]
    outcome_order: tuple[Rule, ...]
    labels: tuple[Label, ...]
    obligations: Mapping[str, Mapping[str, tuple[str, ...]]]
    dates: Mapping[str, date]
    interpretation_notes: tuple[str, ...]


class Requirement(_Model):
    """A duty of the Act, in our words."""

    id: str
    title: str
    citation: str
    paraphrase: str
    applies_to: tuple[str, ...]
    risk_tier: str
    evidence_kind: Literal["measured", "declared", "expert"]
    """Whether telemetry gives its core fact, the organisation states one, or a person has to judge."""
    evidence_from_traces: tuple[str, ...]
    """Ids of evidence that supports it, and never proves it by itself."""
    expert_input: str | None
    document: str
    applies_from: str


class Evidence(_Model):
    """What telemetry can measure."""

    id: str
    what: str
    source: str
    caveat: str


class Band(_Model):
    """A fine."""

    id: str
    eur: int | None = None
    """Most, in euros."""
    turnover_pct: float | None = None
    """Most, in percent of the worldwide annual turnover."""


class About(_Model):
    """`pack.yaml`."""

    version: Annotated[str, BeforeValidator(str)]
    statute: str
    instrument: str
    compiled: date
    review_by: date
    note: str
    disputed_articles: tuple[int, ...]
    disputed_from: date
    disputed_entry: str
    fines: Mapping[str, tuple[str, ...]]


class LawPack(_Model):
    """A pack that was read and checked."""

    about: About
    rules: Rules
    cases: tuple[Mapping[str, Any], ...]
    requirements: tuple[Requirement, ...]
    evidence: tuple[Evidence, ...]
    timeline: Mapping[str, Any]
    bands: tuple[Band, ...]
    fine_rule: str
    """How the two amounts of a fine relate."""
    standards: Mapping[str, Any]
    sha256: str = Field(repr=False)
    """Digest of its files."""

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Questions by id, in their order."""
        return {question.id: question for question in self.rules.questions}

    @cached_property
    def conditions(self) -> Mapping[str, Condition]:
        """Conditions of the facts by id, in their order."""
        return {fact.id: fact.when for fact in self.rules.facts}

    def warning(self, today: date) -> str | None:
        """Return what to say after the day by which the pack should have been reviewed."""
        if today <= self.about.review_by:
            return None
        return (
            f"The legal data (version {self.about.version}, compiled {self.about.compiled}) should have been reviewed by "
            f"{self.about.review_by}: compare it with the Official Journal before you rely on it."
        )


@cache
def load_pack(folder: Path | None = None) -> LawPack:
    """Return the pack of a folder, or the one that is installed.

    Raises:
        UsageError: a file is missing or is no valid part of a pack; with all problems.

    """
    place: Traversable = resources.files(__package__) / "data" if folder is None else folder
    digest = hashlib.sha256()
    read: dict[str, Any] = {}
    for name in FILES:
        file = place / f"{name}.yaml"
        try:
            data = file.read_bytes()
            read[name] = quick_yaml.load(data)
        except OSError as error:
            raise UsageError(
                f"{file}: {error.strerror}", hint=f"a law pack has the files {', '.join(f'{n}.yaml' for n in FILES)}"
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: {error}", hint="it is no valid YAML") from error
        digest.update(name.encode() + b"\0" + data)
    try:
        pack = _made(read, digest.hexdigest())
    except (ValidationError, KeyError, TypeError) as error:
        raise UsageError(f"{place}: this is no law pack: {error}") from error
    if problems := list(_problems(pack)):
        raise UsageError(f"{place}: " + "; ".join(problems), hint="compare it with the pack that otel-cert brings")
    return pack


def _made(read: Mapping[str, Any], sha256: str) -> LawPack:
    return LawPack(
        about=About.model_validate(read["pack"]),
        rules=Rules.model_validate(read["risk_rules"]),
        cases=tuple(read["risk_cases"]["cases"]),
        requirements=tuple(Requirement.model_validate(_dated(one)) for one in read["requirements"]["requirements"]),
        evidence=tuple(Evidence.model_validate(one) for one in read["evidence"]["evidence"]),
        timeline=read["timeline"],
        bands=tuple(Band.model_validate(one) for one in read["penalties"]["bands"]),
        fine_rule=read["penalties"]["meta"]["rule"],
        standards=read["standards"],
        sha256=sha256,
    )


def _dated(requirement: Mapping[str, Any]) -> dict[str, Any]:
    """YAML reads a bare day as a date; a requirement's may also be a sentence."""
    return {**requirement, "applies_from": str(requirement["applies_from"])}


def _problems(pack: LawPack) -> Iterator[str]:
    """Yield what refers to nothing."""
    decided: set[str] = set()
    for fact in pack.rules.facts:
        yield from _unknown(pack, fact.when, decided, fact.id)
        decided.add(fact.id)
    for name, condition in [(r.outcome, r.when) for r in pack.rules.outcome_order] + [
        (label.label, label.when) for label in pack.rules.labels
    ]:
        yield from _unknown(pack, condition, decided, name)
    known = {one.id for one in pack.evidence}
    for requirement in pack.requirements:
        for missing in set(requirement.evidence_from_traces) - known:
            yield f"{requirement.id}: there is no evidence {missing!r}"
    bands = {band.id for band in pack.bands}
    for name, fines in pack.about.fines.items():
        for missing in set(fines) - bands:
            yield f"fines of {name}: there is no band {missing!r}"


def _unknown(pack: LawPack, condition: Condition, decided: set[str], of: str) -> Iterator[str]:
    for part in parts(condition):
        if "fact" in part and part["fact"] not in decided:
            yield f"{of}: the fact {part['fact']!r} is not decided before it"
        elif "q" in part:
            yield from _unknown_answer(pack, part, of)
        elif not set(part) & {"fact", "all", "any", "not", "always"}:
            yield f"{of}: {dict(part)} is no condition"


def _unknown_answer(pack: LawPack, part: Condition, of: str) -> Iterator[str]:
    question = pack.questions.get(part["q"])
    if question is None:
        yield f"{of}: there is no question {part['q']!r}"
        return
    if len(set(part) & set(OPERATORS)) != 1:
        yield f"{of}: {dict(part)} has not one of {', '.join(OPERATORS)}"
        return
    named = (
        [part["is"]] if "is" in part else [*part.get("in", ()), *part.get("has_any", ()), *part.get("subset_of", ())]
    )
    valid = {"yes", "no"} if question.type == "yn" else {*question.options, "none"}
    for option in named:
        if option not in valid:
            yield f"{of}: {question.id} has no answer {option!r}"
