"""For all tests: our own logging, as every command sets it up, and examples of Hypothesis that are the same each time.

structlog's default prints tracebacks with the values of local variables: slow with tables in them, and a leak.
`--hypothesis-profile=default` tries other examples.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from otel_cert.config import TelemetrySettings
from otel_cert.telemetry import configure_logging

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker a session of its own.

    Linux shares the processors between sessions first: what `serve` runs niced waits for its own test only, not for all
    the others.
    """
    if hasattr(config, "workerinput"):
        os.setsid()


@pytest.fixture(autouse=True, scope="session")
def _logging() -> None:
    configure_logging(TelemetrySettings(log_level="warning", log_format="json"))
