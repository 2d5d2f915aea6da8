"""What listens where others can reach it has to be protected, or be wanted."""

import pytest

from otel_cert.config.loader import check, exposed, load
from otel_cert.registry import Registry

TLS = "cert_file: c.pem, key_file: k.pem"


@pytest.fixture(scope="module")
def registry():
    return Registry.installed()


def problems(text, registry):
    return [(problem.path, problem.line) for problem in check(text, registry, {}).problems]


def receiver(endpoint, tls="", more=""):
    return f"""receivers:
  otlp:
    protocols:
      http:
        endpoint: '{endpoint}'
        tls: {{{tls}}}
    {more}
"""


@pytest.mark.parametrize(
    "endpoint", ["0.0.0.0:4318", "[::]:4318", "192.0.2.1:4318", "[2001:db8::1]:4318", "0:4318", "[::ffff:192.0.2.1]:0"]
)
def test_what_others_can_reach_is_refused_unprotected(registry, endpoint):
    place = ("receivers.otlp.protocols.http.endpoint", 5)
    assert problems(receiver(endpoint), registry) == [place]
    assert problems(receiver(endpoint, TLS), registry) == [place], "anybody could send"
    assert problems(receiver(endpoint, more="auth: tokens"), registry) == [place], "anybody could read along"
    assert problems(receiver(endpoint, TLS, "auth: tokens"), registry) == []
    assert problems(receiver(endpoint, f"{TLS}, client_ca_file: ca.pem"), registry) == []
    assert problems(receiver(endpoint) + "service: {insecure: true}", registry) == []


@pytest.mark.parametrize(
    "endpoint", ["127.0.0.1:4318", "127.1.2.3:0", "[::1]:4318", "localhost:4318", "[::ffff:127.0.0.1]:0"]
)
def test_loopback_needs_nothing(registry, endpoint):
    assert problems(receiver(endpoint), registry) == []


def test_a_receiver_that_does_not_run_exposes_nothing(registry):
    text = receiver("0.0.0.0:4318").replace("otlp:", "otlp/off:")
    assert problems(text, registry) == []


@pytest.mark.parametrize("endpoint", ["dns:///0.0.0.0:4317", "ipv4:0.0.0.0:4317", "unix:/tmp/x:1", "*:4317", "a b:1"])
def test_other_ways_to_write_an_address_are_none(registry, endpoint):
    assert problems(receiver(endpoint), registry) == [("receivers.otlp.protocols.http.endpoint", 5)]
    assert "is no endpoint" in str(check(receiver(endpoint), registry, {}).problems[0])


def test_verbs_that_open_no_port_read_such_a_configuration(tmp_path, registry):
    file = tmp_path / "config.yaml"
    file.write_text(receiver("0.0.0.0:4318"))
    assert [problem.path for problem in exposed(load(file, registry))] == ["receivers.otlp.protocols.http.endpoint"]
    assert exposed(load(None, registry)) == []


def test_an_id_holds_no_control_characters(registry):
    assert check('receivers: {"otlp/a\\0b": {}}', registry, {}).problems
