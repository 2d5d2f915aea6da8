"""Each requirement with its place in the set, its evidence and its state. There is no score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from otel_cert.law.pack import Requirement
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown, sources
from otel_cert.report.membership import absent
from otel_cert.report.model import Block, Box, Column, NotApplicable, Paragraph, Table
from otel_cert.report.outline import NAMES, completed
from otel_cert.report.requirements import Status, applies, field, status

READING = (
    "The state says what this set holds about a requirement: evidenced (telemetry gives its core fact), declared, expert"
    " done, missing, or not applicable with the reason. It does not say that a requirement is met. A listed piece of"
    " evidence supports a requirement and never proves it by itself."
)
_HEADINGS = ("Requirement", "Citation", "Document and section", "Evidence", "State", "Remark")


def matrix(context: Context) -> tuple[Block, ...]:
    """Return the matrix, and how many requirements are in each state."""
    states = {one.id: status(context, one) for one in context.pack.requirements}
    places = _places(context)
    missing = absent(context)
    rows = tuple(tuple(_row(context, one, states[one.id], places, missing)) for one in context.pack.requirements)
    counted = Counter(states.values())
    counts = tuple((state.value, text.count(counted[state])) for state in Status)
    return (
        Paragraph(READING),
        Table("Requirements by state", (Column("State"), Column("Requirements", "right")), counts),
        Table("Requirements, sections and evidence", tuple(map(Column, _HEADINGS)), rows),
    )


def _places(context: Context) -> dict[str, tuple[str, str]]:
    """Return where each requirement stands: document and section."""
    return {
        id_: (name, f"{part.number} {part.title}".strip())
        for name in NAMES
        for _, part in completed(name, context.pack).parts
        for id_ in part.requirements
    }


def _row(
    context: Context,
    one: Requirement,
    state: Status,
    places: dict[str, tuple[str, str]],
    missing: dict[str, str],
) -> Iterator[str]:
    name, section = places.get(one.id, ("", ""))
    yield f"{one.id}: {one.title}"
    yield one.citation
    yield "" if not name else f"{name} (not in this set)" if name in missing else f"{name}: {section}"
    yield ", ".join(_evidence(context, one)) if state is not Status.NOT_APPLICABLE else ""
    yield state.value
    yield _remark(context, one)


def _evidence(context: Context, one: Requirement) -> Iterator[str]:
    for kind in one.evidence_from_traces:
        ids = dict.fromkeys(s.evidence_id for block in shown(context, kind) for s in sources(block))
        yield f"{kind} ({', '.join(ids)})" if ids else f"{kind} (not measured)"


def _remark(context: Context, one: Requirement) -> str:
    found = field(context, one)
    if isinstance(found, NotApplicable):
        return found.because
    said = []
    if applies(context, one) is None:
        said.append("whether it applies is not known yet")
    if isinstance(found, Box):
        owner = f", owner {found.owner}" if found.owner else ""
        said.append(f"field open{owner}" + (f", due {found.due}" if found.due else ""))
    return "; ".join(said)
