"""What happens to a batch: OTLP's rules for every answer, and nothing lost or silent."""

import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from structlog.testing import capture_logs

from otel_cert.component import Signal
from otel_cert.exporters import _stream
from otel_cert.otlp.requests import SIGNALS
from tests.exporters.endpoint import Recorder, Refusal, grpc_endpoint, http_endpoint
from tests.exporters.forwarding import QUICKLY, Forwarding, closed_port, settings, until
from tests.receivers.authority import Authority
from tests.stored import Store, body, chat

ALL = [1, 2, 3, 4, 5, 6]
"""The spans of the store, in two requests of one and one of four."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("store"))
    made.take(body(chat(1)), body(chat(2)), body(*(chat(n) for n in ALL[2:])))
    return made


@pytest.fixture
def forward(store, request, monkeypatch):
    monkeypatch.setattr(_stream, "_POLL_S", 0.02)
    return Forwarding(store.layout, f"otlp/{abs(hash(request.node.name))}")


@pytest.fixture
def endpoint():
    return Recorder()


def refusing(status=None, **http):
    def answer():
        raise Refusal(status, **http)

    return answer


def status(code, retry_s=None):
    found = Status(code=code, message="about a prompt")
    if retry_s is not None:
        info = RetryInfo(retry_delay=Duration(nanos=int(retry_s * 1e9)))
        found.details.add().Pack(info)
    return found


def batches_of(size):
    return {"sending_queue": {"batch": {"max_size": size}}}


def test_unavailable_is_tried_again_when_the_endpoint_says(forward, endpoint):
    endpoint.answers = [refusing(status(UNAVAILABLE, 0.4)), refusing(status(RESOURCE_EXHAUSTED, 0.4))]
    with grpc_endpoint(endpoint) as address:
        began = time.monotonic()
        with forward.run(settings(address)):
            forward.settled(6)
    assert endpoint.attempts == 3
    assert time.monotonic() - began >= 0.8, "twice what was asked for"
    assert endpoint.span_ids() == ALL
    assert forward.state()["counts"] == {"delivered": 6, "rejected": 0}
    assert forward.state()["failures"] == {"UNAVAILABLE": 1, "RESOURCE_EXHAUSTED": 1}


def test_a_refused_batch_is_set_aside_and_the_next_goes_on(forward, endpoint):
    endpoint.answers = [refusing(status(INVALID_ARGUMENT)), refusing(status(INVALID_ARGUMENT))]
    with capture_logs() as logged, grpc_endpoint(endpoint) as address, forward.run(settings(address, **batches_of(1))):
        forward.settled(6)
    assert endpoint.span_ids() == ALL[2:]
    assert forward.state()["counts"] == {"refused": 2, "delivered": 4, "rejected": 0}
    (refusal,) = forward.state()["refusals"]
    assert refusal == {
        "receiver": "otlp", "first": 1, "last": 2, "items": 2, "code": "INVALID_ARGUMENT", "message": "about a prompt",
    }  # fmt: skip
    refused = [entry for entry in logged if "refused a batch" in entry["event"]]
    assert [entry["items"] for entry in refused] == [1, 1]
    assert "about a prompt" not in str(logged)


def test_what_is_rejected_of_a_batch_is_counted_and_not_sent_again(forward, endpoint):
    response = SIGNALS["traces"].response()
    response.partial_success.rejected_spans = 2
    endpoint.answers = [lambda: response]
    with grpc_endpoint(endpoint) as address, forward.run(settings(address)):
        forward.settled(6)
    assert endpoint.attempts == 1
    assert forward.state()["counts"] == {"delivered": 4, "rejected": 2}


def test_nothing_is_lost_while_no_endpoint_listens(forward, endpoint):
    port = closed_port()
    for _ in range(2):
        with capture_logs() as logged, forward.run(settings(f"127.0.0.1:{port}")):
            until(lambda logged=logged: bool(logged))
    assert [entry["code"] for entry in logged if entry["log_level"] == "warning"] == ["UNAVAILABLE"]
    assert forward.state()["counts"] == {}
    with forward.run(settings(f"127.0.0.1:{port}")), grpc_endpoint(endpoint, f"127.0.0.1:{port}"):
        forward.settled(6)
    assert endpoint.span_ids() == ALL


def test_an_endpoint_that_does_not_answer_in_time_gets_it_again(forward, endpoint):
    endpoint.answers = [lambda: time.sleep(1.0) or SIGNALS["traces"].response()]
    with grpc_endpoint(endpoint) as address, forward.run(settings(address, timeout=0.3)):
        forward.settled(6)
    assert forward.state()["failures"].keys() == {"DEADLINE_EXCEEDED"}
    assert set(endpoint.span_ids()) == {*ALL}


def test_a_batch_that_is_too_large_is_halved_until_it_fits(forward, endpoint):
    with (
        grpc_endpoint(endpoint, max_receive_message_length=1000) as address,
        forward.run(settings(address, compression="none")),
    ):
        forward.settled(6)
    assert endpoint.span_ids() == ALL
    assert forward.state()["counts"] == {"delivered": 6, "rejected": 0}


def test_one_span_that_is_too_large_is_refused(forward, endpoint):
    with (
        grpc_endpoint(endpoint, max_receive_message_length=10) as address,
        forward.run(settings(address, compression="none")),
    ):
        forward.settled(6)
    assert forward.state()["counts"] == {"refused": 6}
    assert {refusal["code"] for refusal in forward.state()["refusals"]} == {"RESOURCE_EXHAUSTED"}


def test_half_a_request_is_not_sent_again_after_a_failure(forward, endpoint):
    endpoint.answers = [*[SIGNALS["traces"].response] * 2, *[refusing(status(UNAVAILABLE))] * 2]
    with grpc_endpoint(endpoint) as address:
        with forward.run(settings(address, **batches_of(2))):
            until(lambda: len(endpoint.requests) >= 2)
        with forward.run(settings(address, **batches_of(2))):
            forward.settled(6)
    assert endpoint.span_ids() == ALL
    assert forward.state()["positions"] == {"otlp": [3, 0]}


@pytest.mark.parametrize("retry", [{"enabled": False}, QUICKLY | {"max_elapsed_time": 0.1}])
def test_a_failing_batch_is_given_up_when_told_to(forward, retry):
    with forward.run(settings(f"127.0.0.1:{closed_port()}", retry_on_failure=retry)):
        forward.settled(6)
    assert forward.state()["counts"] == {"refused": 6}
    assert forward.state()["refusals"][0]["code"] == "UNAVAILABLE"


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_headers_and_compression_reach_the_endpoint_and_no_log(forward, endpoint, protocol):
    secrets = {"headers": {"Authorization": "Bearer s3cr3t", "X-Team": "s3cr3t-team"}}
    serve = grpc_endpoint if protocol == "grpc" else http_endpoint
    endpoint.answers = [refusing(status(UNAVAILABLE), http=503)]
    with capture_logs() as logged, serve(endpoint) as address:
        target = address if protocol == "grpc" else f"{address}/prefix"
        with forward.run(settings(target, protocol=protocol, **secrets)):
            forward.settled(6)
    sent = {key.lower(): value for key, value in endpoint.metadata[-1].items()}
    assert (sent["authorization"], sent["x-team"]) == ("Bearer s3cr3t", "s3cr3t-team")
    assert sent.get("content-encoding", "gzip") == "gzip"
    assert [entry["log_level"] for entry in logged] == ["warning"], "the failure is told"
    folders = ("forward/*/*", "metrics/*")
    written = [path.read_text() for folder in folders for path in forward.layout.root.glob(folder)]
    assert "s3cr3t" not in "".join([str(logged), *written])


@pytest.mark.parametrize(
    ("answers", "counts", "failures"),
    [
        ([{"http": 503, "headers": {"Retry-After": "1"}}], {"delivered": 6, "rejected": 0}, {"503": 1}),
        (
            [{"http": 429}, {"http": 502}, {"http": 504}],
            {"delivered": 6, "rejected": 0},
            {"429": 1, "502": 1, "504": 1},
        ),
        ([{"http": 400}], {"refused": 6}, {}),
        ([{"http": 500}], {"refused": 6}, {}),
        ([{"http": 413}], {"delivered": 6, "rejected": 0}, {}),
        ([{"http": 307, "headers": {"Location": "/elsewhere"}}], {"refused": 6}, {}),
    ],
)
def test_the_answers_of_http(forward, endpoint, answers, counts, failures):
    endpoint.answers = [refusing(**answer) for answer in answers]
    began = time.monotonic()
    with http_endpoint(endpoint) as url, forward.run(settings(f"{url}/prefix", protocol="http/protobuf")):
        forward.settled(6)
    found = forward.state()
    assert (found["counts"], found["failures"]) == (counts, failures)
    if "Retry-After" in answers[0].get("headers", {}):
        assert time.monotonic() - began >= 1.0


def test_a_closed_http_endpoint_is_tried_again(forward):
    with (
        capture_logs() as logged,
        forward.run(settings(f"http://127.0.0.1:{closed_port()}", protocol="http/protobuf")),
    ):
        until(lambda: bool(logged))
    assert forward.state()["counts"] == {}
    assert "NewConnectionError" in forward.page()


def test_the_oldest_beyond_a_bound_is_skipped_and_counted(forward, endpoint):
    with (
        capture_logs() as logged,
        grpc_endpoint(endpoint) as address,
        forward.run(settings(address, sending_queue={"queue_size": 5})),
    ):
        forward.settled(6)
    assert forward.state()["counts"] == {"skipped_queue_size": 1, "delivered": 5, "rejected": 0}
    assert endpoint.span_ids() == ALL[1:]
    assert [(entry["bound"], entry["items"]) for entry in logged] == [("queue_size", 1)]
    labels = f'{{exporter="{forward.id}",outcome="skipped_queue_size",pipeline="traces"}}'
    assert f"otel_cert_forward_items_total{labels} 1.0" in forward.page()


def test_what_waited_too_long_is_skipped_also_while_the_endpoint_is_dead(forward):
    with forward.run(settings(f"127.0.0.1:{closed_port()}", sending_queue={"max_age": 0.1})):
        forward.settled(6)
    assert forward.state()["counts"] == {"skipped_max_age": 6}
    assert forward.state()["positions"] == {"otlp": [3, 0]}


def test_spans_wait_for_their_trace_to_be_computed_but_not_for_ever(tmp_path, endpoint, monkeypatch):
    monkeypatch.setattr(_stream, "_POLL_S", 0.02)
    store = Store(tmp_path)
    store.send(body(chat(1)))
    store.seal()
    forward = Forwarding(store.layout)
    with grpc_endpoint(endpoint) as address:
        with forward.run(settings(address)):
            time.sleep(0.3)
            assert endpoint.requests == []
        with forward.run(settings(address, analysis_wait=0.1)):
            forward.settled(1)
    (span,) = endpoint.elements("traces")
    assert not [a for a in span.attributes if a.key.startswith("otel_cert.")]


def test_compaction_moves_no_position(tmp_path, endpoint, monkeypatch):
    monkeypatch.setattr(_stream, "_POLL_S", 0.02)
    store = Store(tmp_path)
    forward = Forwarding(store.layout)
    with grpc_endpoint(endpoint) as address:
        for first in (1, 3):
            store.take(body(chat(first)))
            store.take(body(chat(first + 1)))
            maintenance = store.maintenance(hot_files=2)
            assert maintenance.run()
            store.sealer.publish()
            maintenance.clean()
            with forward.run(settings(address)):
                forward.settled(first + 1)
    assert endpoint.span_ids() == [1, 2, 3, 4]


def test_a_dead_signal_delays_no_other(forward, endpoint):
    endpoint.answers = [refusing(status(UNAVAILABLE))] * 3
    with grpc_endpoint(endpoint) as address, forward.run(settings(address), *Signal):
        forward.settled(6)
    assert endpoint.span_ids() == ALL


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_tls_is_checked_and_our_certificate_is_shown(forward, endpoint, tmp_path, protocol):
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    (chain, key), (cert_file, key_file) = ours.issue("server", "collector"), ours.issue("exporter", "exporter")
    tls = {"server_name_override": "collector", "cert_file": cert_file, "key_file": key_file}
    if protocol == "grpc":
        pair = (key.read_bytes(), chain.read_bytes())
        serving = grpc_endpoint(endpoint, credentials=grpc.ssl_server_credentials([pair], ours.pem, True))
        target = "https://{}"
    else:
        serving, target = http_endpoint(endpoint, (chain, key), ours.file), "{}/prefix"
    with serving as address:
        to = {"protocol": protocol, "endpoint": target.format(address), "timeout": 2}
        with capture_logs() as logged, forward.run(settings(**to, tls=tls | {"ca_file": theirs.file})):
            until(lambda: bool(logged))
        assert endpoint.requests == []
        with forward.run(settings(**to, tls=tls | {"ca_file": ours.file})):
            forward.settled(6)
    assert endpoint.span_ids() == ALL
