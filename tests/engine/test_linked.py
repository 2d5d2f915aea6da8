"""One call recorded in two traces is one call, in whatever order and round they arrive."""

import pytest

from tests.stored import START_NS, Store, body, chat, log_body

FIRST, SECOND = "opentelemetry.instrumentation.anthropic", "com.example.client"
ANSWER = {"gen_ai__response__id": "r-1"}
FAILED = {"gen_ai__response__id": None, "gen_ai__response__model": None, "error__type": "RateLimitError",
          "gen_ai__usage__input_tokens": None, "gen_ai__usage__output_tokens": None}  # fmt: skip
CALLS = "SELECT count(*), sum(input_tokens_total)::BIGINT FROM genai_calls"
COSTS = "SELECT count(*) FROM costs"
DUPLICATES = """SELECT d.trace_id <> c.trace_id, d.dedupe_group = c.dedupe_group
FROM genai_duplicates AS d JOIN genai_calls AS c ON c.trace_id = call_trace_id AND c.span_id = call_span_id"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def record(trace, *, late_ms=0, **attributes):
    """Return a record of the call that began at START_NS, in a trace of its own."""
    start = START_NS + late_ms * 10**6
    times = {"start_time_unix_nano": start, "end_time_unix_nano": START_NS + 10**9 - late_ms * 10**6}
    return chat(trace, **attributes) | times


def halves(attributes):
    return [
        body(record(1, **attributes), scope_name=FIRST),
        body(record(2, late_ms=5, **attributes), scope_name=SECOND),
    ]


@pytest.mark.parametrize(
    ("attributes", "apart", "order"),
    [(ANSWER, False, (0, 1)), (ANSWER, True, (1, 0)), (FAILED, False, (1, 0)), (FAILED, True, (0, 1))],
)
def test_two_traces_one_call(store, attributes, apart, order):
    bodies = [halves(attributes)[n] for n in order]
    if apart:
        for one in bodies:
            store.take(one)
    else:
        store.take(*bodies)
    assert store.rows(CALLS) == [(1, None if attributes is FAILED else 100)]
    assert (store.rows(COSTS), store.rows(DUPLICATES)) == ([(1,)], [(True, True)])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_stream_whose_other_record_has_no_id_is_one_call_in_different_rounds(store, order):
    streamed = {"gen_ai__request__stream": True}
    outer = body(record(1, gen_ai__response__id=None, **streamed), scope_name=FIRST)
    client = body(record(2, late_ms=5, **ANSWER, **streamed), scope_name=SECOND)
    for half in order:
        store.take((outer, client)[half])
    assert (store.rows(CALLS), store.rows(DUPLICATES)) == ([(1, 100)], [(True, True)])


def test_either_trace_alone_is_due_again(store):
    store.take(*halves(ANSWER))
    for trace in (1, 2, 1):
        store.take(log_body(trace, "late", observed_time_unix_nano=trace), signal="logs")
        assert store.rows(CALLS) == [(1, 100)]
        assert store.rows(DUPLICATES) == [(True, True)]


def test_what_only_looks_alike_stays_two_calls(store):
    other_service = body(record(2, late_ms=5, **ANSWER), scope_name=SECOND, service="bank")
    later = body(chat(9, **ANSWER), scope_name=SECOND)  # a cache's answer: same id, another time
    for one in (halves(ANSWER)[0], other_service, later):
        store.take(one)
    assert store.rows(CALLS) == [(3, 300)]


def test_three_records_in_three_rounds(tmp_path):
    scopes = (FIRST, SECOND, "com.example.gateway")
    for number, order in enumerate([(0, 1, 2), (2, 0, 1)]):
        one = Store(tmp_path / str(number))
        for n in order:
            one.take(body(record(n + 1, late_ms=n, **ANSWER), scope_name=scopes[n]))
        assert one.rows(CALLS) == [(1, 100)]
        assert one.rows("SELECT count(*), count(DISTINCT dedupe_group) FROM genai_duplicates") == [(2, 1)]
