"""The incidents that are declared, and the copies that were frozen of their records: as lists, for several documents."""

from __future__ import annotations

from otel_cert.report import text
from otel_cert.report.clocks import KINDS, clock, due
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Table
from otel_cert.store.freezes import freezes

_LIST = ("Incident", "Kind", "Aware since", "Report due at the latest", "State of the first report")
_FROZEN = ("Incident", "Frozen, UTC", "Snapshot", "Traces", "Rows", "SHA-256 of the manifest")
_NOTE = (
    "The hash is of the manifest of the copy, which has the hash of each of its files. It shows that the copy was not"
    " changed since; not that the records were complete, nor what caused the incident."
)


def declared(context: Context) -> tuple[Block, ...]:
    """Return the declared incidents with their deadlines."""
    day = context.created.date()
    rows = tuple(
        (one.id, KINDS[one.kind], one.aware.isoformat(), due(one).isoformat(), clock(one, day))
        for one in context.system.incidents
    )
    return (
        (Table("Serious incidents as declared", tuple(map(Column, _LIST)), rows, None, "", *context.declarer),)
        if rows
        else ()
    )


def frozen(context: Context) -> tuple[Block, ...]:
    """Return the frozen copies of the declared incidents."""
    ids = {one.id for one in context.system.incidents}
    rows = tuple(
        (
            one.incident,
            text.spoken(one.time[:19] + "Z"),
            str(one.snapshot),
            text.count(one.traces),
            text.count(one.rows),
            one.manifest_sha256,
        )
        for one in freezes(context.layout, context.system.system.name)
        if one.incident in ids
    )
    columns = (*map(Column, _FROZEN[:2]), *(Column(name, "right") for name in _FROZEN[2:5]), Column(_FROZEN[5]))
    return (Table("Frozen records of incidents", columns, rows, note=_NOTE),) if rows else ()


MEASURES = {"incidents": declared, "evidence_freeze": frozen}
HOW = {
    "incidents": "No incident is declared in `incidents` of system.yaml; telemetry does not say what a serious incident is.",
    "evidence_freeze": "No copy of an incident's records was made: `otel-cert report freeze` makes one of an incident that"
    " system.yaml declares.",
}
