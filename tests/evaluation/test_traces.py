"""Stored calls, evaluated: which they are, what their context is, and why some have no score."""

import datetime as dt
import json

import pytest

import otel_cert
from otel_cert.errors import NotFound, UsageError
from otel_cert.evaluation import stored
from tests.evaluation.overlap import method
from tests.scored import rag
from tests.stored import Store, body, chat

RIVER = "The Loire is 1006 kilometres long."
START = dt.datetime(2026, 1, 1)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Calls of the seconds 1 to 6: full support, 4 of 6 words, no context, no answer, no support, and no content."""
    store = Store(tmp_path_factory.mktemp("store"))
    store.take(
        rag(1, "The Loire is long.", RIVER, gen_ai__conversation__id="a"),
        rag(2, "The Loire is 1020 miles long.", RIVER, gen_ai__conversation__id="a", gen_ai__response__model="other"),
        rag(3, "It is red."),
        rag(4, None, RIVER),
        rag(5, "Cats purr.", RIVER, "More.", gen_ai__conversation__id="b"),
        body(chat(6)),
    )
    return store.layout.root


def test_by_hand(data_dir):
    found = otel_cert.evaluate_traces(data_dir, method=method(), by="model")
    assert (found.rows, found.scored, found.supported, found.clusters) == (6, 3, 2, 2)
    assert found.support_rate.value == pytest.approx(2 / 3)
    assert found.support_rate.interval.startswith("bootstrap of 2 clusters")
    scores = {one.id[:32].lstrip("0"): one.score for one in found.worst}
    assert scores == {"1": 1, "2": pytest.approx(4 / 6), "5": 0}
    second = next(one for one in found.worst if one.id.startswith(f"{2:032x}"))
    assert [one.text for one in second.unsupported] == ["1020", "miles"]
    assert found.unscored_reasons == {"no_context": 1, "no_answer": 1, "no_content": 1}
    assert found.source.startswith("6 stored calls, snapshot ")
    assert (found.source_sha256, found.registration.registered) == (None, False)


def test_window_and_filters(data_dir):
    def of(**scope):
        return otel_cert.evaluate_traces(data_dir, method=method(), **scope)

    assert of(since=START + dt.timedelta(seconds=2), until=START + dt.timedelta(seconds=3)).scored == 1
    assert of(models=["other"]).scored == 1
    assert of(services=["shop"]).scored == 3
    assert of(users=["nobody"]).rows == 0
    assert of(threshold=0).supported == 3


def test_batches_change_nothing(data_dir, monkeypatch):
    whole = otel_cert.evaluate_traces(data_dir, method=method())
    monkeypatch.setattr(stored, "_TRACES", 1)
    assert otel_cert.evaluate_traces(data_dir, method=method()) == whole


def test_from_the_command_line(run, data_dir):
    result = run("evaluate", "--data-dir", data_dir, "--format", "json", "--by", "service", "--since", "2026-01-01")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["scored"], found["groups"][0]["key"]) == (3, "groups below 5 answers")
    assert "no_answer 1, no_content 1, no_context 1" in result.stderr
    wrong = run("evaluate", "--data-dir", data_dir, "--by", "colour")
    assert (wrong.exit_code, "calls cannot be grouped by 'colour'" in wrong.stderr) == (2, True)


def test_calls_are_drawn_for_labels(run, data_dir, tmp_path):
    sheet = tmp_path / "sheet.jsonl"
    result = run("label", "sample", "--data-dir", data_dir, "--output", sheet, "--by", "model", "-n", 10)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    assert {row["answer"] for row in rows} == {"The Loire is long.", "The Loire is 1020 miles long.", "Cats purr."}
    assert {json.dumps(row["context"]) for row in rows} == {json.dumps(RIVER), json.dumps([RIVER, "More."])}
    assert {row["document"] for row in rows} == {"a", "b"}
    plan = json.loads((tmp_path / "sheet.jsonl.plan.json").read_text())
    assert plan["not_covered"] == {"no_context": 1, "no_answer": 1, "no_content": 1}
    assert "score 0.6-0.8, model=other" in {one["name"] for one in plan["strata"]}


def test_what_makes_no_sense(tmp_path, data_dir):
    with pytest.raises(NotFound, match="no otel-cert data"):
        otel_cert.evaluate_traces(tmp_path / "none", method=method())
    with pytest.raises(UsageError, match="not between 0 and 1"):
        otel_cert.evaluate_traces(data_dir, method=method(), threshold=2)
