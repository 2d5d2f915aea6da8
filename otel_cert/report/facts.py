"""Facts that `system.yaml` declares: what they are called, what is asked, and what is declared."""

from __future__ import annotations

from pydantic import BaseModel

from otel_cert.report.model import Box, Kind, NotApplicable, Statement
from otel_cert.report.system import UNNAMED, About, Filled, Organisation, Person, System

_OF: dict[str, tuple[type[BaseModel], str]] = {
    "system": (About, "the system"),
    "provider": (Organisation, "the provider"),
    "deployer": (Organisation, "the deployer"),
    "responsible": (Person, "the responsible person"),
}
_WHY = "It is a decision of the organisation; telemetry shows what happened, not what was intended."


def _facts() -> dict[str, tuple[str, str]]:
    return {
        f"{part}.{name}": (
            f"{name.replace('_', ' ').capitalize()} of {of}",
            field.description or f"{name.replace('_', ' ').capitalize()}.",
        )
        for part, (model, of) in _OF.items()
        for name, field in model.model_fields.items()
    }


FACTS = _facts()
"""Path in `system.yaml` (`provider.name`) -> (label, what it is)."""


def declared(system: System, path: str) -> str:
    """Return what is declared, in words; empty when nothing is."""
    part, _, name = path.partition(".")
    owner = getattr(system, part)
    value = None if owner is None else getattr(owner, name)
    if value is None or value == UNNAMED:
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def fact(system: System, path: str, by: str, on: str) -> Statement | NotApplicable | Box:
    """Return the statement of what is declared, why it does not apply, or the open field."""
    label, what = FACTS[path]
    if said := declared(system, path):
        return Statement(Kind.DECLARED, label, said, by, on, path)
    filled = system.fields.get(path, Filled())
    if filled.not_applicable:
        day = filled.on.isoformat() if filled.on else ""
        return NotApplicable(label, filled.not_applicable, filled.by or "", day, path)
    example = f"Write it into system.yaml under `{path.replace('.', ': ')}`."
    due = filled.due.isoformat() if filled.due else ""
    return Box(Kind.DECLARED, path, label, what, _WHY, example, owner=filled.owner or "", due=due)
