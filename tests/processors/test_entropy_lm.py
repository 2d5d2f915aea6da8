"""Answers without log probabilities, scored by a tiny language model that is made here: apart from what was recorded."""

from __future__ import annotations

import csv
import io
import json
import time
from functools import cache
from math import exp, fsum
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from otel_cert import pipeline
from otel_cert.cli import cli
from otel_cert.config.loader import check
from otel_cert.errors import Retryable
from otel_cert.measures.recorded_item import recorded_item
from otel_cert.processors import entropy_lm
from otel_cert.processors.entropy_lm import FACTORY
from otel_cert.processors.entropy_lm_settings import EntropyLmSettings
from otel_cert.questions.unmeasured import REASONS
from otel_cert.registry import Registry
from otel_cert.score_server.server import ScoreServer
from otel_cert.score_server.settings import ScoreServerSettings
from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.scored_tokens import TokenScores, Unscored
from tests.stored import Store, body, chat
from tests.tiny_causal import save_causal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
ANSWER = "The Loire is 1006 kilometres long. \N{GRINNING FACE}"
LOGGED = {"otel_cert__logprobs__values": "[-0.5, -1.5]", "otel_cert__logprobs__tokens": '["a", "b"]'}


def part(text, kind="text"):
    return {"type": kind, "content": text}


def asked(number, *answers, question="How long is the Loire?", parts=(), **more):
    """Return a request of one call that was answered so."""
    said = [{"role": "assistant", "parts": [*parts, part(text)] if text else [*parts]} for text in answers]
    prompt = [{"role": "user", "parts": [part(question)]}]
    given = {"gen_ai__input__messages": json.dumps(prompt), "gen_ai__output__messages": json.dumps(said)}
    return body(chat(number, **(given | more)))


class Scored(Store):
    """A store with the processor `entropy_lm`."""

    def set(self, **settings):
        config, made = self.config, EntropyLmSettings(**settings)
        pipelines = config.service.pipelines
        analysis = pipelines.analysis.model_copy(update={"processors": ("genai", "cost", "entropy", FACTORY.type)})
        service = config.service.model_copy(update={"pipelines": pipelines.model_copy(update={"analysis": analysis})})
        self.config = config.model_copy(
            update={"service": service, "processors": config.processors | {FACTORY.type: made}}
        )
        return self

    def score(self):
        follower = pipeline.follower(self.layout, self.config, self.registry)
        while follower.round():
            pass

    def told(self, columns, where="true"):
        return self.rows(
            f"SELECT {columns} FROM token_entropy_lm WHERE {where} ORDER BY span_id, choice",
        )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(save_causal(tmp_path_factory.mktemp("lm")))


@pytest.fixture(scope="module")
def store(tmp_path_factory, model):
    """Calls of every kind, scored once."""
    found = Scored(tmp_path_factory.mktemp("scored")).set(model=model, window=4)
    image = json.dumps([{"role": "user", "parts": [{"type": "blob", "data": "x"}, part("What is this?")]}])
    call = {"type": "tool_call", "id": "1", "name": "f", "arguments": {}}
    found.take(
        asked(1, ANSWER, "About 1000 km."),
        asked(2, "Yes.", **LOGGED),
        asked(3, "A cat.", gen_ai__input__messages=image, parts=[part("Hm.", "reasoning")]),
        asked(4, "", parts=[call]),
        asked(5, "Paris", gen_ai__input__messages=None),
        asked(6, "Paris", error__type="timeout"),
        asked(7, "Paris", gen_ai__operation__name="embeddings"),
        body(chat(8)),
    )
    found.score()
    return found


