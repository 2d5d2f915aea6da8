"""Serious incidents that an organisation declares, with the clocks of Art. 73 and what was frozen of their records."""

from __future__ import annotations

import datetime as dt

from otel_cert.report import text
from otel_cert.report.applicability import roles
from otel_cert.report.clocks import DAYS, KINDS, clock, due
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Kind, Paragraph, Statement, Table
from otel_cert.report.system import Incident
from otel_cert.store.freezes import Freeze, freezes

CLOCKS = (
    "A report is due at once when a causal link, or its reasonable likelihood, is established, and at the latest 15 days"
    " after the provider or, where applicable, the deployer became aware of the incident (Art. 73(2)); 2 days for a"
    " widespread infringement or a disruption of critical infrastructure (Art. 73(3)); 10 days for a death, where a"
    " suspected link is enough (Art. 73(4)). A first report may be incomplete (Art. 73(5)). Whether an event is a serious"
    " incident is for a person to decide."
)
_OPEN = f"{text.UNKNOWN} (not declared)"


def incidents(context: Context) -> tuple[Block, ...]:
    """Return the clocks and a record per incident; the declaration that there is none, where there is none."""
    by, on = context.declarer
    if not context.system.incidents:
        none = Statement(Kind.DECLARED, "Serious incidents", "None is declared in system.yaml.", by, on, "incidents")
        return (Paragraph(CLOCKS), none)
    day = context.created.date()
    return (Paragraph(CLOCKS), *(_record(context, one, day) for one in context.system.incidents))


def _record(context: Context, one: Incident, day: dt.date) -> Table:
    by, on = context.declarer
    frozen = "; ".join(map(_copy, freezes(context.layout, context.system.system.name, one.id)))
    rows = (
        ("What happened", one.what),
        ("Kind", KINDS[one.kind]),
        ("Aware since", one.aware.isoformat()),
        *((("Provider told", _day(one.provider_told)),) if roles(context)["deployer"] is not False else ()),
        ("Report due at the latest", f"{due(one).isoformat()} ({DAYS[one.kind]} days)"),
        ("First report", _day(one.first_report)),
        ("State of the first report", f"{clock(one, day)} (as of {day.isoformat()})"),
        ("Complete report", _day(one.complete_report)),
        ("Causal link", one.causal_link or _OPEN),
        ("Corrective action", one.corrective_action or _OPEN),
        ("Traces", _traces(one)),
        ("Frozen records", frozen or f"not yet frozen: otel-cert report freeze {one.id}"),
    )
    return Table(f"Incident {one.id}", (Column("What"), Column("State")), rows, by=by, on=on)


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else _OPEN


def _traces(one: Incident) -> str:
    window = f"those that began from {_utc(one.since)} to {_utc(one.until)}" if one.since and one.until else ""
    return "; ".join(filter(None, (", ".join(one.traces), window))) or _OPEN


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _copy(one: Freeze) -> str:
    counts = f"{text.plural(one.rows, 'row')} of {text.plural(one.traces, 'trace')}"
    return f"{text.spoken(one.time[:19] + 'Z')}: {counts}, snapshot {one.snapshot}, SHA-256 {one.manifest_sha256}"
