"""The grammar of the exporter `otlp`, and what a configuration check refuses about it."""

import pytest
from pydantic import ValidationError

from otel_cert.config.loader import check
from otel_cert.config.text import effective_yaml
from otel_cert.exporters._settings import OtlpSettings
from otel_cert.registry import Registry


def faults(exporter, receiver=""):
    text = f"""
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: {receiver or "127.0.0.1:4317"}}}}}}}}}
exporters: {{otlp/next: {exporter}}}
service: {{pipelines: {{traces: {{exporters: [store, otlp/next]}}}}, insecure: true}}
"""
    return [str(problem) for problem in check(text, Registry.installed(), {}).problems]


@pytest.mark.parametrize(
    ("receiver", "endpoint"),
    [
        ("127.0.0.1:4317", "localhost:4317"),
        ("127.0.0.1:4317", "http://127.0.0.1:4317"),
        ("'[::1]:4317'", "localhost:4317"),
        ("0.0.0.0:4317", "127.0.0.1:4317"),
        ("10.0.0.5:4317", "10.0.0.5:4317"),
    ],
)
def test_our_own_receiver_is_no_endpoint(receiver, endpoint):
    (fault,) = faults(f"{{endpoint: '{endpoint}', tls: {{insecure: {str('://' not in endpoint).lower()}}}}}", receiver)
    assert "exporters.otlp/next.endpoint" in fault
    assert "is our own receiver 'otlp'" in fault


@pytest.mark.parametrize("endpoint", ["127.0.0.1:5317", "collector:4317", "10.0.0.6:4317", "https://otlp.example:443"])
def test_another_endpoint_is_none_of_ours(endpoint):
    assert faults(f"{{endpoint: '{endpoint}'}}") == []


@pytest.mark.parametrize(
    "given",
    [
        {"endpoint": "collector"},
        {"endpoint": "collector:port"},
        {"endpoint": "ftp://collector:4317"},
        {"endpoint": "http://collector:4317/path"},
        {"endpoint": "user:secret@collector:4317"},
        {"endpoint": "collector:4317", "protocol": "http/protobuf"},
        {"endpoint": "https://collector:4317", "tls": {"insecure": True}},
        {"endpoint": "collector:4317", "tls": {"cert_file": "a.pem"}},
        {"endpoint": "collector:4317", "headers": {"a b": "c"}},
        {"endpoint": "collector:4317", "headers": {"a": "s3cr3t\n"}},
        {"endpoint": "collector:4317", "compression": "zstd"},
        {"endpoint": "collector:4317", "timeout": 0},
        {"endpoint": "collector:4317", "sending_queue": {"num_consumers": 3}},
    ],
)
def test_what_cannot_work_is_refused(given):
    with pytest.raises(ValidationError):
        OtlpSettings(**given)


@pytest.mark.parametrize(
    ("endpoint", "protocol", "insecure", "plain", "place"),
    [
        ("collector:4317", "grpc", False, False, "collector:4317"),
        ("collector:4317", "grpc", True, True, "collector:4317"),
        ("http://collector:4317", "grpc", False, True, "collector:4317"),
        ("https://[fe80::1]:4317", "grpc", False, False, "[fe80::1]:4317"),
        ("https://otlp.example/path", "http/protobuf", False, False, "otlp.example:443"),
        ("http://otlp.example", "http/protobuf", False, True, "otlp.example:80"),
    ],
)
def test_where_and_how_it_sends(endpoint, protocol, insecure, plain, place):
    made = OtlpSettings(endpoint=endpoint, protocol=protocol, tls={"insecure": insecure})
    assert (made.plain, made.sends_to()) == (plain, (place,))


def test_the_value_of_a_header_is_shown_nowhere():
    text = """
exporters: {otlp: {endpoint: 'collector:4317', headers: {x-team: '${env:TEAM}'}}}
service: {pipelines: {traces: {exporters: [store, otlp]}}}
"""
    config = check(text, Registry.installed(), {"TEAM": "s3cr3t"}).config
    assert config.exporters["otlp"].headers["x-team"].get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in effective_yaml(config) + repr(config)
    broken = check(text, Registry.installed(), {"TEAM": "s3cr3t\u00e9"})
    assert broken.config is None
    assert "s3cr3t" not in "".join(map(str, broken.problems))