def test_figures_are_those_of_the_model_itself(store, model):
    (first, other) = store.rows(
        "SELECT * EXCLUDE (receive_day) FROM token_entropy_lm WHERE trace_id = lpad('1', 32, '0') ORDER BY choice"
    )
    names = [n for n in entropy_lm.TOKEN_ENTROPY_LM.names if n != "receive_day"]
    row, second = (dict(zip(names, each, strict=False)) for each in (first, other))
    prompt = [{"role": "user", "parts": [part("How long is the Loire?")]}]
    expected, also = CausalLM(model).score(
        recorded_item(None, prompt, text).item for text in (ANSWER, "About 1000 km.")
    )
    assert (row["source"], row["reason"]) == ("lm", None)
    assert row["scoring_model"].startswith(f"{model} sha256:")
    assert row["surprisal"] == pytest.approx(expected.surprisal.tolist(), abs=1e-4)
    assert row["entropy_lower"] == row["entropy_upper"] == pytest.approx(expected.entropy.tolist(), abs=1e-4)
    assert row["ranks"] == expected.rank.tolist()
    assert row["mean_nll"] == pytest.approx(fsum(row["surprisal"]) / len(row["surprisal"]))
    assert row["perplexity"] == pytest.approx(exp(row["mean_nll"]))
    assert row["mean_entropy_lower"] == row["mean_entropy_upper"]
    assert "".join(row["tokens"]) == ANSWER, "tokens that share a character spell it once"
    assert [ANSWER[s:e] for s, e in zip(row["starts"], row["ends"], strict=True)][:2] == row["tokens"][:2]
    assert set(row["kinds"]) == {"text"}
    assert ANSWER[row["starts"][row["worst_token"]] : row["ends"][row["worst_token"]]] == row["worst_text"]
    assert row["window_last"] - row["window_first"] == 4
    assert (row["prompt_form"], row["windows"], row["left_out"]) == ("chat template", 1, None)
    assert json.loads(row["model_versions"])["dtype"] == "float32"
    assert second["surprisal"] == pytest.approx(also.surprisal.tolist(), abs=1e-4)


def test_why_others_are_not_scored(store):
    reasons = store.told("span_id[16:]::INT, choice, reason", "reason IS NOT NULL")
    assert reasons == [
        (2, 0, "own_recorded"), (4, 0, "no_answer"), (5, 0, "no_prompt"), (6, 0, "failed_call"),
        (7, 0, "embeddings"), (8, 0, "no_content"),
    ]  # fmt: skip
    assert {reason for *_, reason in reasons} <= REASONS.keys()
    assert store.told("left_out", "span_id[16:] = '3'") == [(["blob", "reasoning"],)]


def test_they_stand_beside_what_was_recorded_and_are_never_mixed_with_it(store):
    assert store.rows("SELECT source, count(*) FROM token_entropy GROUP BY ALL ORDER BY ALL") == [
        ("lm", 9), ("recorded", 8),
    ]  # fmt: skip
    assert store.rows("SELECT score_value FROM evaluations") == [(1.0,)], "the recorded figure alone"


def test_the_command_shows_them_apart(store):
    def shown(*options):
        found = CliRunner().invoke(cli, ["entropy", "--data-dir", str(store.layout.root), *options])
        assert found.exit_code == 0, found.output
        return found

    (recorded,) = json.loads(shown("--by", "total", "--format", "json").stdout)
    (scored,) = json.loads(shown("--by", "total", "--source", "lm", "--format", "json").stdout)
    assert (recorded["measured"], recorded["mean_nll"], recorded["scoring_model"]) == (1, 1.0, None)
    assert (scored["calls"], scored["measured"]) == (8, 2)
    assert " sha256:" in scored["scoring_model"]
    assert sum(scored["unavailable"].values()) == 6
    assert "log probabilities of its own" in shown("--by", "total", "--source", "lm").stderr
    (worst,) = json.loads(shown("--least-certain", "1", "--source", "lm", "--format", "json").stdout)
    assert worst["scoring_model"] == scored["scoring_model"]
    one = shown("--call", f"{1:016x}").stdout
    assert "surprisal under" in one
    assert "mean entropy at least" not in one, "it is exact"
    rows = [*csv.DictReader(io.StringIO(shown("--call", f"{1:016x}", "--format", "csv").stdout))]
    assert "".join(row["token"] for row in rows if (row["source"], row["choice"]) == ("lm", "0")) == ANSWER


@cache
def letters(fail=""):
    """Return a language model of one token a letter, which notes what it was asked, and fails on some answers."""

    class Letters:
        label, versions = "letters 1", MappingProxyType({"model": "letters 1"})

        def __init__(self):
            self.seen, self.error = [], None

        def score(self, items):
            if self.error:
                raise self.error
            items = list(items)
            self.seen += [item.answer for item in items]
            if fail and any(fail in item.answer for item in items):
                raise ValueError("refused")
            return [self._scored(item) for item in items]

        def _scored(self, item):
            if item.answer == "huge":
                return Unscored("out_of_memory", "too large")
            places = np.arange(len(item.answer), dtype=np.int32)
            return TokenScores(
                ids=places, offsets=np.array([places, places + 1]).T, surprisal=places / 3, entropy=places / 7,
                rank=places + 1, gap=places / 9, form="chat template", windows=1, context=3,
            )  # fmt: skip

    return Letters()


