"""The scoring server over a real port, with the real encoder."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType

import grpc
import numpy as np
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from otel_cert.errors import ConfigError, NotFound, OtelCertError, Retryable, UsageError
from otel_cert.score_server.server import ScoreServer, serve
from otel_cert.score_server.settings import ScoreServerSettings
from otel_cert.scoring import wire
from otel_cert.scoring.breaker import Breaker
from otel_cert.scoring.cache import MemoryCache
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.remote import Remote, Server
from otel_cert.scoring.remote_models import RemoteEncoder, RemoteLM
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.scoring.shared import shared_encoder
from otel_cert.scoring.v1 import scoring_pb2 as pb
from otel_cert.store import tokens
from otel_cert.store.layout import Layout
from tests.receivers.authority import Authority

WAIT_S = 60
TEXTS = [
    "The Loire is 1006 km long.",
    "",
    "a",
    "日本の首都は東京です。",
    "half \ud800 a character",
    "word " * 200,
    "Ünïcödé 😀",
]


class Letters:
    """A language model: the surprisal of a letter is its place in the answer."""

    label, versions = "letters 1", MappingProxyType({"model": "letters 1"})

    def score(self, items):
        return [self._scored(item) for item in items]

    def _scored(self, item):
        n = len(item.answer)
        if not n:
            return Unscored("no_answer", "the answer is blank")
        places = np.arange(n, dtype=np.int32)
        return TokenScores(
            ids=places, offsets=np.array([places, places + 1]).T, surprisal=places / 3, entropy=places / 7, rank=places + 1,
            gap=places / 9, form="plain text" if isinstance(item.prompt, str) else "chat template", windows=1, context=n,
        )  # fmt: skip


class Held:
    """The encoder, which begins a batch only when it is let go."""

    def __init__(self):
        self.open, self.begun, self.server = threading.Event(), threading.Semaphore(0), None

    def __getattr__(self, name):
        return getattr(shared_encoder(), name)

    def encode(self, texts):
        self.begun.release()
        assert self.open.wait(WAIT_S)
        return shared_encoder().encode(texts)

    def waiting(self, n):
        """Return when so many texts wait."""
        began = time.monotonic()
        while self.server.servicer.texts._waiting != n:
            assert time.monotonic() < began + WAIT_S
            time.sleep(0.01)


class Other(Encoder):
    """An encoder of other versions."""

    versions = MappingProxyType({"model": "another"})


@contextmanager
def running(encoder=None, lm=None, **settings):
    """Run a server, and give the address it listens on."""
    made = ScoreServerSettings(endpoint="127.0.0.1:0", **settings)
    server = ScoreServer(made, encoder or shared_encoder(), lm)
    if isinstance(encoder, Held):
        encoder.server = server
    try:
        yield server.start()
    finally:
        server.stop(5)


@contextmanager
def asking(endpoint, **settings):
    remote = Remote(Server(endpoint, **{"interval_s": 0.01, **settings}))
    try:
        yield remote
    finally:
        remote.close()


@pytest.fixture(scope="module")
def endpoint():
    with running(lm=Letters()) as bound:
        yield bound


def same(found, expected):
    return [one.to_bytes() for one in found] == [one.to_bytes() for one in expected]


def test_vectors_are_those_of_this_machine_bit_for_bit(endpoint):
    local = shared_encoder()
    with asking(endpoint) as remote:
        encoder = RemoteEncoder(remote)
        assert (encoder.width, encoder.longest, dict(encoder.versions)) == (384, 254, dict(local.versions))
        assert same(encoder.encode(TEXTS), local.encode(TEXTS))
        for text in TEXTS:
            assert np.array_equal(encoder.pieces(text), local.pieces(text))
        assert encoder.encode([]) == []
        encoder.unload()


def test_many_callers_at_once_get_their_own(endpoint):
    local = shared_encoder()
    texts = [[f"caller {caller}, text {n}: " + "long " * (n * 7 % 30) for n in range(6)] for caller in range(8)]
    with asking(endpoint) as remote, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(RemoteEncoder(remote).encode, texts))
    for one, own in zip(found, texts, strict=True):
        assert same(one, local.encode(own))


def test_caches_are_asked_before_the_server(endpoint):
    with asking(endpoint) as remote:
        encoder = RemoteEncoder(remote, caches=[MemoryCache()])
        first = encoder.encode(["a text"])
        asked = remote.outcomes.copy()
        assert same(encoder.encode(["a text"]), first)
        assert remote.outcomes == asked


def test_a_text_that_is_too_long_fails_as_it_does_here_and_alone(endpoint):
    with asking(endpoint) as remote:
        encoder = RemoteEncoder(remote)
        with pytest.raises(ValueError, match="the model takes 254"):
            encoder.encode(["word " * 500])
        with pytest.raises(ValueError, match="send 256 at most"):
            remote.ask("Embed", pb.EmbedRequest(texts=["a"] * 257))
        with pytest.raises(ValueError, match=r"(?i)larger than max"):
            remote.ask("Embed", pb.EmbedRequest(texts=["a" * (wire.LARGEST_REQUEST + 1)]))
        assert remote.breaker.state == "closed"


def test_token_scores_are_those_of_the_model(endpoint):
    items = [Item("a prompt", "answer"), Item([{"role": "user", "content": "hi"}], "ok"), Item("p", "")] * 12
    with asking(endpoint) as remote:
        lm = RemoteLM(remote)
        found = lm.score(items)
        assert (lm.label, dict(lm.versions)) == ("letters 1", {"model": "letters 1"})
    assert found[2] == Unscored("no_answer", "the answer is blank")
    for one, expected in zip(found, Letters().score(items), strict=True):
        assert wire.result_message(one) == wire.result_message(expected)


def test_without_a_language_model_it_says_what_to_do():
    with running() as bound, asking(bound) as remote:
        with pytest.raises(Retryable, match="no language model"):
            RemoteLM(remote).score([Item("p", "a")])
        with pytest.raises(Retryable, match=r"FAILED_PRECONDITION.*--lm MODEL"):
            remote.ask("Score", pb.ScoreRequest(items=[pb.Item(text="p", answer="a")]))


def test_a_model_that_fails_is_an_error_of_that_request():
    class Failing(Letters):
        def score(self, items):
            if any(item.answer == "bad" for item in items):
                raise RuntimeError("secret of the text")
            if any(item.answer == "short" for item in items):
                raise MemoryError
            return super().score(items)

    with running(lm=Failing()) as bound, asking(bound, attempts=2) as remote:
        lm = RemoteLM(remote)
        with pytest.raises(OtelCertError, match="INTERNAL: scoring failed: RuntimeError") as failed:
            lm.score([Item("p", "bad")])
        assert not isinstance(failed.value, Retryable)
        assert "secret" not in str(failed.value)
        remote._sleep = lambda _: None
        with pytest.raises(Retryable, match="memory is short"):
            lm.score([Item("p", "short")])
        assert len(lm.score([Item("p", "fine")])) == 1


def test_health_is_told(endpoint):
    with grpc.insecure_channel(endpoint) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", wire.SERVICE):
            found = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=WAIT_S)
            assert found.status == health_pb2.HealthCheckResponse.SERVING


def test_bytes_that_are_no_message_are_refused(endpoint):
    with grpc.insecure_channel(endpoint) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(f"/{wire.SERVICE}/Embed")(b"\xff\xff", timeout=WAIT_S)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def held(encoder, remote, pool, n=1):
    """Return the future of a request that is being computed."""
    future = pool.submit(remote.ask, "Embed", pb.EmbedRequest(texts=["a"] * n))
    assert encoder.begun.acquire(timeout=WAIT_S)
    return future


def test_overload_is_told_with_a_time_and_the_client_tries_again():
    encoder = Held()
    with running(encoder, waiting=2) as bound, asking(bound) as remote, ThreadPoolExecutor(4) as pool:
        first = held(encoder, remote, pool)
        second = pool.submit(remote.ask, "Embed", pb.EmbedRequest(texts=["b", "c"]))
        with grpc.insecure_channel(bound) as channel:
            call = channel.unary_unary(f"/{wire.SERVICE}/Embed", response_deserializer=pb.EmbedResponse.FromString)
            encoder.waiting(2)
            with pytest.raises(grpc.RpcError) as refused:
                call(pb.EmbedRequest(texts=["x"]).SerializeToString(), timeout=WAIT_S)
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            info = RetryInfo()
            assert any(detail.Unpack(info) for detail in rpc_status.from_call(refused.value).details)
            assert 0 < info.retry_delay.ToNanoseconds() <= 30e9
        slept = []

        def sleep(seconds):
            slept.append(seconds)
            encoder.open.set()  # by the second attempt there is room
            first.result(WAIT_S)
            second.result(WAIT_S)

        third = Remote(Server(bound), sleep=sleep)
        assert len(third.ask("Embed", pb.EmbedRequest(texts=["d", "e"])).vectors) == 2
        assert third.outcomes["Embed", "RESOURCE_EXHAUSTED"] == len(slept) == 1
        assert third.breaker.state == "closed"
        third.close()


def test_a_client_that_is_refused_to_the_end_leaves_it_for_later():
    encoder = Held()
    with running(encoder, calls=1) as bound, asking(bound) as remote, ThreadPoolExecutor(1) as pool:
        first = held(encoder, remote, pool)
        slept = []
        other = Remote(Server(bound, attempts=3), sleep=slept.append)
        with pytest.raises(Retryable, match="RESOURCE_EXHAUSTED: 1 requests wait already"):
            other.ask("Embed", pb.EmbedRequest(texts=["b"]))
        assert slept == [0.5, 0.5]  # as the server asked
        assert other.breaker.state == "closed"
        encoder.open.set()
        assert len(first.result(WAIT_S).vectors) == 1
        other.close()


def test_deadlines_are_kept_and_what_is_late_is_not_computed():
    encoder = Held()
    with running(encoder) as bound, asking(bound) as remote, ThreadPoolExecutor(1) as pool:
        first = held(encoder, remote, pool)
        with asking(bound, timeout_s=0.2) as hasty, pytest.raises(Retryable, match="DEADLINE_EXCEEDED"):
            hasty.ask("Embed", pb.EmbedRequest(texts=["late"]))
        assert (
            hasty.outcomes["Embed", "DEADLINE_EXCEEDED"] == 1
        )  # an attempt that was too slow is not made again at once
        encoder.open.set()
        first.result(WAIT_S)
        assert len(remote.ask("Embed", pb.EmbedRequest(texts=["next"])).vectors) == 1
        assert not encoder.begun.acquire(blocking=False) or not encoder.begun.acquire(blocking=False)


def test_stopping_finishes_what_is_in_flight():
    encoder = Held()
    server = encoder.server = ScoreServer(ScoreServerSettings(endpoint="127.0.0.1:0"), encoder)
    with asking(server.start()) as remote, ThreadPoolExecutor(2) as pool:
        first = held(encoder, remote, pool)
        stopping = pool.submit(server.stop, WAIT_S)
        encoder.open.set()
        stopping.result(WAIT_S)
        assert len(first.result(WAIT_S).vectors) == 1
        remote._sleep = lambda _: None
        with pytest.raises(Retryable, match=r"UNAVAILABLE(.|\n)*hint: is `otel-cert score-server` running"):
            remote.ask("Describe", pb.DescribeRequest())


def test_tls_and_tokens(tmp_path):
    authority, other = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    certificate, key = authority.issue("server")
    layout = Layout.create(tmp_path / "data")
    secret, _ = tokens.create(layout, "worker", ["score"])
    wrong, _ = tokens.create(layout, "sender", ["ingest"])
    tls = {"cert_file": certificate, "key_file": key}
    with running(tls=tls, auth="tokens", data_dir=tmp_path / "data") as bound:
        with asking(bound, ca_file=authority.file, token=secret) as remote:
            assert same(RemoteEncoder(remote).encode(["a"]), shared_encoder().encode(["a"]))
            assert secret not in repr(remote.server)
        for token, code in ((None, "UNAUTHENTICATED"), ("x", "UNAUTHENTICATED"), (wrong, "PERMISSION_DENIED")):
            with asking(bound, ca_file=authority.file, token=token) as remote, pytest.raises(Retryable, match=code):
                RemoteEncoder(remote).encode(["a"])
        for files in ({}, {"ca_file": other.file}):
            with (
                asking(bound, token=secret, attempts=1, **files) as remote,
                pytest.raises(Retryable, match="UNAVAILABLE"),
            ):
                RemoteEncoder(remote).encode(["a"])


def test_client_certificates(tmp_path):
    authority = Authority(tmp_path / "ca")
    certificate, key = authority.issue("server")
    shown = authority.issue("client", "worker.example")
    tls = {"cert_file": certificate, "key_file": key, "client_ca_file": authority.file}
    with running(tls=tls) as bound:
        with asking(bound, ca_file=authority.file, cert_file=shown[0], key_file=shown[1]) as remote:
            assert RemoteEncoder(remote).width == 384
        with asking(bound, ca_file=authority.file, attempts=1) as remote, pytest.raises(Retryable):
            assert RemoteEncoder(remote).width


def test_wrong_settings_are_told(tmp_path, endpoint):
    with pytest.raises(UsageError, match="cannot listen"):
        ScoreServer(ScoreServerSettings(endpoint=endpoint), shared_encoder()).start()
    with pytest.raises(UsageError, match="--data-dir"):
        ScoreServer(ScoreServerSettings(auth="tokens"), shared_encoder())
    tls = {"cert_file": tmp_path / "none", "key_file": tmp_path / "none"}
    with pytest.raises(ConfigError, match="cert_file"):
        ScoreServer(ScoreServerSettings(tls=tls), shared_encoder())
    with pytest.raises(NotFound, match="cannot read"):
        Remote(Server("127.0.0.1:1", ca_file=tmp_path / "none"))
    for exposed in ({}, {"auth": "tokens"}):
        with pytest.raises(UsageError, match="anybody on the network"):
            serve(ScoreServerSettings(endpoint="0.0.0.0:0", **exposed), shared_encoder(), None, on_ready=lambda _: None)


def dead(**settings):
    """Return a client of a port that nobody listens on."""
    return Remote(Server("127.0.0.1:1", attempts=2), Breaker(failures=2, **settings), sleep=lambda _: None)


def test_while_there_is_no_server_the_same_model_here_computes():
    local = Encoder()
    encoder = RemoteEncoder(dead(), fallback=local)
    assert same(encoder.encode(TEXTS), shared_encoder().encode(TEXTS))
    assert dict(encoder.versions) == dict(local.versions)
    assert np.array_equal(encoder.pieces("a b"), local.pieces("a b"))


def test_without_one_it_is_for_later_and_the_open_breaker_costs_no_time():
    remote = dead(open_s=1000)
    encoder = RemoteEncoder(remote)
    with pytest.raises(Retryable, match="UNAVAILABLE"):
        encoder.encode(["a"])
    assert (remote.breaker.state, remote.outcomes["Describe", "UNAVAILABLE"]) == ("open", 2)
    with pytest.raises(Retryable, match="tried again in"):
        encoder.encode(["a"])
    assert remote.outcomes["Describe", "UNAVAILABLE"] == 2


def test_a_breaker_closes_when_the_server_is_back(endpoint):
    now = [0.0]
    remote = Remote(Server(endpoint), Breaker(failures=1, open_s=10, clock=lambda: now[0]))
    remote.breaker.failed()
    with pytest.raises(Retryable, match="tried again in 10 s"):
        remote.ask("Describe", pb.DescribeRequest())
    now[0] = 10.0
    assert remote.ask("Describe", pb.DescribeRequest()).width == 384
    assert remote.breaker.state == "closed"
    remote.close()


def test_a_model_that_is_another_here_does_not_stand_in():
    local = Other()
    with running() as bound, asking(bound, attempts=1) as remote:
        encoder = RemoteEncoder(remote, fallback=local)
        assert dict(encoder.versions) == dict(shared_encoder().versions)
    with asking(bound, attempts=1) as gone:
        encoder._remote = gone
        with pytest.raises(Retryable, match="UNAVAILABLE"):
            encoder.encode(["a"])


def test_a_server_that_computes_otherwise_than_before_is_noticed():
    class OtherLetters(Letters):
        label = "letters 2"

    with (
        running(lm=Letters()) as first, running(Other(), OtherLetters()) as second,
        asking(first) as one, asking(second) as other,
    ):  # fmt: skip
        encoder, lm = RemoteEncoder(one), RemoteLM(one)
        assert encoder.versions
        assert lm.label == "letters 1"
        encoder._remote = lm._remote = other
        with pytest.raises(Retryable, match="other versions than before"):
            encoder.encode(["a"])
        with pytest.raises(Retryable, match="another model than before"):
            lm.score([Item("p", "a")])


def test_answers_that_are_not_what_they_should_be_are_errors(endpoint):
    with asking(endpoint) as remote:
        encoder = RemoteEncoder(remote)
        versions = encoder.versions
        remote.ask = lambda *_: pb.EmbedResponse(versions=versions)
        with pytest.raises(OtelCertError, match="answered 0 of 1"):
            encoder.encode(["a"])
        remote.ask = lambda *_: pb.EmbedResponse(versions=versions, vectors=[pb.Vectors(offsets=b"1")])
        with pytest.raises(OtelCertError, match="cannot be read"):
            encoder.encode(["a"])
