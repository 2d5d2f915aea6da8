"""What a document holds, as data: sections with their facts, requirements, evidence and named blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from otel_cert import quick_yaml
from otel_cert.errors import UsageError
from otel_cert.law import LawPack
from otel_cert.report.facts import FACTS

NAMES = (
    "risk_classification",
    "technical_documentation",
    "monitoring_report",
    "audit_trail",
    "instructions_for_use",
    "human_oversight",
    "post_market_monitoring_plan",
    "quality_management",
    "transparency_record",
    "gpai_supplier_file",
    "fria",
    "incident_record",
    "declaration_of_conformity",
    "registration_data",
    "checklist",
)
"""Every document, in the order of a set."""
CHECKLIST = "checklist"
UNPLACED = "Requirements that no other document has a section for"
DEEPEST = 3
"""Levels of sections."""
_ROLES = {"provider", "deployer", "gpai"}
_EVERY = "all"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Part(_Model):
    """One section."""

    title: str = Field(min_length=1)
    number: Annotated[str, BeforeValidator(str)] = ""
    """The statute's own number of the point."""
    citation: str = ""
    text: str = ""
    """Fixed wording."""
    facts: tuple[str, ...] = ()
    """Attributes of `system.yaml`."""
    requirements: tuple[str, ...] = ()
    """Ids of the law pack."""
    evidence: tuple[str, ...] = ()
    """Kinds of evidence of the law pack."""
    blocks: tuple[str, ...] = ()
    """Names of blocks that code makes."""
    sections: tuple[Part, ...] = ()


class Audience(_Model):
    """Which sets a document belongs to."""

    roles: tuple[str, ...]
    tiers: tuple[str, ...]

    @property
    def every_tier(self) -> bool:
        """Whether it is for systems of every tier, whatever of the Act applies to them."""
        return _EVERY in self.tiers

    def has(self, value: str, of: str) -> bool:
        """Return whether a role or tier is among them."""
        values = self.roles if of == "roles" else self.tiers
        return value in values or _EVERY in values


class Outline(_Model):
    """`documents/NAME.yaml`."""

    title: str = Field(min_length=1)
    basis: str
    """Where the Act asks for it."""
    purpose: str = Field(min_length=1)
    """What it is for, whom it serves, what it is not."""
    audience: Audience = Field(alias="for")
    sections: tuple[Part, ...]

    @property
    def parts(self) -> Iterator[tuple[int, Part]]:
        """Every section with its level, in reading order."""
        yield from _walk(self.sections, 1)


class Help(_Model):
    """Help for an open field, by requirement."""

    question: str | None = None
    """What to answer; the law pack's `expert_input` when left out."""
    why: str
    """Why a machine cannot answer."""
    example: str
    """Good content, of a system that does not exist."""


def folder() -> Traversable:
    """Return where the outlines are."""
    return resources.files(__package__) / "documents"


@cache
def outline(name: str) -> Outline:
    """Return the outline of a document.

    Raises:
        UsageError: there is none of that name, or it is not valid.

    """
    if name not in NAMES:
        raise UsageError(f"there is no document {name!r}", hint=f"valid are: {', '.join(NAMES)}")
    return parsed(folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name)


def parsed(content: str, name: str) -> Outline:
    """Return an outline from its YAML; raise UsageError with what is wrong in it."""
    try:
        return Outline.model_validate(quick_yaml.load(content))
    except (yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"documents/{name}.yaml: {error}") from error


def outlines() -> Mapping[str, Outline]:
    """Return every outline by name, in the order of a set."""
    return {name: outline(name) for name in NAMES if folder().joinpath(f"{name}.yaml").is_file()}


def completed(name: str, pack: LawPack) -> Outline:
    """Return the outline of a document, fitted to legal data that may be newer than it.

    The checklist also has the requirements that no outline places: without a section they would be asked of nobody. Kinds of
    evidence that the legal data no longer have are left out.
    """
    one, kinds = outline(name), {kind.id for kind in pack.evidence}
    sections = tuple(_fitted(part, kinds) for part in one.sections)
    placed = {id_ for other in outlines().values() for _, part in other.parts for id_ in part.requirements}
    left = tuple(requirement.id for requirement in pack.requirements if requirement.id not in placed)
    if name == CHECKLIST and left:
        sections = (sections[0], Part(title=UNPLACED, requirements=left), *sections[1:])
    return one.model_copy(update={"sections": sections})


def _fitted(part: Part, kinds: Collection[str]) -> Part:
    evidence = tuple(kind for kind in part.evidence if kind in kinds)
    sections = tuple(_fitted(inner, kinds) for inner in part.sections)
    return part.model_copy(update={"evidence": evidence, "sections": sections})


@cache
def fields() -> Mapping[str, Help]:
    """Return the help for open fields by requirement."""
    file = folder().joinpath("fields.yaml")
    content: dict[str, Any] = quick_yaml.load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {id_: Help.model_validate(one) for id_, one in content.items()}


def problems(one: Outline, pack: LawPack, blocks: Mapping[str, object]) -> Iterator[str]:
    """Yield what an outline refers to that there is not, and what is nested too deep."""
    known = {
        "facts": set(FACTS),
        "requirements": {requirement.id for requirement in pack.requirements},
        "evidence": {kind.id for kind in pack.evidence},
        "blocks": set(blocks),
    }
    tiers = {rule.outcome for rule in pack.rules.outcome_order} | {"undetermined", _EVERY}
    for role in set(one.audience.roles) - _ROLES - {_EVERY}:
        yield f"there is no role {role!r}"
    for tier in set(one.audience.tiers) - tiers:
        yield f"there is no tier {tier!r}"
    for level, part in one.parts:
        if level > DEEPEST:
            yield f"{part.title}: sections have at most {DEEPEST} levels"
        for kind, ids in known.items():
            for missing in set(getattr(part, kind)) - ids:
                yield f"{part.title}: there is no {missing!r} among {kind}"


def _walk(parts: tuple[Part, ...], level: int) -> Iterator[tuple[int, Part]]:
    for part in parts:
        yield level, part
        yield from _walk(part.sections, level + 1)
