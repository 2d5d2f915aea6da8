"""`otel-cert entropy`: figures of exactly the calls that carry log probabilities, a reason for every other, a heat map."""

from __future__ import annotations

import csv
import io
import json
from math import exp, log

import pytest

from otel_cert.otlp.requests import SIGNALS
from otel_cert.questions import ENTROPY, TOKENS, UNCERTAIN
from otel_cert.report import heat
from tests.processors.truth import CAPTURED, bodies, truth
from tests.stored import Store, body, chat

RECORDED = ("litellm", "openinference-langchain", "openinference-openai", "vercel-ai-v6")
"""Instrumentations that record log probabilities, of all that were asked for them."""


def ids(request):
    return [span.trace_id.hex() for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """Every recorded capture, stored and computed; and of which capture each trace is."""
    store = Store(tmp_path_factory.mktemp("captured"))
    traces = {}
    for signal in ("traces", "logs"):
        sent = [(capture, one) for capture in CAPTURED for one in bodies(capture, signal)]
        if signal == "traces":
            for capture, one in sent:
                traces |= dict.fromkeys(ids(SIGNALS[signal].request.FromString(one)), capture)
        store.send(*(one for _, one in sent), signal=signal)
    store.seal()
    store.analyse()
    return store, traces


def test_numbers_for_exactly_the_calls_that_carry_log_probabilities(captured):
    store, traces = captured
    calls = store.rows(
        "SELECT trace_id, reason, n_tokens, mean_nll, logprobs IS NOT NULL, e.span_id IS NOT NULL"
        " FROM genai_calls LEFT JOIN token_entropy AS e USING (trace_id, span_id)"
    )
    assert len(calls) > 400
    assert all(known for *_, known in calls), "every call has a row"
    assert all((reason is None) == carries for _, reason, _, _, carries, _ in calls)
    measured = {traces[trace_id]: (n, mean) for trace_id, reason, n, mean, *_ in calls if reason is None}
    wanted = {}
    for folder in RECORDED:
        (call,) = truth(f"{folder}/logprobs_a")["calls"]
        values = [t["logprob"] for t in call["raw_response"]["choices"][0]["logprobs"]["content"]]
        wanted[f"{folder}/logprobs_a"] = (len(values), pytest.approx(-sum(values) / len(values)))
    assert measured == wanted
    reasons = dict(store.rows("SELECT reason, count(*) FROM token_entropy WHERE reason IS NOT NULL GROUP BY ALL"))
    assert set(reasons) == {"failed_call", "embeddings", "provider_has_none", "model_has_none", "not_recorded"}
    assert sum(reasons.values()) == len(calls) - len(wanted)
    # All that Anthropic's models answered is said to have none, whoever hosts them.
    assert reasons["provider_has_none"] > 76


def test_bounds_of_the_recorded_distributions(captured):
    store, _ = captured
    ((lower, upper, alternatives, texts),) = store.rows(
        "SELECT DISTINCT entropy_lower, entropy_upper, alternatives, tokens FROM token_entropy WHERE reason IS NULL"
    )
    p = [exp(v) for v in (-0.05, -1.55, -3.05)]
    assert sum(p) > 1.001, "what the recorded server made up is no distribution: its entropy is not known"
    assert (lower, upper, alternatives, texts) == ([None], [None], [3], ["Yes."])


def test_the_command_counts_calls_and_says_why_by_provider(captured, run):
    store, _ = captured
    found = run("entropy", "--data-dir", store.layout.root, "--by", "total", "--format", "json")
    assert found.exit_code == 0, found.output
    (row,) = json.loads(found.stdout)
    assert list(row) == [column.name for column in ENTROPY.columns]
    assert (row["measured"], row["tokens"]) == (4, 4)
    assert row["calls"] == 4 + sum(row["unavailable"].values())
    assert row["mean_nll"] == pytest.approx(0.05)
    assert (
        "anthropic: 76 calls without figures, provider_has_none: Anthropic's API has no log probabilities"
        in found.stderr
    )
    table = run("entropy", "--data-dir", store.layout.root).stdout
    assert "gpt-4o-mini" in table
    assert "provider_has_none" in table


TOKENS_SENT = ["Os", "lo", " is", "\n", "big", "?"]
VALUES = [-0.1, log(0.4), log(0.05), -0.001, log(0.005), -9999.0]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A store of three calls with log probabilities on two days, one without texts, and one call without any."""
    store = Store(tmp_path_factory.mktemp("entropy"))
    top = [[{"token": "Os", "logprob": -0.1}, {"token": "Ber", "logprob": -4.0}], *[[]] * 5]
    sent = {"otel_cert__logprobs__values": json.dumps(VALUES), "otel_cert__logprobs__tokens": json.dumps(TOKENS_SENT)}
    store.take(
        body(chat(1, **sent, otel_cert__logprobs__top=json.dumps(top))),
        body(chat(2, otel_cert__logprobs__values="[-0.5, -2.0]")),
        body(chat(100_000, **{**sent, "otel_cert__logprobs__values": json.dumps([-1.0] * 6)})),
        body(chat(3), service="other"),
    )
    return store.layout.root


def test_the_trend_of_each_group(run, data_dir):
    found = json.loads(run("entropy", "--data-dir", data_dir, "--by", "service", "--trend", "--format", "json").stdout)
    assert [(r["key"], r["calls"], r["measured"], r["tokens"]) for r in found] == [
        ("shop", 2, 2, 7), ("shop", 1, 1, 6), ("other", 1, 0, 0),
    ]  # fmt: skip
    assert found[1]["day_unix_ns"] - found[0]["day_unix_ns"] == 86_400 * 10**9
    assert found[1]["mean_nll"] == 1.0
    assert found[2]["mean_nll"] is found[2]["perplexity"] is None
    assert found[2]["unavailable"] == {"not_recorded": 1}
    days = json.loads(run("entropy", "--data-dir", data_dir, "--by", "day", "--format", "json").stdout)
    assert [(r["key"], r["calls"]) for r in days] == [("2026-01-01", 3), ("2026-01-02", 1)]
    table = run("entropy", "--data-dir", data_dir, "--by", "service", "--trend").stdout
    assert "2026-01-02" in table


def test_the_least_certain_answers(run, data_dir):
    found = json.loads(run("entropy", "--data-dir", data_dir, "--least-certain", "2", "--format", "json").stdout)
    assert list(found[0]) == [column.name for column in UNCERTAIN.columns]
    assert [row["span_id"] for row in found] == [f"{1:016x}", f"{2:016x}"]
    assert (found[0]["worst_text"], found[0]["n_known"], found[0]["n_tokens"]) == ("big", 5, 6)
    table = run("entropy", "--data-dir", data_dir, "--least-certain", "1").stdout
    assert "'Oslo is\\nbig?'" in table


def test_the_least_certain_answers_as_heat_maps_and_tables(run, data_dir):
    asked = ("entropy", "--data-dir", data_dir, "--least-certain", "2", "--heat")
    shown = run(*asked).stdout
    assert shown.index("Oslo is⏎") < shown.index("▪▪"), "the least certain first"
    rows = [*csv.DictReader(io.StringIO(run(*asked, "--format", "csv").stdout))]
    assert [row["span_id"] for row in rows] == [f"{1:016x}"] * 6 + [f"{2:016x}"] * 2
    found = json.loads(run(*asked, "--format", "json").stdout)
    assert [row["n_tokens"] for row in found] == [6, 2]
    refused = run("entropy", "--data-dir", data_dir, "--heat")
    assert (refused.exit_code, "--least-certain" in refused.output) == (2, True)


def test_an_answer_as_a_heat_map_with_marks(run, data_dir):
    shown = run("entropy", "--data-dir", data_dir, "--call", f"{1:016x}").stdout.splitlines()
    at = shown.index("Oslo is⏎")
    assert shown[at : at + 4] == ["Oslo is⏎", "  ..ooo", "big?", "###?"]
    assert ". p < 0.5, o p < 0.1, # p < 0.01, ? unknown" in shown
    text = "\n".join(shown)
    assert "5 of 6 tokens with a known probability; 1 recorded as unlikely, without a number" in text
    assert "least certain token 4: 'big', surprisal 5.298" in text


def test_an_answer_in_colour(data_dir, run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = run("entropy", "--data-dir", data_dir, "--call", f"{1:016x}").output
    assert "p < 0.5, o" not in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "###?" in run("entropy", "--data-dir", data_dir, "--call", f"{1:016x}").output


def test_an_answer_without_texts_and_a_call_without_figures(run, data_dir):
    assert "▪▪\n o\n" not in run("entropy", "--data-dir", data_dir, "--call", f"{2:016x}").stdout
    shown = run("entropy", "--data-dir", data_dir, "--call", f"{2:016x}").stdout
    assert "▪▪\n.." not in shown
    assert "▪▪" in shown
    assert "text not recorded" in shown
    without = run("entropy", "--data-dir", data_dir, "--call", f"{3:016x}").stdout
    assert "no figures, not_recorded: no log probabilities in the record" in without


def test_every_token_as_csv_and_json(run, data_dir):
    table = run("entropy", "--data-dir", data_dir, "--call", f"{1:016x}", "--format", "csv").stdout
    tokens = [*csv.DictReader(io.StringIO(table))]
    assert [row["token"] for row in tokens] == TOKENS_SENT
    assert [row["surprisal"] == "" for row in tokens] == [False] * 5 + [True]
    assert (tokens[0]["rank"], tokens[1]["rank"]) == ("1", "")
    (row,) = json.loads(run("entropy", "--data-dir", data_dir, "--call", f"{1:016x}", "--format", "json").stdout)
    assert list(row) == [column.name for column in TOKENS.columns]
    assert row["surprisal"] == [pytest.approx(-v) for v in VALUES[:5]] + [None]


def test_a_call_that_is_not_there(run, data_dir):
    found = run("entropy", "--data-dir", data_dir, "--call", "abc")
    assert found.exit_code == 1
    assert "there is no call 'abc'" in found.stderr
    assert run("entropy", "--data-dir", data_dir, "--call", " ").exit_code == 2


def test_marks_fit_wide_characters_and_the_width():
    cells = heat.cells(["日本", "ab", "c\x1b"], [5.0, 0.0, None])
    assert [*heat.marked(cells, 4)] == [("日本", "####"), ("abc\\", "  ??"), ("x1b", "???")]
