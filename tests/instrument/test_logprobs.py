"""What the server said of its tokens is what `otel-cert entropy` shows: real client, our instrumentation, our receiver."""

import json
import subprocess
import sys
from math import exp, floor, log

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from otel_cert.demo.processes import environment
from otel_cert.receivers.otlp import FACTORY, OtlpSettings
from otel_cert.store.log import AckLog
from tests.instrument.conftest import APPS
from tests.providers.truth import ALTERNATIVE, ANSWER, LOGPROBS, TOKENS
from tests.stored import Store

VOCABULARY = 200_019
"""Of o200k_base, which gpt-4o-mini has."""


@pytest.fixture(scope="module")
def data_dir(providers, tmp_path_factory):
    """What the application sent, received, sealed and computed."""
    store = Store(tmp_path_factory.mktemp("store"))
    ack_log = AckLog(store.layout, "otlp", min_free_bytes=0)
    settings = OtlpSettings(protocols={"grpc": {"endpoint": None}, "http": {"endpoint": "127.0.0.1:0"}})
    receiver = FACTORY.create(settings)(ack_log.append, dict)
    try:
        endpoint = f"http://{receiver.start()['http']}"
        own = environment(PROVIDERS=providers, PYTHONWARNINGS="ignore", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        app = [sys.executable, str(APPS / "logprobs_app.py")]
        done = subprocess.run(app, env=own, capture_output=True, text=True, timeout=300)
    finally:
        receiver.stop(5)
        ack_log.close()
    assert done.returncode == 0, done.stderr
    store.seal()
    store.analyse()
    return store.layout.root


def entropy(data_dir, *options):
    found = CliRunner().invoke(cli, ["entropy", "--data-dir", str(data_dir), "--format", "json", *options])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def bounds(value):
    """Return the bounds of the entropy of a token with this logarithm and one alternative, by their definition."""
    known = [exp(value), exp(ALTERNATIVE[1])]
    rest, smallest = 1 - sum(known), min(known)
    sure = -sum(p * log(p) for p in known)
    if rest < 1e-12:
        return sure, sure
    full = floor(rest / smallest)
    left = rest - full * smallest
    lower = sure - full * smallest * log(smallest) - (left * log(left) if left > 0 else 0)
    return lower, sure + rest * log((VOCABULARY - len(known)) / rest)


def test_the_figures_are_those_of_what_the_server_sent(data_dir):
    (total,) = entropy(data_dir, "--by", "total")
    assert (total["calls"], total["measured"], total["tokens"], total["unlikely"]) == (4, 3, 3 * len(TOKENS), 0)
    assert total["unavailable"] == {"not_recorded": 1}
    mean = -sum(LOGPROBS) / len(LOGPROBS)
    assert total["mean_nll"] == pytest.approx(mean, rel=1e-12)
    assert total["perplexity"] == pytest.approx(exp(mean), rel=1e-12)


def test_each_token_whole_and_streamed_alike(data_dir):
    rows = [
        row
        for found in entropy(data_dir, "--least-certain", "5")
        for row in entropy(data_dir, "--call", found["span_id"])
    ]
    assert len(rows) == 3
    for row in rows:
        assert row["tokens"] == list(TOKENS)
        assert row["surprisal"] == [-value for value in LOGPROBS]
        assert [ANSWER[s:e] for s, e in zip(row["starts"], row["ends"], strict=True)] == list(TOKENS)
    with_alternatives = [row for row in rows if row["alternatives"] == [2] * len(TOKENS)]
    assert len(with_alternatives) == 2, "one whole, one streamed"
    for row in with_alternatives:
        expected = [bounds(value) for value in LOGPROBS]
        assert row["entropy_lower"] == pytest.approx([lower for lower, _ in expected], rel=1e-9)
        assert row["entropy_upper"] == pytest.approx([upper for _, upper in expected], rel=1e-9)
        assert row["ranks"] == [1] * len(TOKENS)
    (without,) = (row for row in rows if row["alternatives"] == [0] * len(TOKENS))
    rests = [1 - exp(value) for value in LOGPROBS]
    expected = [-p * log(p) - r * log(r) for p, r in zip(map(exp, LOGPROBS), rests, strict=True)]
    assert without["entropy_lower"] == pytest.approx(expected, rel=1e-9)


def test_the_least_certain_answer_is_shown_as_a_heat_map(data_dir):
    found = CliRunner().invoke(cli, ["entropy", "--data-dir", str(data_dir), "--least-certain", "1", "--heat"])
    assert found.exit_code == 0, found.output
    at = found.stdout.splitlines().index(ANSWER)
    marks = found.stdout.splitlines()[at + 1]
    assert {marks[n : n + 1] for n in (0, 5)} == {" "}, "p of the first two tokens is at least 0.5"
    assert marks[ANSWER.index(" Norway") + 1] == "."
