"""The whole command, as a person runs it."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest

from otel_cert.demo.directory import MARKER
from otel_cert.demo.knowledge import load
from otel_cert.report.check import problems
from otel_cert.report.folder import Folder
from otel_cert.store.layout import Layout

OTEL_CERT = (sys.executable, "-m", "otel_cert")


def otel_cert(*arguments, cwd):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")} | {"NO_COLOR": "1"}
    return subprocess.run(
        [*OTEL_CERT, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )


def declared_calls():
    """Chat and embedding calls of one run: each of the two processes embeds the passages once."""
    questions = load().questions
    chats = len(questions) + sum(1 for q in questions if q.tool)
    processes = len({c.protocol for c in load().conversations})
    return {"chat": chats, "embeddings": len(questions) + processes}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = otel_cert("demo", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def ask(folder, sql):
    done = otel_cert("sql", sql, "--data-dir", "otel-cert-demo/data", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_shows_tables_with_every_model(demo):
    _, done = demo
    for model in ("gpt-4o-mini", "gpt-4.1", "text-embedding-3-small", "museum-guide-8b"):
        assert model in done.stdout


def test_it_tells_its_steps_and_where_everything_is(demo):
    _, done = demo
    assert "[10/10] write the documents" in done.stderr
    assert "otel-cert sql" in done.stderr
    assert "otel-cert evidence" in done.stderr
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318" in done.stderr


def test_it_writes_the_whole_set_and_says_how_its_statements_are_known(demo):
    folder, done = demo
    documents = folder / "otel-cert-demo" / "documents"
    manifest = json.loads((documents / "manifest.json").read_text())
    assert manifest["classification"] == "limited"
    assert {"risk_classification", "monitoring_report", "transparency_record", "checklist"} <= set(
        manifest["documents"]
    )
    assert all(len(one["files"]) == 5 for one in manifest["documents"].values())
    assert "museum-guide-8b" in (documents / "monitoring_report.html").read_text()
    assert re.search(
        r"statements: \d+ \([\d.]+ %\) measured, \d+ \(.+ %\) declared, \d+ \(.+ %\) by experts, \d+ \(.+ %\) open",
        done.stdout,
    )
    assert problems(Folder(documents), Layout(folder / "otel-cert-demo" / "data")) == []


def test_every_call_is_stored_once(demo):
    rows = ask(demo[0], "SELECT operation, count(*) AS calls FROM genai_calls GROUP BY ALL")
    assert {r["operation"]: r["calls"] for r in rows} == declared_calls()


def test_answers_errors_tools_and_retrievals_are_there(demo):
    folder, _ = demo
    said = "\n".join(r["output_messages"] or "" for r in ask(folder, "SELECT output_messages FROM genai_calls"))
    for question in load().questions:
        assert (question.said in said) == (question.error is None)
    errors = ask(folder, "SELECT error_class FROM genai_calls WHERE error_type IS NOT NULL")
    assert sorted(e["error_class"] for e in errors) == ["rate_limit", "server"]
    counts = ask(
        folder,
        "SELECT (SELECT count(*) FROM genai_tool_executions) AS tools,"
        " (SELECT count(*) FROM genai_retrievals) AS retrievals,"
        " (SELECT sum(cache_read_tokens)::BIGINT FROM genai_calls) AS cached,"
        " (SELECT count(DISTINCT conversation_id) FROM genai_calls) AS conversations",
    )[0]
    assert counts.pop("cached") > 0
    assert counts == {"tools": 3, "retrievals": len(load().questions), "conversations": len(load().conversations)}


def test_only_the_model_without_a_public_price_and_the_failed_calls_are_unpriced(demo):
    rows = ask(
        demo[0],
        "SELECT request_model, error_type IS NOT NULL AS failed, count(*) AS calls FROM genai_calls JOIN costs"
        " USING (trace_id, span_id) WHERE total_cost IS NULL GROUP BY ALL ORDER BY ALL",
    )
    assert [tuple(r.values()) for r in rows] == [
        ("gpt-4.1", True, 1), ("gpt-4o-mini", True, 1), ("museum-guide-8b", False, 1),
    ]  # fmt: skip


def test_csv_costs_name_every_model(demo):
    done = otel_cert("costs", "--data-dir", "otel-cert-demo/data", "--format", "csv", cwd=demo[0])
    assert done.returncode == 0, done.stderr
    assert "museum-guide-8b" in {value for row in csv.reader(io.StringIO(done.stdout)) for value in row}


@pytest.mark.slow
def test_a_second_run_replaces_the_first(demo):
    folder, _ = demo
    again = otel_cert("demo", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert ask(folder, "SELECT count(*) AS calls FROM genai_calls")[0]["calls"] == sum(declared_calls().values())


def test_a_directory_with_other_data_is_refused(tmp_path):
    (tmp_path / "precious").touch()
    done = otel_cert("demo", "--data-dir", str(tmp_path), "--output", str(tmp_path / "out"), cwd=tmp_path)
    assert done.returncode == 2
    assert "something else" in done.stderr
    assert not (tmp_path / MARKER).exists()


def test_without_the_openai_client_it_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['openai'] = None; from otel_cert.cli import main; sys.argv[1:] = ['demo']; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "pip install 'otel-cert[openai,documents]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_answers_are_among_the_least_supported(demo):
    folder, done = demo
    assert "Support rate (proxy)" in done.stdout
    rows = ask(folder, "SELECT output_messages, score_value FROM support JOIN genai_calls USING (trace_id, span_id)"
                       " WHERE score_value IS NOT NULL ORDER BY score_value")  # fmt: skip
    wrong = [question.wrong for question in load().questions if question.wrong]
    assert all(any(text in row["output_messages"] for text in wrong) for row in rows[:3])
    assert "The last admission is \N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}30 minutes" in done.stdout
    report = (folder / "otel-cert-demo" / "documents" / "monitoring_report.html").read_text()
    assert "Support of answers (proxy)" in report


def test_entropy_of_the_answers_that_came_with_log_probabilities(demo):
    folder, done = demo
    asked = [c for c in load().conversations if c.logprobs]
    answers = [q.said for c in asked for q in c.questions if not q.error]
    rows = ask(folder, "SELECT output_messages, n_known, n_tokens, list_aggregate(tokens, 'string_agg', '') AS said"
                       " FROM token_entropy JOIN genai_calls USING (trace_id, span_id) WHERE reason IS NULL")  # fmt: skip
    assert sorted(row["said"] for row in rows) == sorted(answers), "streamed or not, and calls of tools have none"
    assert all(row["n_known"] == row["n_tokens"] for row in rows)
    assert "Mean surprisal" in done.stdout
    assert "p < 0.5, o p < 0.1" in done.stdout, "the least certain answer as a heat map"
