import pytest

from otel_cert.errors import Malformed, TooLarge
from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS, count, parse


def nested(levels):
    """Return a trace request with a value of `levels` arrays within each other."""
    request = SIGNALS["traces"].request()
    value = request.resource_spans.add().resource.attributes.add(key="deep").value
    for _ in range(levels):
        value = value.array_value.values.add()
    return request.SerializeToString()


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, b""), (JSON, b"{}")])
def test_empty_request_of_every_signal(signal, content_type, body):
    request = parse(signal, content_type, body)
    assert isinstance(request, SIGNALS[signal].request)
    assert count(signal, request) == 0


def test_service_names_are_those_of_the_protocol():
    names = {message.request.DESCRIPTOR.file.package + "." for message in SIGNALS.values()}
    assert {s.service.rpartition(".")[0] + "." for s in SIGNALS.values()} == names
    for signal in SIGNALS.values():
        services = signal.request.DESCRIPTOR.file.services_by_name
        assert [s.full_name for s in services.values()] == [signal.service]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\x0a\x05ab", "no valid protobuf"),
        (b"\x1f\x8b\x08", "no valid protobuf"),
        (b"\x0a\x03\x1a\x01\xff", "not UTF-8"),
    ],
)
def test_malformed_protobuf(body, reason):
    with pytest.raises(Malformed, match=reason):
        parse("traces", PROTOBUF, body)


def test_unknown_fields_are_kept():
    body = b"\x9a\x06\x03new"  # field 99
    assert parse("traces", PROTOBUF, body).SerializeToString() == body


def test_protobuf_nesting_limit():
    assert parse("traces", PROTOBUF, nested(48))
    with pytest.raises(TooLarge, match="100 messages deep"):
        parse("traces", PROTOBUF, nested(49))
