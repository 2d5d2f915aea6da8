"""Who is let in, and how much of it: the gate. More of it over the wire is in tests/conformance/test_security.py."""

from types import SimpleNamespace

import grpc
import pytest
from grpc_status import rpc_status

from otel_cert.errors import PermissionDenied, RateLimited, Unauthenticated
from otel_cert.otlp import status
from otel_cert.receivers import _gate
from otel_cert.receivers._gate import READ, Gate, Rate, certificate_name
from otel_cert.store import tokens
from otel_cert.store.layout import Layout
from otel_cert.store.tokens import Tokens

from .conftest import traces


@pytest.fixture
def layout(tmp_path):
    return Layout.create(tmp_path / "data")


def gate(layout):
    return Gate(Tokens(layout.tokens))


def test_without_anything_configured_everybody_passes_unnamed():
    assert Gate().open
    assert Gate().admit(None, "traces", "127.0.0.1") == ""
    assert Gate().admit("Bearer whatever", READ, "127.0.0.1") == ""


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_a_token_is_its_holder(layout, scheme):
    secret, _ = tokens.create(layout, "checkout", ["ingest"])
    assert gate(layout).admit(f"{scheme} {secret}", "traces", "") == "checkout"
    assert gate(layout).admit(f"{scheme}  {secret} ", "logs", "") == "checkout"
    assert not gate(layout).open


@pytest.mark.parametrize(
    "header",
    [
        None, "", " ", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer{}", "Bearer {}x", "Bearer {} {}", "Token {}",
        "Bearer {}, Bearer {}", "Bearer \x00", "Bearer " + "ÿ" * 40, "Bearer \ud800", "Bearer " + "x" * 100_000, ":", ",",
    ],
)  # fmt: skip
def test_anything_else_is_unauthenticated(layout, header):
    secret, _ = tokens.create(layout, "checkout", ["ingest"])
    with pytest.raises(Unauthenticated) as refused:
        gate(layout).admit(header and header.replace("{}", secret), "traces", "")
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["ingest"], {"traces", "logs", "metrics"}),
        (["traces"], {"traces"}),
        (["logs", "metrics"], {"logs", "metrics"}),
        (["read"], {"read"}),
        (["ingest", "read"], {"traces", "logs", "metrics", "read"}),
    ],
)
def test_a_scope_allows_what_it_names(layout, scopes, allowed):
    secret, _ = tokens.create(layout, "checkout", scopes)
    one = gate(layout)
    for scope in ("traces", "logs", "metrics", "read"):
        if scope in allowed:
            assert one.admit(f"Bearer {secret}", scope, "") == "checkout"
        else:
            with pytest.raises(PermissionDenied, match=f"no scope for {scope}"):
                one.admit(f"Bearer {secret}", scope, "")


def test_a_certificate_is_the_subject_unless_tokens_are_asked_for(layout):
    assert Gate().admit(None, "traces", "", "shop.example") == "shop.example"
    secret, _ = tokens.create(layout, "checkout", ["ingest"])
    assert gate(layout).admit(f"Bearer {secret}", "traces", "", "shop.example") == "checkout"
    with pytest.raises(Unauthenticated):
        gate(layout).admit(None, "traces", "", "shop.example")
    with pytest.raises(PermissionDenied, match="longer than"):
        Gate().admit(None, "traces", "", "x" * 2000)


def test_the_name_in_a_certificate():
    names = [("CN", "common"), ("DNS", "a.example"), ("DNS", "b.example"), ("IP Address", "127.0.0.1")]
    assert certificate_name(names) == "a.example"
    assert certificate_name([*names, ("URI", "spiffe://a/b")]) == "spiffe://a/b"
    assert certificate_name(names[:1]) == "common"
    assert certificate_name([]) == ""


@pytest.fixture
def clock(monkeypatch):
    """Return the time that buckets fill by, to be moved on."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(_gate, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_who_sends_more_than_allowed_waits_and_others_do_not(clock):
    one = Gate(requests=Rate(2))
    sent, wait_s = until_limited(one, "10.0.0.1")
    assert sent == 20, "ten seconds' worth at once"
    assert 0 < wait_s <= 0.5
    assert one.admit(None, "traces", "10.0.0.2") == ""
    clock.now += wait_s
    assert one.admit(None, "traces", "10.0.0.1") == ""


def until_limited(gate, peer):
    """Send until that is too much; return how often it was not, and how long to wait."""
    for sent in range(100):
        try:
            gate.admit(None, "traces", peer)
        except RateLimited as limited:
            return sent, limited.retry_after_s
    raise AssertionError("there is no limit")


@pytest.mark.usefixtures("clock")
def test_bytes_are_counted_by_subject():
    one = Gate(sizes=Rate(1000))
    one.charge("checkout", "10.0.0.1", 12_000)
    with pytest.raises(RateLimited) as limited:
        one.admit(None, "traces", "10.0.0.2", "checkout")
    assert limited.value.retry_after_s == pytest.approx(2)
    assert one.admit(None, "traces", "10.0.0.1") == ""


def test_callers_that_were_quiet_longest_are_forgotten(monkeypatch):
    monkeypatch.setattr(_gate, "_MAX_CALLERS", 3)
    rate = Rate(0.1)
    for caller in "abcd":
        rate.spend(caller, 5)
    assert [rate.wait_s(caller) > 0 for caller in "abcd"] == [False, True, True, True]


def test_the_limit_over_the_wire_tells_how_long_to_wait(start):
    running = start(rate_limit={"bytes_per_second": 1})
    body = traces(20).SerializeToString()
    assert running.post(body).status_code == 200
    answer = running.post(body)
    assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (429, True)
    with pytest.raises(grpc.RpcError) as refused:
        running.export(body)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert status.retry_after_s(rpc_status.from_call(refused.value)) >= 1
    assert len(running.sink.requests) == 1
