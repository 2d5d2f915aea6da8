"""A client's retry of a batch is one set of rows, however the batch comes again."""

import time
from base64 import b64encode

import pytest
from google.protobuf.json_format import MessageToJson

from otel_cert.config.loader import load
from otel_cert.otlp.requests import SIGNALS, parse
from otel_cert.registry import Registry
from otel_cert.roles import Writer
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog, Request
from otel_cert.store.query import connect

from .delta import live_files
from .load import batch

PROTOBUF, JSON = "application/x-protobuf", "application/json"
TRACE = bytes(range(16))
TABLES = {"traces": "spans", "logs": "logs", "metrics": "metric_points"}


class Store:
    """Requests go in, are sealed, and rows come out; `restart` opens everything anew."""

    def __init__(self, root):
        self.layout = Layout.create(root)
        self._registry = Registry.installed()
        config = load(None, self._registry)
        self.hot_files = 4
        self._config = config.model_copy(
            update={"store": config.store.model_copy(update={"hot_files": self.hot_files})}
        )
        self._open()

    def _open(self):
        self._log = AckLog(self.layout, "otlp", min_free_bytes=0)
        self._writer = Writer(self.layout, self._config, self._registry)

    def restart(self):
        self._log.close()
        self._open()

    def close(self):
        self._log.close()

    def receive(self, *bodies, signal="traces", content_type=PROTOBUF):
        for body in bodies:
            self._log.append([Request(signal, content_type, body, time.time_ns())])

    def seal(self):
        self._writer.seal()

    def rows(self, table="spans", columns="attributes['test.id'], flags"):
        with connect(self.layout.root) as con:
            return sorted(con.execute(f"SELECT {columns} FROM {table}").fetchall(), key=str)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data")
    yield store
    store.close()


def ids(n):
    return [f"{i}" for i in range(n)]


def once(n):
    return [(i, None) for i in sorted(ids(n))]


@pytest.mark.parametrize("signal", TABLES)
@pytest.mark.parametrize("between", ["nothing", "seal", "restart", "another request"])
def test_the_same_bytes_twice(store, signal, between):
    body = batch(signal, ids(5), TRACE)
    store.receive(body, signal=signal)
    if between == "another request":
        store.receive(batch(signal, ["x"], TRACE), signal=signal)
    if between != "nothing":
        store.seal()
    if between == "restart":
        store.restart()
    store.receive(body, body, signal=signal)
    store.seal()
    expected = once(5) + ([("x", None)] if between == "another request" else [])
    assert store.rows(TABLES[signal]) == expected


@pytest.mark.parametrize("sealed_between", [False, True])
def test_protobuf_then_json(store, sealed_between):
    body = batch("traces", ids(5), TRACE)
    store.receive(body)
    if sealed_between:
        store.seal()
    store.receive(as_json(body), content_type=JSON)
    store.seal()
    assert store.rows() == once(5)


def as_json(body):
    """Return a traces request as OTLP/JSON, whose ids are hex where protobuf's JSON has base64."""
    request = parse("traces", PROTOBUF, body)
    text = MessageToJson(request, use_integers_for_enums=True)
    for span in request.resource_spans[0].scope_spans[0].spans:
        for id_ in (span.trace_id, span.span_id):
            text = text.replace(b64encode(id_).decode(), id_.hex())
    return text.encode()


@pytest.mark.parametrize("sealed_between", [False, True])
def test_spans_cut_into_other_batches(store, sealed_between):
    whole = parse("traces", PROTOBUF, batch("traces", ids(10), TRACE))
    store.receive(whole.SerializeToString())
    if sealed_between:
        store.seal()
    store.receive(*(cut(whole, start, start + 4).SerializeToString() for start in (0, 4, 8)))
    store.receive(cut(whole, 2, 9).SerializeToString())
    store.seal()
    assert store.rows() == once(10)


def cut(request, start, end):
    """Return a request with some of the spans."""
    part = SIGNALS["traces"].request()
    part.CopyFrom(request)
    del part.resource_spans[0].scope_spans[0].spans[:]
    part.resource_spans[0].scope_spans[0].spans.extend(request.resource_spans[0].scope_spans[0].spans[start:end])
    return part


@pytest.mark.parametrize("sealed_between", [False, True])
def test_the_same_ids_with_other_content_are_both_kept_and_flagged(store, sealed_between):
    first = parse("traces", PROTOBUF, batch("traces", ids(3), TRACE))
    other = SIGNALS["traces"].request()
    other.CopyFrom(first)
    other.resource_spans[0].scope_spans[0].spans[1].name = "other"
    store.receive(first.SerializeToString())
    if sealed_between:
        store.seal()
    store.receive(other.SerializeToString(), first.SerializeToString())
    store.seal()
    store.receive(other.SerializeToString())  # and once more: nothing new, and no second flag
    store.seal()
    assert store.rows(columns="attributes['test.id'], name, flags") == [
        ("0", "chat gpt-4o", None),
        ("1", "chat gpt-4o", ["id_conflict"]),
        ("1", "other", ["id_conflict"]),
        ("2", "chat gpt-4o", None),
    ]


def test_a_request_that_differs_in_one_byte_is_not_a_repetition(store):
    store.receive(batch("logs", ["a"]), batch("logs", ["b"]), signal="logs")
    store.seal()
    assert store.rows("logs") == [("a", None), ("b", None)]


def test_a_retry_finds_its_rows_in_compacted_files_too(store):
    for id_ in ids(store.hot_files):
        store.receive(batch("traces", [id_], TRACE))
        store.seal()
    body = batch("traces", ["again"], TRACE)
    store.receive(body)
    store.seal()
    assert len(live_files(store.layout.table("spans"))) < store.hot_files
    store.receive(body)
    store.seal()
    assert store.rows() == [*once(store.hot_files), ("again", None)]
