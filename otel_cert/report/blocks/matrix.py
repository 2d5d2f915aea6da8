"""Each requirement with its place in the set, its evidence and its state. There is no score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from otel_cert.law.pack import Requirement
from otel_cert.report import text
from otel_cert.report.applicability import applies
from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown, sources
from otel_cert.report.membership import absent
from otel_cert.report.model import Block, Box, Column, NotApplicable, Paragraph, Table
from otel_cert.report.outline import NAMES, completed
from otel_cert.report.requirements import Status, field, status

READING = (
    "The state says what this set holds about a requirement: evidenced (telemetry gives its core fact), declared, expert"
    " done, missing, or not applicable with the reason. It does not say that a requirement is met. A listed piece of"
    " evidence supports a requirement and never proves it by itself."
)
TREATED, LEFT_OUT = "Requirements, sections and evidence", "Requirements that do not apply"
_STANDS = ("Requirement", "Citation", "Document and section")
_SHARED = 3
"""Requirements that make a reason stand once, above a table of its own."""


def matrix(context: Context) -> tuple[Block, ...]:
    """Return how many requirements are in each state, those that apply or may, and those that do not, by reason."""
    states = {one.id: status(context, one) for one in context.pack.requirements}
    places = _places(context)
    counted = Counter(states.values())
    counts = tuple((state.value, text.count(counted[state])) for state in Status)
    rows = tuple(
        (*_stands(one, places), ", ".join(_evidence(context, one)), states[one.id].value, remark(context, one))
        for one in context.pack.requirements
        if states[one.id] is not Status.NOT_APPLICABLE
    )
    listed = Table(TREATED, tuple(map(Column, (*_STANDS, "Evidence", "State", "Remark"))), rows)
    return (
        Paragraph(READING),
        Table("Requirements by state", (Column("State"), Column("Requirements", "right")), counts),
        *((listed,) if rows else ()),
        *_left_out(context, places),
    )


def _left_out(context: Context, places: Mapping[str, str]) -> Iterator[Block]:
    """Yield the requirements that do not apply: a table for each reason of many, one for all other reasons."""
    found = {one: field(context, one) for one in context.pack.requirements}
    because = {one: said.because for one, said in found.items() if isinstance(said, NotApplicable)}
    many = [reason for reason, n in Counter(because.values()).items() if n >= _SHARED]
    for reason in many:
        yield Paragraph(reason)
        rows = tuple(_stands(one, places) for one, said in because.items() if said == reason)
        yield Table(LEFT_OUT, tuple(map(Column, _STANDS)), rows)
    rest = tuple((*_stands(one, places), said) for one, said in because.items() if said not in many)
    if rest:
        yield Table(LEFT_OUT, tuple(map(Column, (*_STANDS, "Reason"))), rest)


def _places(context: Context) -> dict[str, str]:
    """Return where each requirement stands: the title of the document, and the section if the set has the document."""
    missing = absent(context)
    found: dict[str, str] = {}
    for name in NAMES:
        one = completed(name, context.pack)
        for _, part in one.parts:
            section = f"{part.number} {part.title}".strip()
            place = f"{one.title} (not in this set)" if name in missing else f"{one.title}: {section}"
            found |= dict.fromkeys(part.requirements, place)
    return found


def _stands(one: Requirement, places: Mapping[str, str]) -> tuple[str, ...]:
    return f"{one.id}: {one.title}", one.citation, places.get(one.id, "")


def _evidence(context: Context, one: Requirement) -> Iterator[str]:
    for kind in one.evidence_from_traces:
        ids = dict.fromkeys(s.evidence_id for block in shown(context, kind) for s in sources(block))
        yield f"{kind.replace('_', ' ')} ({', '.join(ids) or 'not measured'})"


def remark(context: Context, one: Requirement) -> str:
    """Return what is open about a requirement: whether it applies, who will fill it in and until when."""
    found = field(context, one)
    said = []
    if applies(context, one) is None:
        said.append("whether it applies is not known yet")
    if isinstance(found, Box):
        owner = f", owner {found.owner}" if found.owner else ""
        said.append(f"field open{owner}" + (f", due {found.due}" if found.due else ""))
    return "; ".join(said)
