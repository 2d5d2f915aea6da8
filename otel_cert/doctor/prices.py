"""The price list: how old it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import metadata

from otel_cert.doctor.finding import Finding, State
from otel_cert.processors.listed_prices import newest as newest_price
from otel_cert.report.text import plural

_OLD_DAYS = 120
"""Providers change prices several times a year."""


def age(today: date | None = None) -> Finding:
    """Say from when the newest price of the installed list is."""
    today = today or datetime.now(UTC).date()
    newest = newest_price(upto=today)
    days = (today - newest).days
    subject = f"genai-prices {metadata.version('genai-prices')}"
    text = f"its newest price is valid from {newest.isoformat()}" + (f", {plural(days, 'day')} ago" if days > 0 else "")
    if days > _OLD_DAYS:
        return Finding("prices", subject, State.WARNING, text, "pip install -U genai-prices, then restart `serve`")
    return Finding("prices", subject, State.OK, text)
