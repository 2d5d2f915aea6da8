"""Which documents the set of a role and tier has, and why it lacks the others."""

from __future__ import annotations

from otel_cert.report.applicability import applies, roles
from otel_cert.report.context import Context
from otel_cert.report.outline import Outline, outlines

ALWAYS = ("risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "checklist")
"""What every set has while the tier is not determined."""
DECLARATION = "declaration_of_conformity"


def absent(context: Context) -> dict[str, str]:
    """Return the documents that this set does not have, with the reason."""
    found = {name: _reason(context, name, one) for name, one in outlines().items()}
    return {name: reason for name, reason in found.items() if reason}


def members(context: Context) -> tuple[str, ...]:
    """Return the names of the documents of this set, in order; the declaration may still be refused."""
    missing = absent(context)
    return tuple(name for name in outlines() if name not in missing)


def _reason(context: Context, name: str, one: Outline) -> str:
    if name in ALWAYS and not context.determined:
        return ""
    if not one.audience.has(context.tier, "tiers"):
        return f"it is not for a system that is classified as {context.tier.replace('_', ' ')}"
    whose = {role: known for role, known in roles(context).items() if one.audience.has(role, "roles")}
    if all(known is False for known in whose.values()):
        return f"it is for a {' or '.join(whose)}, and the answers say that this is not the role of the organisation"
    if one.audience.every_tier:
        return ""
    ids = {id_ for _, part in one.parts for id_ in part.requirements}
    required = [requirement for requirement in context.pack.requirements if requirement.id in ids]
    if required and all(applies(context, requirement) is False for requirement in required):
        return "none of its requirements applies to this system"
    return ""
