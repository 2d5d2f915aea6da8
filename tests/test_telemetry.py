import json
import subprocess
import sys

import pytest

from otel_cert.telemetry import Metrics

PROGRAM = """
import logging, sys, types, structlog
from otel_cert.telemetry import configure_logging
configure_logging(types.SimpleNamespace(log_level="info", log_format=sys.argv[1]))
log = structlog.get_logger()
log.debug("not shown")
def fail(prompt):
    try:
        int(prompt)
    except ValueError as error:
        raise OSError(28, "No space left on device") from error
try:
    fail("my secret prompt")
except OSError as error:
    log.error("failed", signal="traces", exc_info=error)
"""
LIBRARY = """
try:
    int("my secret prompt")
except ValueError:
    logging.getLogger("library").exception("it broke: %s\\nmy secret context", "my secret argument")
"""


def logged(log_format, more=""):
    program = PROGRAM + more
    done = subprocess.run([sys.executable, "-c", program, log_format], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_logs_away_from_a_terminal_are_json_lines_on_stderr(log_format):
    (line,) = logged(log_format).splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["signal"]) == ("failed", "error", "traces")
    assert entry["timestamp"].endswith("Z")
    assert entry["exception"].endswith("OSError: [Errno 28] No space left on device")
    assert "in fail\nValueError\n" in entry["exception"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_show_neither_values_of_variables_nor_messages_that_may_quote_them(log_format):
    text = logged(log_format, LIBRARY)
    assert "No space left" in text
    assert "it broke: %s" in text
    assert text.count("ValueError") == 2

    assert "secret" not in text


def test_backlog_is_shown_once_somebody_knows_it():
    metrics = Metrics()
    assert b"otel_cert_backlog_bytes" not in metrics.page()[0]
    metrics.watch_backlog(lambda: 17)
    assert b"otel_cert_backlog_bytes 17.0" in metrics.page()[0]
