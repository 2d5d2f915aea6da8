"""What is sent: what came in, and beside it what was computed."""

import pytest

from otel_cert.component import Signal
from otel_cert.exporters import _stream
from otel_cert.exporters._enrich import PREFIX
from otel_cert.schema import EVALUATIONS
from otel_cert.store import snapshots
from tests.exporters.endpoint import Recorder, grpc_endpoint
from tests.exporters.forwarding import Forwarding, settings
from tests.scored import ScoredStore, overlap_installed, rag
from tests.stored import Store, body, chat, plain


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Return a function that stores requests, forwards them and returns what was delivered."""
    monkeypatch.setattr(_stream, "_POLL_S", 0.02)
    store, recorder = Store(tmp_path), Recorder()

    def send(*bodies, items, signal=Signal.TRACES, before=lambda _: None):
        store.take(*bodies)
        before(store)
        forward = Forwarding(store.layout)
        with grpc_endpoint(recorder) as address, forward.run(settings(address), signal):
            forward.settled(items, signal.value)
        return recorder

    return send


def attributes(element):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in element.attributes}


def added(element):
    return {k: v for k, v in attributes(element).items() if k.startswith(PREFIX) and k != "otel_cert.added"}


def test_a_call_gets_its_cost_and_other_spans_nothing(sent):
    call, other = sent(body(chat(1), plain(2)), items=2).elements("traces")
    version = added(call).pop("otel_cert.cost.price_version")
    assert added(call) == {
        "otel_cert.dialect": "otel-latest", "otel_cert.cost.total": 0.000021, "otel_cert.cost.input": 0.000015,
        "otel_cert.cost.output": 0.000006, "otel_cert.cost.currency": "USD", "otel_cert.cost.price_id": "openai/gpt-4o-mini",
        "otel_cert.cost.price_source": "genai-prices", "otel_cert.cost.price_version": version,
    }  # fmt: skip
    assert version
    assert added(other) == {}


def test_an_unknown_cost_is_its_reason_and_no_zero(sent):
    (call,) = sent(body(chat(1, gen_ai__request__model="nobody", gen_ai__response__model=None)), items=1).elements(
        "traces"
    )
    assert added(call) == {"otel_cert.dialect": "otel-latest", "otel_cert.cost.reason": "no_price"}


def test_standard_attributes_are_added_where_they_lack_and_never_changed(sent):
    given = {"gen_ai__provider__name": None, "gen_ai__system": "az.ai.openai", "gen_ai__operation__name": "embedding"}
    (call,) = sent(body(chat(1, **given)), items=1).elements("traces")
    found = attributes(call)
    assert found["gen_ai.provider.name"] == "azure.ai.openai", "lacked"
    assert (found["gen_ai.operation.name"], found["gen_ai.system"]) == ("embedding", "az.ai.openai"), "as sent"
    assert found["otel_cert.gen_ai.operation.name"] == "embeddings", "ours beside it"
    assert len(found) == len(call.attributes), "no key twice"
    told = [value.string_value for value in found["otel_cert.added"].values]
    assert told == ["otel_cert.gen_ai.operation.name", "gen_ai.provider.name"]


def test_what_an_otel_cert_before_us_added_stays_as_it_is(sent):
    before = {"otel_cert__cost__total": 7.5, "otel_cert__added": ""}
    (call,) = sent(body(chat(1, **before)), items=1).elements("traces")
    assert added(call) == {"otel_cert.cost.total": 7.5}


def test_what_an_application_says_under_our_prefix_is_no_enrichment(sent):
    (call,) = sent(body(chat(1, otel_cert__logprobs__tokens='["a"]')), items=1).elements("traces")
    assert {"otel_cert.logprobs.tokens", "otel_cert.cost.total"} <= added(call).keys()


def test_a_cost_is_sent_once_when_ids_came_with_several_contents(sent):
    later = chat(1) | {"name": "another content"}
    spans = sent(body(chat(1)), body(later), items=2).elements("traces")
    assert len(spans) == 2
    assert sum("otel_cert.cost.total" in added(span) for span in spans) <= 1


def test_an_evaluation_is_an_event_of_its_span(sent):
    def evaluate(store):
        row = {
            "trace_id": f"{1:032x}", "span_id": f"{1:016x}", "evaluation_name": "support", "evaluator": "judge",
            "received": False, "evaluator_version": "2", "score_value": 0.5, "score_label": "partly",
            "explanation": "one of two claims",
        }  # fmt: skip
        failed = {
            **row,
            "evaluation_name": "tone",
            "score_value": None,
            "score_label": None,
            "explanation": None,
            "error_type": "timeout",
        }
        (day,) = store.rows("SELECT DISTINCT receive_day FROM spans")
        received = {**row, "evaluation_name": "came in by itself", "received": True}
        rows = [
            {name: one.get(name) for name in EVALUATIONS.names} | {"receive_day": day[0]}
            for one in (row, failed, received)
        ]
        store.runner.delta.append(EVALUATIONS, EVALUATIONS.empty().from_pylist(rows, schema=EVALUATIONS.arrow), {})
        snapshots.publish(store.layout, store.runner.delta.versions([EVALUATIONS]))

    recorder = sent(body(chat(1), chat(2)), items=2, signal=Signal.ANALYSIS, before=evaluate)
    support, tone = recorder.elements("logs")
    store_id = attributes(tone)["otel_cert.store"]
    assert {support.event_name, tone.event_name} == {"gen_ai.evaluation.result"}
    assert (support.trace_id.hex(), support.span_id.hex()) == (f"{1:032x}", f"{1:016x}")
    assert attributes(support) == {
        "gen_ai.evaluation.name": "support", "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "partly", "gen_ai.evaluation.explanation": "one of two claims",
        "gen_ai.response.id": "r-1-1", "otel_cert.evaluator": "judge", "otel_cert.evaluator.version": "2",
        "otel_cert.store": store_id,
    }  # fmt: skip
    assert attributes(tone)["error.type"] == "timeout"
    assert "gen_ai.evaluation.score.value" not in attributes(tone), "unknown is no 0"
    ((_, request),) = recorder.requests
    (group,) = request.resource_logs
    assert attributes(group.resource) == {"service.name": "shop"}


def test_what_the_processor_scores_is_sent_where_no_evaluation_was_ever_received(tmp_path):
    recorder = Recorder()
    with overlap_installed():
        store = ScoredStore(tmp_path)
        store.take(rag(1, "The Loire is 1006 kilometres long.", "The Loire is 1006 kilometres long."))
        assert store.score() == 1
    assert "evaluations" not in snapshots.latest(store.layout).tables
    forward = Forwarding(store.layout)
    with grpc_endpoint(recorder) as address, forward.run(settings(address), Signal.ANALYSIS):
        forward.settled(1, "analysis")
    (event,) = recorder.elements("logs")
    sent = attributes(event)
    assert (event.event_name, sent["otel_cert.evaluator"]) == ("gen_ai.evaluation.result", "otel-cert/accuracy:overlap")
    assert (sent["gen_ai.evaluation.score.value"], sent["gen_ai.evaluation.score.label"]) == (1, "supported")