@pytest.fixture
def stand_in(monkeypatch):
    """Have a model that can be looked into, in place of every other."""

    def put(lm):
        lm.seen.clear()
        lm.error = None
        monkeypatch.setattr(EntropyLmSettings, "made", lambda _: lm)
        return lm

    return put


def test_nothing_is_scored_twice_and_what_fails_is_told(tmp_path, stand_in):
    lm = stand_in(letters("bad"))
    store = Scored(tmp_path).set(model="x")
    store.take(asked(1, "fine"), asked(2, "bad"), asked(3, "huge"), asked(4, "Yes.", **LOGGED))
    store.score()
    told = "span_id[16:]::INT, reason, n_tokens, problem"
    assert store.told(told) == [
        (1, None, 4, None), (2, "scoring_failed", None, None), (3, "out_of_memory", None, "too large"),
        (4, "own_recorded", None, None),
    ]  # fmt: skip
    lm.seen.clear()
    store.set(model="x", always=True, sample=0.999999999)
    store.take(asked(5, "new"))
    store.score()
    assert sorted(lm.seen) == ["Yes.", "new"], "the settings are others: what was not scored is"
    assert store.told("n_tokens", "span_id[16:] = '4'") == [(4,)]
    lm.seen.clear()
    store.set(model="x", always=True, window=2)
    store.score()
    assert sorted(set(lm.seen)) == ["Yes.", "bad", "fine", "huge", "new"], "figures depend on the window"
    lm.error = Retryable("away")
    store.take(asked(6, "later"))
    with pytest.raises(Retryable):
        store.score()
    lm.error = None
    store.score()
    assert store.told("reason, n_tokens", "span_id[16:] = '6'") == [(None, 5)], "nothing is lost"


def test_a_sample_is_stated(tmp_path, stand_in):
    stand_in(letters())
    store = Scored(tmp_path).set(model="x", sample=0.5, seed=3)
    store.take(*(asked(n, "yes") for n in range(1, 9)))
    store.score()
    found = store.told("reason, sample_share, sample_plan IS NOT NULL")
    assert set(found) == {(None, 0.5, True), ("not_sampled", None, False)}


def test_a_missing_model_is_waited_for_and_said(tmp_path):
    store = Scored(tmp_path).set(model=str(tmp_path / "none"))
    with pytest.raises(Retryable, match="none"):
        store.score()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "model"),
        ("model: m, longest: 2", "longest"),
        ("model: m, device: gpu", "device"),
        ("model: 'grpc://h:1', device: cuda", "the scoring server"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, said):
    problems = check(f"processors: {{entropy_lm: {{{settings}}}}}", Registry.of(FACTORY)).problems
    assert any(said in str(problem) for problem in problems), problems


def later(follower):
    """Run a round as the service does, which comes back later: a channel takes its time to connect again."""
    until = time.monotonic() + 60
    while True:
        try:
            return follower.round()
        except Retryable:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_while_a_scoring_server_is_away_its_answers_wait(tmp_path):
    encoder = SimpleNamespace(versions={}, width=1, longest=1, encode=list)

    def serve(endpoint):
        server = ScoreServer(ScoreServerSettings(endpoint=endpoint), encoder, letters())
        return server, server.start()

    server, endpoint = serve("127.0.0.1:0")
    store = Scored(tmp_path).set(model=f"grpc://{endpoint}")
    store.take(asked(1, "here"))
    follower = pipeline.follower(store.layout, store.config, store.registry)
    assert follower.round().rows["token_entropy_lm"] == 1
    server.stop(5)
    store.take(asked(2, "meanwhile"))
    with pytest.raises(Retryable, match="UNAVAILABLE"):
        follower.round()
    server, _ = serve(endpoint)
    try:
        assert later(follower).traces == 1
    finally:
        server.stop(5)
    assert store.told("scoring_model, n_tokens, reason") == [("letters 1", 4, None), ("letters 1", 9, None)]
