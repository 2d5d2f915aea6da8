"""OTLP/HTTP on the wire: points 21 to 50; see also test_http_framing.py and test_json.py."""

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from google.rpc.code_pb2 import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE
from google.rpc.error_details_pb2 import BadRequest, RetryInfo

from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS

from .http2 import bomb
from .messages import span_json, status, traces
from .served import LIMIT, served


def test_21_protobuf_is_accepted(service):
    """Protobuf answers 200 with the same Content-Type and `partial_success` unset."""
    answer = service.send(traces("point 21"))
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, PROTOBUF, b"")
    service.stored("name = 'point 21'")


@pytest.mark.parametrize("signal", SIGNALS)
def test_21_an_empty_request_is_accepted(service, signal):
    """An empty protobuf request answers 200, for every signal."""
    assert service.send(b"", signal).status_code == 200


def test_22_json_is_accepted(service):
    """JSON answers 200 with `application/json` and an empty object."""
    answer = service.send(span_json("point 22"), content_type=JSON)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON, {})
    service.stored("name = 'point 22'")


CHARSETS = [
    "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"',
    "application/json ; charset=utf-8", "application/json;", "application/json; a=b",
]  # fmt: skip


def test_23_a_charset_parameter_is_accepted(service):
    """Parameters of the Content-Type, such as a charset, change nothing."""
    for n, content_type in enumerate(CHARSETS):
        answer = service.send(span_json(f"point 23 {n}"), content_type=content_type)
        assert (answer.status_code, answer.headers["content-type"]) == (200, JSON), content_type
    service.stored("name LIKE 'point 23 %'", n=len(CHARSETS))


OTHER_TYPES = ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "application/jsonl"]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_24_other_content_types_are_refused(service, content_type):
    """Another Content-Type answers 415, and so does none."""
    answer = service.send(traces("x"), content_type=content_type)
    assert (answer.status_code, status(answer).code) == (415, INVALID_ARGUMENT)


def test_24_no_content_type_is_refused(service):
    """No Content-Type at all answers 415."""
    request = service.http.build_request("POST", "/v1/traces", content=traces("x"))
    request.headers.pop("content-type", None)
    assert service.http.send(request).status_code == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_25_other_methods_are_refused(service, method):
    """GET, and every method but POST, answers 405 and says that POST is allowed."""
    answer = service.http.request(method, "/v1/traces")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/", "/v1/profiles", "/v1/traces/", "/V1/traces", "/v1//traces", "/v1/traces/../../x", "/v1/%2e%2e/x"]
)
def test_26_unknown_paths_are_not_found(service, path):
    """An unknown path answers 404 and names the known ones."""
    answer = service.http.post(path, content=traces("x"), headers={"Content-Type": PROTOBUF})
    assert answer.status_code == 404
    assert "/v1/traces" in status(answer).message


def members(body):
    """Return gzip in two members, which is one valid file."""
    return gzip.compress(body[:40]) + gzip.compress(body[40:])


def with_name(body):
    """Return gzip whose head has the optional fields: a file name and a comment."""
    return b"\x1f\x8b\x08\x18\0\0\0\0\0\xffname\0comment\0" + gzip.compress(body)[10:]


@pytest.mark.parametrize("size", [1, 3000])
def test_27_gzip_is_accepted(service, size):
    """A gzip body is stored, small or large, in one member or several, with any head."""
    cases = list(product((gzip.compress, members, with_name), ("gzip", "GZIP", "x-gzip")))
    for pack, encoding in cases:
        answer = service.send(pack(traces(f"point 27 {size}", size)), Content_Encoding=encoding)
        assert answer.status_code == 200, (pack, encoding)
    service.stored(f"name = 'point 27 {size}'", n=size * len(cases))


BODY = traces("never")
BAD_GZIP = {
    "plain": BODY, "empty": b"", "cut in the data": gzip.compress(BODY)[:-12], "cut in the check": gzip.compress(BODY)[:-3],
    "cut in the head": gzip.compress(BODY)[:5], "trailing garbage": gzip.compress(BODY) + b"more",
    "half a second member": gzip.compress(BODY) + gzip.compress(BODY)[:9], "zlib": zlib.compress(BODY),
    "wrong check sum": gzip.compress(BODY)[:-8] + bytes(8), "JSON": b"{}", "gzip of garbage": gzip.compress(b"\xff" * 99),
    "gzip twice": gzip.compress(gzip.compress(BODY)),
}  # fmt: skip


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("body", BAD_GZIP.values(), ids=BAD_GZIP)
def test_28_gzip_that_is_none_is_refused(service, body, content_type):
    """`Content-Encoding: gzip` on a body that is none, or is damaged, answers 400 with a Status."""
    answer = service.send(body, content_type=content_type, Content_Encoding="gzip")
    assert (answer.status_code, status(answer).code) == (400, INVALID_ARGUMENT)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "snappy", "gzip, gzip", "compress", "\xe9"])
def test_29_other_content_encodings_are_refused(service, encoding):
    """An unknown Content-Encoding answers 415 with a Status and the known ones."""
    answer = service.send(BODY, Content_Encoding=encoding.encode("latin-1"))
    assert (answer.status_code, status(answer).code) == (415, INVALID_ARGUMENT)
    assert "gzip" in answer.headers["accept-encoding"]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_30_a_gzip_bomb_is_refused_with_bounded_memory(service, content_type):
    """4 MiB of gzip that unpack to 4 GiB answer 413, and memory rises by less than 64 MiB."""
    packed = bomb(4000 << 20)
    assert len(packed) < LIMIT
    with service.memory() as risen:
        answer = service.send(packed, content_type=content_type, Content_Encoding="gzip")
    assert (answer.status_code, status(answer).code) == (413, RESOURCE_EXHAUSTED)
    assert risen[0] < 64 << 20


