"""The clocks of Art. 73: until when a serious incident has to be reported, and how a report stands to that."""

from __future__ import annotations

import datetime as dt

from otel_cert.report import text
from otel_cert.report.system import Incident

DAYS = {"serious": 15, "death": 10, "widespread_or_critical_infrastructure": 2}
"""Days from awareness to the report at the latest: Art. 73(2), (4) and (3)."""
KINDS = {
    "serious": "serious incident",
    "death": "death of a person",
    "widespread_or_critical_infrastructure": "widespread infringement or critical infrastructure",
}


def due(incident: Incident) -> dt.date:
    """Return the last day for the report."""
    return incident.aware + dt.timedelta(days=DAYS[incident.kind])


def clock(incident: Incident, day: dt.date) -> str:
    """Return in words how the report stands to its deadline on a day."""
    last = due(incident)
    if incident.first_report is None:
        late = (day - last).days
        left = text.plural(abs(late), "day")
        return f"not reported, {left} late" if late > 0 else f"not reported, {left} left"
    took = (incident.first_report - incident.aware).days
    late = (incident.first_report - last).days
    return f"reported after {text.plural(took, 'day')}" + (f", {text.plural(late, 'day')} late" if late > 0 else "")
