"""OTLP/gRPC on the wire: points 1 to 19; see also test_grpc_faults.py."""

import gzip
import random
import time

import grpc
import pytest
from google.protobuf.internal import encoder
from google.rpc.error_details_pb2 import BadRequest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from otel_cert.otlp.requests import SIGNALS

from .http2 import Connection, bomb, message
from .messages import detail, logs, metrics, traces
from .served import LIMIT

CODE = grpc.StatusCode
UNKNOWN_FIELD = b"\x9a\x06\x03new"  # number 99, length-delimited


@pytest.fixture
def raw(service):
    """Return a connection by hand."""
    with Connection(service.connect("grpc")) as connection:
        yield connection


def test_01_a_span_is_accepted(service):
    """Export of one span answers OK with `partial_success` unset, and the span is stored."""
    assert not service.export(traces("point 1")).HasField("partial_success")
    assert service.stored("name = 'point 1'", "flags") == [(None,)]


@pytest.mark.parametrize("signal", SIGNALS)
def test_02_an_empty_request_is_accepted(service, signal):
    """An empty request answers OK."""
    assert not service.export(b"", signal).HasField("partial_success")


def test_03_resources_and_scopes_without_spans_are_accepted(service):
    """ResourceSpans without ScopeSpans, and ScopeSpans without spans, answer OK."""
    request = SIGNALS["traces"].request(resource_spans=[{}, {"scope_spans": [{}]}, {"resource": {"attributes": [{}]}}])
    assert not service.export(request.SerializeToString()).HasField("partial_success")


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_04_a_compressed_message_is_accepted(service, compression):
    """A message compressed with gzip, or deflate, is stored."""
    name = f"point 4 {compression}"
    service.export(traces(name, 100), compression=compression)
    service.stored(f"name = '{name}'", n=100)


@pytest.mark.parametrize("encoding", ["snappy", "zstd", "br", "GZIP"])
def test_05_an_unknown_compression_is_refused(service, raw, encoding):
    """A compression that the server does not have is refused for good, and the connection goes on."""
    call = raw.begin(grpc_encoding=encoding)
    raw.data(call, message(traces(f"point 5 {encoding}"), compressed=True))
    # grpcio says INTERNAL, where gRPC wants UNIMPLEMENTED; it decides that before any of our code runs.
    assert raw.trailers(call)["grpc-status"] in (str(CODE.UNIMPLEMENTED.value[0]), str(CODE.INTERNAL.value[0]))
    after = raw.begin()
    raw.data(after, message(traces(f"point 5 after {encoding}")))
    assert raw.trailers(after)["grpc-status"] == "0"
    service.stored(f"name LIKE 'point 5%{encoding}'")


def test_06_the_largest_message_passes_and_one_byte_more_does_not(service):
    """A message as large as the limit is stored; one byte more answers RESOURCE_EXHAUSTED without RetryInfo."""
    request = SIGNALS["traces"].request.FromString(traces("point 6"))
    request.resource_spans[0].schema_url = "x" * (LIMIT - 1000)
    request.resource_spans[0].schema_url += "x" * (LIMIT - request.ByteSize())
    assert request.ByteSize() == LIMIT
    service.export(request.SerializeToString())
    service.stored("name = 'point 6'")
    request.resource_spans[0].schema_url += "x"
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        refusal = service.refused(request.SerializeToString(), compression=compression)
        assert refusal == (CODE.RESOURCE_EXHAUSTED, None)


def test_07_a_gzip_bomb_is_refused_with_bounded_memory(service, raw):
    """4 MiB of gzip that unpack to 4 GiB answer RESOURCE_EXHAUSTED, and memory rises by less than 64 MiB."""
    packed = bomb(4000 << 20)
    assert len(packed) < LIMIT
    with service.memory() as risen:
        call = raw.begin(grpc_encoding="gzip")
        raw.data(call, message(packed, compressed=True))
        assert raw.trailers(call)["grpc-status"] == str(CODE.RESOURCE_EXHAUSTED.value[0])
    assert risen[0] < 64 << 20


def test_07_many_small_bombs_at_once(service, raw):
    """64 small bombs at once are refused with bounded memory too."""
    packed = message(bomb(16 << 20), compressed=True)
    with service.memory() as risen:
        calls = [raw.begin(grpc_encoding="gzip") for _ in range(64)]
        for call in calls:
            raw.data(call, packed)
        codes = {raw.trailers(call)["grpc-status"] for call in calls}
    assert codes == {str(CODE.RESOURCE_EXHAUSTED.value[0])}
    assert risen[0] < 128 << 20


def nested(levels):
    """Return a request of a span with an attribute of lists within lists."""
    value = b"\x08\x01"
    # ArrayValue.values and AnyValue.array_value; then value, attributes, spans, scope_spans, resource_spans.
    for tag in b"\x0a\x2a" * levels + b"\x12\x4a\x12\x12\x0a":
        value = bytes([tag]) + encoder._VarintBytes(len(value)) + value
    return value


