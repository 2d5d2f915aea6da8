"""`otel-cert score-server` as a process: ready, killed, stopped; and the scoring process that asks it."""

import json
import os
import signal
import socket
import subprocess
import threading

import numpy as np
import pytest
from click.testing import CliRunner

from otel_cert.cli import cli as command
from otel_cert.errors import NotFound, Retryable, UsageError
from otel_cert.roles import Scoring
from otel_cert.score_server.server import ScoreServer
from otel_cert.score_server.settings import ScoreServerSettings
from otel_cert.scoring import asked, shared
from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.remote import Remote, Server
from otel_cert.scoring.remote_models import RemoteEncoder, RemoteLM
from otel_cert.scoring.scored_tokens import Item, Unscored
from otel_cert.scoring.shared import is_remote, shared_encoder
from tests.cli.serving import COMMAND, ENVIRONMENT
from tests.scored import RIVER, ScoredStore, rag
from tests.tiny_causal import save_causal

WAIT_S = 180


@pytest.fixture
def process():
    arguments = [*COMMAND, "score-server", "--listen", "127.0.0.1:0"]
    made = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
    yield made
    made.kill()
    made.wait()
    made.stdout.close()


def test_killed_in_mid_work_nothing_is_lost_and_nothing_differs(process):
    ready = json.loads(process.stdout.readline())
    assert (ready["event"], ready["pid"], ready["lm"]) == ("ready", process.pid, None)
    assert ready["encoder"] == dict(shared_encoder().versions)
    remote = Remote(Server(ready["grpc"], interval_s=0.01, attempts=2))
    lonely, helped = RemoteEncoder(remote), RemoteEncoder(remote, fallback=Encoder())
    texts = [f"text {n} " + "of some length " * (n % 20) for n in range(16)]
    expected = [one.to_bytes() for one in shared_encoder().encode(texts)]
    first, found, failed = threading.Event(), [], []

    def work(encoder, until_it_fails):
        try:
            for _ in range(10_000 if until_it_fails else 3):
                found.append([one.to_bytes() for one in encoder.encode(texts)])
                first.set()
        except Retryable as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=args) for args in ((lonely, True), (helped, False))]
    for thread in threads:
        thread.start()
    assert first.wait(WAIT_S)
    os.kill(process.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(WAIT_S)
    assert len(failed) == 1, "without a fallback it is for later; with one it goes on"
    assert len(found) >= 3
    assert all(one == expected for one in found)
    remote.close()


def test_told_to_stop_it_ends_well(process):
    ready = json.loads(process.stdout.readline())
    remote = Remote(Server(ready["grpc"]))
    assert RemoteEncoder(remote).width == 384
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    remote.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_language_model_scores_there_as_here(tmp_path):
    folder = save_causal(tmp_path / "lm", "GPT2")
    arguments = [*COMMAND, "score-server", "--listen", "127.0.0.1:0", "--lm", folder, "--device", "cpu"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT
    ) as process:
        try:
            ready = json.loads(process.stdout.readline())
            remote, local = Remote(Server(ready["grpc"])), CausalLM(str(folder), device="cpu")
            items = [
                Item("The capital of France is", " Paris."),
                Item("A question.", ""),
                Item("x", "The Loire is long. " * 20),
            ]
            there, here = RemoteLM(remote).score(items), list(local.score(items))
            assert RemoteLM(remote).label == local.label == ready["lm"]
            remote.close()
        finally:
            process.kill()
    for one, other in zip(there, here, strict=True):
        if isinstance(other, Unscored):
            assert one == other
        else:
            assert (one.ids.tolist(), one.offsets.tolist()) == (other.ids.tolist(), other.offsets.tolist())
            np.testing.assert_allclose(one.surprisal, other.surprisal, atol=1e-5)
            np.testing.assert_allclose(one.entropy, other.entropy, atol=1e-5)


@pytest.mark.parametrize("endpoint", ["gpu.example.com:4319", "192.0.2.7:4319", "[2001:db8::1]:4319"])
def test_a_token_is_not_sent_over_the_network_without_tls(monkeypatch, endpoint):
    monkeypatch.setenv("OTEL_CERT_SCORE_TOKEN", "secret")
    with pytest.raises(UsageError) as raised:
        shared_encoder(f"grpc://{endpoint}")
    assert f"write grpcs://{endpoint}" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_wrong_usage(tmp_path):
    for arguments, message in (
        (("--listen", "0.0.0.0:0"), "anybody on the network"),
        (("--listen", "here"), "is no endpoint"),
        (("--tls-cert", tmp_path / "a.crt"), "belong together"),
        (("--model", tmp_path / "none"), "there is no folder"),
    ):
        done = CliRunner().invoke(command, ["score-server", *map(str, arguments)], catch_exceptions=False)
        assert done.exit_code in (1, 2), done.stderr
        assert (done.stdout, message in done.stderr) == ("", True), done.stderr


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def no_others(monkeypatch):
    """Begin without encoders, and without servers that were asked."""
    monkeypatch.setattr(shared, "_encoders", {})
    monkeypatch.setattr(asked, "_asked", [])


@pytest.mark.usefixtures("no_others")
def test_a_model_may_be_the_address_of_a_server(monkeypatch):
    assert [is_remote(name) for name in ("grpc://a:1", "grpcs://a:1", "all/mini", "/a/b", "http://a", "grpc")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    monkeypatch.setenv("OTEL_CERT_SCORE_TOKEN", "secret")
    plain, tls = shared_encoder("grpc://127.0.0.1:4319"), shared_encoder("grpcs://127.0.0.1:4319")
    assert [(s.endpoint, s.server.tls, s.server.token) for s in asked.asked()] == [
        ("127.0.0.1:4319", False, "secret"), ("127.0.0.1:4319", True, "secret"),
    ]  # fmt: skip
    assert isinstance(plain, RemoteEncoder)
    assert plain is shared_encoder("grpc://127.0.0.1:4319")
    assert plain is not tls
    with pytest.raises(UsageError, match="no scoring server"):
        shared_encoder("grpc://nowhere")


@pytest.mark.usefixtures("no_others")
def test_answers_wait_until_the_server_is_there(monkeypatch, tmp_path):
    def not_installed(**_):
        raise NotFound("the embedding model is not installed")

    monkeypatch.setattr(shared, "Encoder", not_installed)
    port = free_port()
    settings = {"method_settings": {"embedding_model": f"grpc://127.0.0.1:{port}"}, "cache_bytes": 0}
    store = ScoredStore(tmp_path, method="aligned", **settings)
    store.take(rag(1, "It is 1006 kilometres long.", RIVER))
    role = Scoring(store.layout, store.config, store.registry, lambda: None)
    role._interval_s = 0
    role.tick()  # it goes on, and says why nothing is scored
    assert store.rows("SELECT count(*) FROM support") == [(0,)]
    [remote] = asked.asked()
    assert remote.outcomes["Describe", "UNAVAILABLE"] >= 4
    server = ScoreServer(ScoreServerSettings(endpoint=f"127.0.0.1:{port}"), Encoder())
    server.start()
    try:
        while not (rows := store.rows("SELECT score_label FROM support")):
            remote.breaker._until = 0.0  # its time is over
            role.tick()
        assert rows == [("supported",)]
        shown = json.loads(store.layout.metrics("scoring").read_text())
        states = {sample[0]["state"]: sample[1] for sample in shown[0]["samples"]}
        assert states == {"closed": 1, "open": 0, "half_open": 0}
    finally:
        server.stop(5)


@pytest.mark.usefixtures("no_others")
def test_scores_by_a_server_are_those_of_this_machine():
    from otel_cert.measures.accuracy.aligned import Aligned

    server = ScoreServer(ScoreServerSettings(endpoint="127.0.0.1:0"), Encoder())
    bound = server.start()
    try:
        there, here = Aligned(f"grpc://{bound}"), Aligned()
        answer, context = "It is 1006 kilometres long, and in Spain.", [RIVER, "It rains."]
        assert there.score(answer, context) == here.score(answer, context)
        assert dict(there.versions) == dict(here.versions)
        assert np.isfinite(there.score(answer, context).confidence)
    finally:
        server.stop(5)
