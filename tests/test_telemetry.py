import json
import subprocess
import sys

import pytest

from otel_cert.telemetry import Metrics

PROGRAM = """
import sys, types, structlog
from otel_cert.telemetry import configure_logging
configure_logging(types.SimpleNamespace(log_level="info", log_format=sys.argv[1]))
log = structlog.get_logger()
log.debug("not shown")
def fail(prompt):
    raise ValueError("a bug")
try:
    fail("my secret prompt")
except ValueError as error:
    log.error("failed", signal="traces", exc_info=error)
"""


def logged(log_format):
    done = subprocess.run([sys.executable, "-c", PROGRAM, log_format], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_logs_away_from_a_terminal_are_json_lines_on_stderr(log_format):
    (line,) = logged(log_format).splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["signal"]) == ("failed", "error", "traces")
    assert entry["timestamp"].endswith("Z")
    assert "ValueError: a bug" in entry["exception"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_show_no_values_of_variables(log_format):
    text = logged(log_format)
    assert "a bug" in text
    assert "secret" not in text


def test_backlog_is_shown_once_somebody_knows_it():
    metrics = Metrics()
    assert b"otel_cert_backlog_bytes" not in metrics.text()
    metrics.watch_backlog(lambda: 17)
    assert b"otel_cert_backlog_bytes 17.0" in metrics.text()
