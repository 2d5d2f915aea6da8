"""For all tests: our own logging, as every command sets it up.

structlog's default prints tracebacks with the values of local variables: slow with tables in them, and a leak.
"""

from __future__ import annotations

import pytest

from otel_cert.config import TelemetrySettings
from otel_cert.telemetry import configure_logging


@pytest.fixture(autouse=True, scope="session")
def _logging() -> None:
    configure_logging(TelemetrySettings(log_level="warning", log_format="json"))
