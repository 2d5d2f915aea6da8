"""What the conventions name and no recorded instrumentation sends yet: requests made by hand, through the whole store."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otel_cert import pipeline
from otel_cert.engine.runner import Runner, Step
from otel_cert.schema import EVALUATIONS
from tests.stored import START_NS, Store, body, chat

EVALUATION, EXCEPTION = "gen_ai.evaluation.result", "gen_ai.client.operation.exception"
RESULTS = """SELECT span_id[-1], evaluation_name, score_value, score_label, explanation, evaluator, error_type, received
FROM evaluations ORDER BY ALL"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def event(
    name: str, trace: int, span: int | None, *, at_ns: int = START_NS, named_by_attribute=False, **attributes
) -> bytes:
    """Return a request of one log record that is an event of a span; `a__b` in a keyword is the attribute `a.b`."""
    record = LogRecord(
        time_unix_nano=at_ns, trace_id=trace.to_bytes(16, "big"), span_id=span.to_bytes(8, "big") if span else b""
    )
    if named_by_attribute:
        attributes["event.name"] = name
    else:
        record.event_name = name
    for key, value in attributes.items():
        sent = AnyValue(double_value=value) if isinstance(value, float) else AnyValue(string_value=value)
        record.attributes.append(KeyValue(key=key.replace("__", "."), value=sent))
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="grader")))
    scope = group.scope_logs.add()
    scope.scope.name, scope.scope.version = "com.example.judge", "1.2"
    scope.log_records.append(record)
    return request.SerializeToString()


def result(name: str = "relevance", score: float | None = 0.5, **attributes) -> dict[str, object]:
    given = {} if score is None else {"gen_ai__evaluation__score__value": score}
    return {"gen_ai__evaluation__name": name, **given, **attributes}


def test_an_evaluation_of_a_span_becomes_a_row(store):
    told = {"gen_ai__evaluation__score__label": "pass", "gen_ai__evaluation__explanation": "It answers."}
    store.take(body(chat(1)))
    store.take(event(EVALUATION, 1, 1, **result(**told)), signal="logs")
    assert store.rows(RESULTS) == [("1", "relevance", 0.5, "pass", "It answers.", "com.example.judge", None, True)]


def test_an_evaluation_finds_its_call_by_the_response(store):
    store.take(event(EVALUATION, 1, None, **result(gen_ai__response__id="r-1-1")), signal="logs")
    assert store.rows(RESULTS) == [], "nothing to say it of yet"
    store.take(body(chat(1)))
    assert store.rows("SELECT span_id[-1], score_value FROM evaluations") == [("1", 0.5)]


def test_a_failed_evaluation_has_no_score_and_the_newest_of_a_name_counts(store):
    store.take(body(chat(1)))
    store.take(
        event(EVALUATION, 1, 1, **result("tone", None, error__type="timeout")),
        event(EVALUATION, 1, 1, at_ns=START_NS + 2, named_by_attribute=True, **result(score=1.0)),
        event(EVALUATION, 1, 1, at_ns=START_NS + 1, **result(score=0.0)),
        event(EVALUATION, 1, 1, at_ns=START_NS + 1, **result("nan", float("nan"))),
        event(EVALUATION, 1, 1, gen_ai__evaluation__score__value=1.0),  # of what, it does not say
        signal="logs",
    )
    found = store.rows("SELECT evaluation_name, score_value, error_type FROM evaluations ORDER BY 1")
    assert found == [("nan", None, None), ("relevance", 1.0, None), ("tone", None, "timeout")]


def test_an_evaluation_of_a_record_that_was_merged_is_one_of_the_call(store):
    whole = body(chat(1, 1))
    inside = chat(1, 2, parent=1, gen_ai__response__id="r-1-1", gen_ai__usage__output_tokens=None)
    store.take(whole, body(inside, scope_name="com.example.client"))
    store.take(event(EVALUATION, 1, 2, **result()), signal="logs")
    assert store.rows("SELECT count(*) FROM genai_duplicates") == [(1,)]
    assert store.rows("SELECT span_id[-1] FROM evaluations JOIN genai_calls USING (trace_id, span_id)") == [("1",)]


