"""A self-check of an organisation: gaps and next steps, without a score and without legal meaning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from otel_cert.law.answers import UNKNOWN, checked

LABEL = "Self-assessed by the organisation; it has no legal meaning and says nothing about conformity."
"""What stands on every result."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ReadinessQuestion(_Model):
    """A question that yes is a good answer to."""

    text: str
    next: str
    """What to do when it is not."""


class Area(_Model):
    """Questions about one matter."""

    title: str
    questions: dict[str, ReadinessQuestion]


class Gap(_Model):
    """A question that was not answered with yes."""

    question: str
    """`area.name`."""
    text: str
    answer: str
    """`no` or `unknown`."""
    next: str
    """What to do."""


class AreaResult(_Model):
    """What was answered in an area."""

    title: str
    yes: int
    no: int
    unknown: int


class Readiness(_Model):
    """Gaps and next steps by area."""

    areas: dict[str, AreaResult]
    gaps: list[Gap]
    """Those answered no first, then the unknown ones; in the order of the questions."""
    label: str = LABEL


@cache
def areas() -> Mapping[str, Area]:
    """Return the areas with their questions."""
    text = (resources.files(__package__) / "readiness.yaml").read_text(encoding="utf-8")
    return {name: Area.model_validate(area) for name, area in yaml.safe_load(text)["areas"].items()}


def questions() -> dict[str, ReadinessQuestion]:
    """Return all questions by `area.name`, in their order."""
    return {f"{area}.{name}": q for area, content in areas().items() for name, q in content.questions.items()}


def readiness(answers: Mapping[str, Any]) -> Readiness:
    """Return what is missing.

    Args:
        answers: `area.name` -> `yes`, `no` or `unknown` (booleans are read as yes and no); what is absent is unknown.

    Raises:
        UsageError: an id or an answer is none that there is; with the closest match.

    """
    asked = questions()
    said = checked(answers, asked)
    found = {id_: said.get(id_, UNKNOWN) for id_ in asked}
    gaps = [
        Gap(question=id_, text=asked[id_].text, answer=wanted, next=asked[id_].next)
        for wanted in ("no", UNKNOWN)
        for id_, answer in found.items()
        if answer == wanted
    ]
    return Readiness(areas={name: _counted(name, area, found) for name, area in areas().items()}, gaps=gaps)


def _counted(name: str, area: Area, found: Mapping[str, str]) -> AreaResult:
    said = [found[f"{name}.{question}"] for question in area.questions]
    return AreaResult(title=area.title, yes=said.count("yes"), no=said.count("no"), unknown=said.count(UNKNOWN))