MALFORMED = {
    "cut off": traces("x")[:-1],
    "a length beyond the end": b"\x0a\x05ab",
    "a number where a message belongs": b"\x08\x01\x0a\x01\x0a",
    "an endless number": b"\x08" + b"\xff" * 11,
    "field number 0": b"\x02\x00",
    "an unopened group": b"\x0c",
    "text that is not UTF-8": traces("PLACE").replace(b"PLACE", b"\xff\xfe\xfd\xfc\xfb"),
    "a surrogate": traces("XYZ").replace(b"XYZ", b"\xed\xa0\x80"),
    "gzip without saying so": gzip.compress(traces("x")),
    "JSON": b'{"resourceSpans": []}',
    "nested too deep": nested(60),
    "nested absurdly deep": nested(20_000),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_08_malformed_protobuf_is_refused_for_good(service, body):
    """Malformed protobuf answers INVALID_ARGUMENT with a BadRequest, and the server goes on."""
    code, status = service.refused(body)
    assert code is CODE.INVALID_ARGUMENT
    assert detail(status, BadRequest).field_violations[0].description == status.message
    service.export(b"")


@pytest.mark.parametrize("signal", SIGNALS)
def test_08_malformed_protobuf_of_every_signal(service, signal):
    """The same for every signal."""
    assert service.refused(b"\x0a\x05ab", signal)[0] is CODE.INVALID_ARGUMENT


@pytest.mark.parametrize("level", ["request", "resource group", "scope group", "span"])
def test_09_unknown_protobuf_fields_are_kept(service, level):
    """Protobuf fields that this version does not know are accepted at every level, and kept as sent."""
    request = SIGNALS["traces"].request.FromString(traces(f"point 9 {level}"))
    group = request.resource_spans[0]
    scope = group.scope_spans[0]
    {"request": request, "resource group": group, "scope group": scope, "span": scope.spans[0]}[level].MergeFromString(
        UNKNOWN_FIELD
    )
    assert not service.export(request.SerializeToString()).HasField("partial_success")
    ((kept,),) = service.stored(f"name = 'point 9 {level}'", "unknown_fields")
    assert kept == request.SerializeToString()


def test_12_hundred_streams_at_once_on_one_connection(service, raw):
    """100 calls that are all open at once on one connection are all answered OK and stored."""
    calls = [raw.begin() for _ in range(100)]
    for n, call in enumerate(calls):
        raw.data(call, message(traces(f"point 12 {n}")))
    assert {raw.trailers(call)["grpc-status"] for call in calls} == {"0"}
    service.stored("name LIKE 'point 12 %'", n=100)


def test_13_a_request_cancelled_in_the_middle_is_not_stored(service, raw):
    """A call that is cancelled before its message is whole stores nothing."""
    body = message(traces("point 13 half", 50))
    for sent in (0, 3, 5, len(body) // 2, len(body) - 1):
        call = raw.begin()
        raw.data(call, body[:sent], end=False)
        raw.cancel(call)
    service.export(traces("point 13 after"))
    service.stored("name LIKE 'point 13 %'", n=1)


def test_13_a_cancelled_request_is_stored_whole_or_not_at_all(service):
    """A call that is cancelled at any later time is stored whole or not at all."""
    rng = random.Random(13)
    for n in range(40):
        call = service.call().future(traces(f"point 13 batch {n}", 20), timeout=60)
        time.sleep(rng.random() * 0.01)
        call.cancel()
    service.export(traces("point 13 last"))
    service.stored("name = 'point 13 last'")
    counts = service.query("SELECT count(*) FROM spans WHERE name LIKE 'point 13 batch %' GROUP BY name")
    assert {n for (n,) in counts} <= {20}


def test_15_pings_that_come_too_often_end_the_connection(raw, service):
    """Keepalive pings faster than every 10 s end the connection with ENHANCE_YOUR_CALM; others are not concerned."""

    pings = 0
    while not raw.ends:
        raw.ping()
        pings += 1
        raw.receive()
    assert pings < 10
    (end,) = raw.ends
    assert (end.error_code.name, end.additional_data) == ("ENHANCE_YOUR_CALM", b"too_many_pings")
    service.export(b"")


def test_18_logs_and_metrics_are_accepted(service):
    """The services of logs and metrics accept and store too."""
    assert not service.export(logs("point 18"), "logs").HasField("partial_success")
    assert not service.export(metrics("point 18"), "metrics").HasField("partial_success")
    service.stored("event_name = 'point 18'", table="logs")
    service.stored("name = 'point 18'", table="metric_points")


@pytest.mark.parametrize(
    "method",
    [
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        f"/{SIGNALS['traces'].service}/Import",
        "/a.B/C",
        "/",
    ],
)
def test_18_what_is_not_offered_is_unimplemented(service, method):
    """Profiles, and every other service or method, answer UNIMPLEMENTED."""
    call = service.channel.unary_unary(method).future(b"", timeout=60)
    assert call.code() is CODE.UNIMPLEMENTED


def test_19_the_health_service_answers(service):
    """`grpc.health.v1` says SERVING for the server and every service, and NOT_FOUND for others."""
    health = health_pb2_grpc.HealthStub(service.channel)
    for name in ("", *(signal.service for signal in SIGNALS.values())):
        answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=60)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    unknown = health.Check.future(health_pb2.HealthCheckRequest(service="a.B"), timeout=60)
    assert unknown.code() is CODE.NOT_FOUND