def test_received_and_computed_evaluations_stand_side_by_side(store):
    class Judge:
        """A processor that evaluates every call."""

        def evaluate(self, con):
            rows = con.sql(
                "SELECT trace_id, span_id, 'length' AS evaluation_name, 'own' AS evaluator, '1' AS evaluator_version, "
                "1.0 AS score_value, NULL AS score_label, NULL AS explanation, NULL AS error_type, false AS received, "
                "receive_day FROM genai_calls"
            ).to_arrow_table()
            return {"evaluations": rows.select(EVALUATIONS.names)}

    store.send(body(chat(1)))
    steps = [
        *pipeline.analysis_steps(store.config, store.registry),
        Step("judge", Judge(), ("genai_calls",), (EVALUATIONS,)),
    ]
    runner = Runner(store.layout, steps, quiet_s=0, max_age_s=0)
    for newer in range(2):
        store.send(event(EVALUATION, 1, 1, at_ns=START_NS + newer, **result()), signal="logs")
        store.seal()
        assert runner.round(force=True)
        found = store.rows("SELECT evaluator, received FROM evaluations ORDER BY 1")
        assert found == [("com.example.judge", True), ("own", False)]


def test_an_exception_event_names_the_failure_of_its_span(store):
    failed = {"gen_ai__response__id": None, "gen_ai__response__model": None, "gen_ai__usage__input_tokens": None,
              "gen_ai__usage__output_tokens": None}  # fmt: skip
    store.take(body(chat(1, **failed) | {"status": {"code": 2}}))
    assert store.rows("SELECT error_type, error_class FROM genai_calls") == [("_OTHER", "other")]
    told = {"exception__type": "openai.RateLimitError", "exception__message": "Error code: 429 - wait"}
    store.take(event(EXCEPTION, 1, 1, **told), signal="logs")
    found = store.rows("SELECT error_type, error_class, http_status, error_message FROM genai_calls")
    assert found == [("openai.RateLimitError", "rate_limit", 429, "Error code: 429 - wait")]


def test_content_kept_elsewhere_is_said_to_be(store):
    store.take(body(chat(1, gen_ai__output__messages__ref="s3://bucket/answers/1.json")))
    assert store.rows("SELECT content_state, output_messages FROM genai_calls") == [("external_ref", None)]


@pytest.mark.parametrize("host", ["shop.openai.azure.com", "shop.services.ai.azure.com", "SHOP.OpenAI.Azure.com"])
def test_azure_is_known_by_its_host(store, host):
    store.take(body(chat(1, server__address=host), chat(2, server__address=f"{host}.example.org")))
    assert store.rows("SELECT provider FROM genai_calls ORDER BY trace_id") == [("azure.ai.openai",), ("openai",)]


def test_agents_in_agents_are_runs_and_their_sums_are_not_counted(store):
    def agent(span, parent, name, tokens):
        return chat(
            1, span, parent=parent, gen_ai__operation__name="invoke_agent", gen_ai__agent__name=name,
            gen_ai__usage__input_tokens=tokens, gen_ai__response__id=None,
        )  # fmt: skip

    flow = chat(1, 1, gen_ai__operation__name="invoke_workflow", gen_ai__workflow__name="flow")
    store.take(body(chat(1, 5, parent=3), agent(3, 2, "inner", 100), chat(1, 4, parent=2)))
    store.take(body(agent(2, 1, "outer", 200), flow))
    assert store.rows("SELECT count(*), sum(input_tokens_total)::BIGINT FROM genai_calls") == [(2, 200)]
    runs = store.rows("SELECT operation, agent_name, workflow_name FROM genai_agent_runs ORDER BY span_id")
    assert runs == [("invoke_workflow", None, "flow"), ("invoke_agent", "outer", None), ("invoke_agent", "inner", None)]
