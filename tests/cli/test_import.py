"""`otel-cert import`: recorded telemetry becomes rows, with and without a running service."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from otel_cert.otlp.requests import SIGNALS
from tests.stored import body, chat

from .serving import COMMAND, ENVIRONMENT, ask, cli, serving

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
COUNTS = """SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM logs),
    (SELECT count(DISTINCT (sequence, resource_ordinal, scope_ordinal, ordinal)) FROM metric_points),
    (SELECT count(*) FROM genai_calls)"""


def load(data: Path, *arguments):
    return cli("import", "--data-dir", data, "--format", "json", *arguments)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Every capture, imported."""
    data = tmp_path_factory.mktemp("import") / "data"
    return data, load(data, CAPTURES)


def independent_counts():
    """Count requests, and per signal elements that a reader of protobuf and JSON alone finds."""
    found: Counter[str] = Counter()
    for path in CAPTURES.rglob("*.traces*.pb"):
        request = SIGNALS["traces"].request.FromString(path.read_bytes())
        found["spans"] += sum(len(scope.spans) for r in request.resource_spans for scope in r.scope_spans)
    for path in CAPTURES.rglob("*.logs*.pb"):
        request = SIGNALS["logs"].request.FromString(path.read_bytes())
        found["logs"] += sum(len(scope.log_records) for r in request.resource_logs for scope in r.scope_logs)
    for path in CAPTURES.rglob("*.metrics*.pb"):
        request = SIGNALS["metrics"].request.FromString(path.read_bytes())
        found["metrics"] += sum(len(scope.metrics) for r in request.resource_metrics for scope in r.scope_metrics)
    for path in CAPTURES.rglob("*.traces.json"):
        groups = json.loads(path.read_text())["resourceSpans"]
        found["spans"] += sum(len(scope["spans"]) for r in groups for scope in r["scopeSpans"])
    return found


def test_everything_recorded_is_stored_and_computed_on_return(imported):
    data, done = imported
    assert done.returncode == 0, done.stderr
    found, recordings = independent_counts(), len([*CAPTURES.rglob("*.pb"), *CAPTURES.rglob("*.traces.json")])
    others = len([path for path in CAPTURES.rglob("*") if path.is_file()]) - recordings
    assert json.loads(done.stdout) == [
        {"files": recordings, "requests": recordings, **found, "skipped_files": others, "failed": 0}
    ]
    ((*stored, calls),) = ask(data, COUNTS)
    assert stored == [found["spans"], found["logs"], found["metrics"]]
    assert calls > 0  # which calls: tests/processors/test_captures.py


def test_what_is_no_telemetry_is_named(imported):
    _, done = imported
    reason, _, named = done.stderr.partition(":\n")
    assert reason == (
        "skipped, no JSON with resourceSpans, resourceLogs or resourceMetrics, and no record of CERT or Langfuse"
    )
    assert f"  {CAPTURES / 'otel-genai-openai' / 'chat_a.expect.json'}\n" in named


def test_importing_again_changes_nothing(imported):
    data, _ = imported
    before = ask(data, COUNTS)
    assert load(data, CAPTURES).returncode == 0
    assert ask(data, COUNTS) == before


def test_a_broken_line_fails_and_the_rest_is_stored(tmp_path):
    good = [json.dumps(json.loads(path.read_text())) for path in sorted(CAPTURES.rglob("*.traces.json"))]
    lines = tmp_path / "traces.jsonl"
    lines.write_text("\n".join([good[0], good[1][:200], good[2]]))
    (tmp_path / "broken.traces.pb").write_bytes(b"\xff\xff")
    (tmp_path / "request.bin").write_bytes(body(chat(1)))
    done = load(tmp_path / "data", lines, tmp_path / "broken.traces.pb", tmp_path / "request.bin")
    assert done.returncode == 1
    (row,) = json.loads(done.stdout)
    assert (row["requests"], row["failed"], row["skipped_files"]) == (2, 2, 1)
    assert "its name tells no signal; OTLP protobuf? then --signal traces|logs|metrics:" in done.stderr
    assert f"  {lines}:2\n" in done.stderr
    assert f"  {tmp_path / 'broken.traces.pb'}\n" in done.stderr
    assert ask(tmp_path / "data", "SELECT count(DISTINCT sequence) FROM spans") == [(2,)]


def test_a_process_substitution_is_read_and_what_is_no_file_is_named(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "fifo")
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(body(chat(1)))
    arguments = ("import", f"/dev/fd/{reading}", tmp_path / "folder", "--signal", "traces", "--format", "json")
    command = [*COMMAND, *arguments, "--data-dir", tmp_path / "data"]
    done = subprocess.run(
        command, pass_fds=[reading], capture_output=True, text=True, env=ENVIRONMENT, check=True, timeout=300
    )
    os.close(reading)
    (counts,) = json.loads(done.stdout)
    assert (counts["files"], counts["spans"], counts["skipped_files"]) == (1, 1, 1)
    assert done.stderr.endswith(f"skipped, no regular file:\n  {tmp_path / 'folder' / 'fifo'}\n")


def test_a_path_that_does_not_exist(tmp_path):
    done = load(tmp_path / "data", tmp_path / "nothing")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"error: {tmp_path / 'nothing'} does not exist",
        "  hint: name a file or a folder with recorded OTLP",
    ]


def test_importing_while_a_service_runs_is_visible_on_return(tmp_path):
    (tmp_path / "request.bin").write_bytes(body(chat(1), chat(2)))
    with serving(tmp_path) as running:
        done = load(running.data, tmp_path / "request.bin", "--signal", "traces", "--config", running.config)
        assert done.returncode == 0, done.stderr
        assert ask(running.data, COUNTS) == [(2, 0, 0, 2)]
        assert ask(running.data, "SELECT count(total_cost) FROM costs") == [(2,)]
        running.stop()