def test_30_many_small_bombs_at_once(service):
    """64 small bombs at once are refused with bounded memory too."""
    packed = bomb(16 << 20)
    with service.memory() as risen, ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: service.send(packed, Content_Encoding="gzip").status_code, range(64)))
    assert set(answers) <= {413, 503}
    assert 413 in answers
    assert risen[0] < 128 << 20


@pytest.mark.parametrize("last", [b"", gzip.compress(b"\xff")], ids=["nothing", "malformed"])
def test_30_a_million_gzip_members_cost_little(service, last):
    """4 MiB of tiny gzip members cost the server less than five seconds of CPU time."""
    before = service.cpu_s()
    answer = service.send(gzip.compress(b"") * (LIMIT // 20 - 2) + last, Content_Encoding="gzip")
    assert answer.status_code == (400 if last else 200)
    assert service.cpu_s() - before < 5


def test_31_a_chunked_body_beyond_the_limit_is_refused(service):
    """A body without Content-Length is stored up to the limit and answers 413 beyond it."""
    request = SIGNALS["traces"].request.FromString(traces("point 31"))
    request.resource_spans[0].schema_url = "x" * (LIMIT - 1000)
    request.resource_spans[0].schema_url += "x" * (LIMIT - request.ByteSize())
    body = request.SerializeToString()
    assert len(body) == LIMIT
    assert service.send(iter([body[:100], body[100:]])).status_code == 200
    service.stored("name = 'point 31'")
    answer = service.send(iter([body, b"x"]))
    assert (answer.status_code, status(answer).code, status(answer).details) == (413, RESOURCE_EXHAUSTED, [])


ERRORS = {
    400: lambda s, t: s.send(b"\x0a\x05ab", content_type=t),
    404: lambda s, t: s.http.post("/x", content=b"", headers={"Content-Type": t}),
    405: lambda s, t: s.http.put("/v1/traces", content=b"", headers={"Content-Type": t}),
    413: lambda s, t: s.send(bytes(LIMIT + 1), content_type=t),
    415: lambda s, t: s.send(b"", content_type=t, Content_Encoding="br"),
}


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("code", ERRORS)
def test_33_errors_are_a_status_in_the_encoding_of_the_request(service, code, content_type):
    """The body of every 4xx is a google.rpc.Status in the request's encoding; that of a 400 has a BadRequest."""
    answer = ERRORS[code](service, content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (code, content_type)
    assert status(answer).code
    assert status(answer).message
    if code == 400:
        assert status(answer).details[0].Unpack(BadRequest())


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A service whose disk has too little space left."""
    config = f"store: {{min_free_bytes: {1 << 60}}}"
    with served(tmp_path_factory.mktemp("full"), config, ready=False) as running:
        yield running


@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, BODY), (JSON, span_json("x"))], ids=["protobuf", "json"])
def test_34_an_overloaded_server_says_when_to_come_back(full, content_type, body):
    """Without space on the disk the answer is 503 with Retry-After, and a Status with RetryInfo."""
    answer, info = full.send(body, content_type=content_type), RetryInfo()
    assert (answer.status_code, answer.headers["content-type"]) == (503, content_type)
    assert status(answer).code == UNAVAILABLE
    assert status(answer).details[0].Unpack(info)
    assert int(answer.headers["retry-after"]) >= info.retry_delay.seconds > 0
    assert full.send(b"", content_type=PROTOBUF).status_code == 200, "nothing to store needs no space"


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def test_47_cors_for_named_origins_only(service):
    """Preflights of configured origins are allowed, without credentials; other origins are not."""
    allowed = service.http.options("/v1/traces", headers={"Origin": "https://app.example.com", **PREFLIGHT})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://app.example.com")
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in allowed.headers
    for origin in ("https://evil.example.com", "https://app.example.com.evil.com", "http://app.example.com", "null"):
        denied = service.http.options("/v1/traces", headers={"Origin": origin, **PREFLIGHT})
        assert denied.status_code == 400
        assert "access-control-allow-origin" not in denied.headers
        assert "access-control-allow-origin" not in service.send(b"", Origin=origin).headers
    answer = service.send(b"", Origin="https://app.example.com")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://app.example.com")


def test_47_no_cors_by_default(full):
    """Without configuration no origin is allowed."""
    answer = full.http.options("/v1/traces", headers={"Origin": "https://app.example.com", **PREFLIGHT})
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


LONG = {
    "a long unknown key": (JSON, json.dumps({"x" * (3 << 20): 1}).encode()),
    "a long wrong value": (JSON, span_json("x", kind="x" * (3 << 20))),
    "a long wrong id": (JSON, span_json("x", spanId="é" * (1 << 20))),
    "many odd spans": (PROTOBUF, traces("point 49", 2000, trace_id=b"", start_time_unix_nano=0, end_time_unix_nano=1)),
}


@pytest.mark.parametrize(("content_type", "body"), LONG.values(), ids=LONG)
def test_49_answers_are_short(service, content_type, body):
    """No answer is larger than 4 MiB, whatever it has to say about a request; ours stay below 16 KiB."""
    assert 0 < len(service.send(body, content_type=content_type).content) < 16 << 10


@pytest.mark.parametrize("accept", ["gzip", "identity", "br;q=1.0, *;q=0", ""])
def test_50_accept_encoding(service, accept):
    """Accept-Encoding is honoured or ignored: what is answered can be read as its headers say."""
    answer = service.send(span_json("point 50", spanId=""), content_type=JSON, Accept_Encoding=accept)
    assert "zero_span_id" in answer.json()["partialSuccess"]["errorMessage"]
