"""What a report says of the registration of a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.report import text
from otel_cert.report.support import Registered
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import registered_before


def registrations(layout: Layout) -> Registered:
    """Return what tells of a row of the question `support` whether its threshold was registered before its answers."""

    def told(row: Mapping[str, Any]) -> str:
        method = row["evaluator"].rpartition(":")[2]
        try:
            found = registered_before(layout, row["threshold"], method, row["first_answer_unix_ns"])
        except OtelCertError as error:
            return f"whether it was registered cannot be said: {error.message}"
        if found is None:
            return "not registered"
        entry, before = found
        return registered(entry.time, entry.who, before)

    return told


def registered(time: str, who: str, before: bool | None) -> str:
    """Return in words when and by whom a threshold was registered; `before` says whether before the first answer."""
    order = {True: ", before the first answer", False: ", after the first answer", None: ""}[before]
    return f"registered {text.spoken(time[:19] + 'Z')} by {who}{order}"
