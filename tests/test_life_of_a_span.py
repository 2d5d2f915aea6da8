"""One span walked through every station that otel_cert/README.md names, in the order of that page."""

import time
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal

import duckdb

from otel_cert.otlp.requests import PROTOBUF, SIGNALS
from otel_cert.questions import COSTS, ask
from otel_cert.receivers._intake import check
from otel_cert.receivers.otlp import FACTORY, OtlpSettings
from otel_cert.report import evidence
from otel_cert.store.log import AckLog, segments
from otel_cert.store.query import connect
from otel_cert.store.segment import Segment, records
from otel_cert.store.snapshots import table_files
from tests.stored import START_NS, Store, body, chat

TRACE, SPAN = f"{7:032x}", f"{7:016x}"
BODY = body(chat(7))
EXPORTED = SIGNALS["traces"].response().SerializeToString()
"""What a sender hears when there is nothing to complain about."""


def send(layout, request: bytes) -> bytes:
    """Send a request to a receiver over HTTP, and return the answer."""
    log = AckLog(layout, "otlp", min_free_bytes=0)
    settings = OtlpSettings(protocols={"grpc": {"endpoint": None}, "http": {"endpoint": "127.0.0.1:0"}})
    receiver = FACTORY.create(settings)(log.append, dict)
    url = f"http://{receiver.start()['http']}/v1/traces"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, request, {"Content-Type": PROTOBUF})) as answer:
            return answer.read()
    finally:
        receiver.stop(5)
        log.close()


def logged(layout):
    """Return what is in the ack log."""
    return [r for path in segments(layout.log("otlp")) for r in records(path.read_bytes(), Segment.of(path))]


def files(store, table):
    """Read a table's files as any other program would."""
    return duckdb.read_parquet(table_files(store.layout, store.snapshot(), table).paths, hive_partitioning=True)


def test_the_life_of_a_span(tmp_path):
    store = Store(tmp_path, quiet_s=15.0, max_age_s=300.0)
    is_received(store)
    is_logged_and_becomes_a_row(store)
    is_known_when_it_comes_again(store)
    becomes_due_and_a_priced_call(store)
    is_evidence_of_an_answer(store)


def is_received(store):
    checked = check("traces", PROTOBUF, BODY)
    assert (checked.items, checked.oddities, checked.response) == (1, {}, EXPORTED)
    assert send(store.layout, BODY) == EXPORTED


def is_logged_and_becomes_a_row(store):
    (record,) = logged(store.layout)
    assert (record.sequence, record.request.signal, record.request.content_type) == (1, "traces", PROTOBUF)
    assert record.request.body == BODY
    assert store.rows("SELECT * FROM spans") == []
    assert store.rows("SELECT span_id FROM spans", fresh=True) == [(SPAN,)], "not sealed, but acknowledged"

    sealed = store.seal()
    assert (sealed.requests, sealed.rows, sealed.repeated) == (1, 1, 0)
    (row,) = files(store, "spans").to_arrow_table().to_pylist()
    request = SIGNALS["traces"].request.FromString(BODY)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert (row["trace_id"], row["span_id"], row["name"], row["kind"]) == (TRACE, SPAN, span.name, 3)
    assert (row["start_unix_ns"], row["end_unix_ns"]) == (span.start_time_unix_nano, span.end_time_unix_nano)
    assert [key for key, _ in row["attributes"]] == [attribute.key for attribute in span.attributes]
    assert (dict(row["attributes"])["gen_ai.usage.input_tokens"], row["attribute_types"]) == ("100", "sssssii")
    assert (row["service_name"], row["gen_ai_request_model"], row["flags"]) == ("shop", "gpt-4o-mini", None)
    assert (row["receiver"], row["sequence"], row["received_unix_ns"]) == ("otlp", 1, record.request.received_unix_ns)

    snapshot = store.snapshot()
    assert (snapshot.sealed, snapshot.analysed) == ({"otlp": 1}, {})
    assert store.sealer.delta.marker("spans", "seal/otlp") == 1
    store.sealer.seal()  # nothing waits: what is sealed leaves the log
    assert logged(store.layout) == []


def is_known_when_it_comes_again(store):
    assert send(store.layout, BODY) == EXPORTED
    assert store.seal().repeated == 1
    assert store.rows("SELECT span_id, sequence FROM spans") == [(SPAN, 1)]


def becomes_due_and_a_priced_call(store):
    assert store.runner.round() is None, "more of its trace may still come"
    done = store.runner.round(now_ns=time.time_ns() + 16 * 10**9)
    assert (done.traces, done.rows["genai_calls"], done.rows["costs"]) == (1, 1, 1)
    assert store.snapshot().analysed == {"otlp": 2}
    called = """SELECT span_id, dialect, operation, provider, response_model, input_tokens_total, output_tokens_total,
        duration_ns, error_type FROM genai_calls"""
    assert store.rows(called) == [
        (SPAN, "otel-latest", "chat", "openai", "gpt-4o-mini-2024-07-18", 100, 10, 10**9, None)
    ]
    # 100 tokens in at 0.15 USD and 10 out at 0.60 USD per million
    priced = "SELECT span_id, input_cost, output_cost, total_cost, currency, reason FROM costs"
    parts = [Decimal("0.000015"), Decimal("0.000006"), Decimal("0.000021")]
    assert store.rows(priced) == [(SPAN, *parts, "USD", None)]


def is_evidence_of_an_answer(store):
    window = {"since_ns": START_NS, "until_ns": START_NS + 60 * 10**9}
    with connect(store.layout.root) as con:
        answer = ask(con, COSTS, **window)
    (row,) = answer.dicts()
    assert (answer.n, row["key"], row["cost"], row["currency"]) == (1, "gpt-4o-mini", Decimal("0.000021"), "USD")

    kept = evidence.record(store.layout, answer, datetime.now(UTC))
    store.take(body(chat(8)))
    assert store.rows("SELECT count(*) FROM spans") == [(2,)]
    found = evidence.load(store.layout, kept.id[:6])
    assert (found, found.snapshot, found.n) == (kept, answer.snapshot, 1)
    again = evidence.ask_again(store.layout, found)
    assert evidence.differences(found, again) == [], "the snapshot that it rests on was kept"
    now = evidence.ask_again(store.layout, found, current=True)
    assert evidence.differences(found, now)[0] == "n: 1 recorded, 2 now"
