"""A requirement of the Act in this system's case: what was filled in, and its state."""

from __future__ import annotations

from enum import StrEnum

from otel_cert.law.pack import Requirement
from otel_cert.report.applicability import applies, because
from otel_cert.report.context import Context
from otel_cert.report.evidenced import evidenced
from otel_cert.report.model import Box, Kind, NotApplicable, Statement
from otel_cert.report.outline import fields
from otel_cert.report.system import Filled

_WHY = "It needs knowledge or judgement that is not in telemetry."
_EXAMPLE = "No example is given for this point."


class Status(StrEnum):
    """The state of a requirement in a set; no state says that a duty is met."""

    EVIDENCED = "evidenced"
    DECLARED = "declared"
    EXPERT = "expert done"
    MISSING = "missing"
    NOT_APPLICABLE = "not applicable"


def field(context: Context, requirement: Requirement) -> Statement | Box | NotApplicable | None:
    """Return the field of a requirement: filled, open or not applicable; None where evidence stands for it."""
    filled = context.system.fields.get(requirement.id, Filled())
    by, on = filled.by or "", filled.on.isoformat() if filled.on else ""
    if filled.not_applicable:
        return NotApplicable(requirement.title, filled.not_applicable, by, on, requirement.id, requirement.citation)
    if applies(context, requirement) is False:
        return NotApplicable(
            requirement.title,
            because(context, requirement),
            *context.classifier,
            requirement.id,
            requirement.citation,
        )
    kind = Kind.DECLARED if requirement.evidence_kind == "declared" else Kind.EXPERT
    if filled.text:
        return Statement(kind, requirement.title, filled.text, by, on, requirement.id, requirement.citation)
    if requirement.evidence_kind == "measured" and not requirement.expert_input:
        return None
    return _box(requirement, kind, filled)


def unshown(context: Context) -> tuple[str, ...]:
    """Return the requirements that are filled in although they do not apply, by their ids."""
    filled = {id_ for id_, one in context.system.fields.items() if one.text}
    return tuple(one.id for one in context.pack.requirements if one.id in filled and applies(context, one) is False)


def status(context: Context, requirement: Requirement) -> Status:
    """Return the state of a requirement."""
    shown = field(context, requirement)
    if isinstance(shown, NotApplicable):
        return Status.NOT_APPLICABLE
    if isinstance(shown, Statement):
        return Status.DECLARED if shown.kind is Kind.DECLARED else Status.EXPERT
    measured = requirement.evidence_kind == "measured"
    if measured and any(evidenced(context, kind) for kind in requirement.evidence_from_traces):
        return Status.EVIDENCED
    return Status.MISSING


def _box(requirement: Requirement, kind: Kind, filled: Filled) -> Box:
    known = fields().get(requirement.id)
    question = known.question if known and known.question else requirement.expert_input or requirement.paraphrase
    return Box(
        kind,
        requirement.id,
        requirement.title,
        question,
        known.why if known else _WHY,
        known.example if known else _EXAMPLE,
        requirement.citation,
        filled.owner or "",
        filled.due.isoformat() if filled.due else "",
    )
