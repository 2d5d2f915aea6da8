"""What `genai` reads from recorded requests of real instrumentations equals what the provider really answered."""

from __future__ import annotations

from typing import Any

import pytest

from otel_cert.otlp.requests import SIGNALS
from tests.processors import unknowable
from tests.processors.rows import CAPTURES
from tests.processors.truth import CAPTURED, calls_of, differences


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Any]:
    """The differences between truth and store, of all captures."""
    return unknowable.found()


def test_every_recorded_capture_is_looked_at() -> None:
    assert len(CAPTURED) == len(list(CAPTURES.glob("*/*.expect.json"))) > 400


@pytest.mark.parametrize("folder", sorted({capture.split("/")[0] for capture in CAPTURED}))
def test_what_differs_from_the_truth_is_listed_and_nothing_else(folder: str, found: dict[tuple[str, str], Any]) -> None:
    listed = unknowable.listed()
    differing, expected = (
        {key: tuple(values) for key, values in each.items() if key[0].startswith(f"{folder}/")}
        for each in (found, listed)
    )
    assert differing == expected


def elsewhere(signal: str, body: bytes) -> bytes:
    """Return a request under another service's name, years later, from another host."""
    request = SIGNALS[signal].request.FromString(body)
    for group in request.resource_spans if signal == "traces" else request.resource_logs:
        for attribute in group.resource.attributes:
            if attribute.key in ("service.name", "host.name", "telemetry.sdk.language"):
                attribute.value.string_value = f"another-{attribute.value.string_value[::-1]}"
        for scope in group.scope_spans if signal == "traces" else group.scope_logs:
            for each in scope.spans if signal == "traces" else scope.log_records:
                for time in ("start_time_unix_nano", "end_time_unix_nano", "time_unix_nano", "observed_time_unix_nano"):
                    if getattr(each, time, 0):
                        setattr(each, time, getattr(each, time) + 10**17 + 7)
                for event in each.events if signal == "traces" else ():
                    event.time_unix_nano += 10**17 + 7
    return bytes(request.SerializeToString())


def test_other_service_names_and_times_change_nothing(found: dict[tuple[str, str], Any]) -> None:
    rows = calls_of(CAPTURED, elsewhere)
    assert {row["service_name"][:8] for capture in rows.values() for row in capture if row["service_name"]} == {
        "another-"
    }
    changed = {(c, f): v for c in CAPTURED for f, v in differences(c, rows[c]).items()}
    assert changed.keys() == found.keys()
