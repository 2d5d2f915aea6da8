"""For all tests: our own logging, as every command sets it up, and examples of Hypothesis that are the same each time.

structlog's default prints tracebacks with the values of local variables: slow with tables in them, and a leak.
`--hypothesis-profile=default` tries other examples.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from otel_cert.config import TelemetrySettings
from otel_cert.telemetry import configure_logging

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


@pytest.fixture(autouse=True, scope="session")
def _logging() -> None:
    configure_logging(TelemetrySettings(log_level="warning", log_format="json"))
