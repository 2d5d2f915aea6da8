"""OTLP/JSON, and protobuf, made to do harm: points 44 and 45."""

import json

import pytest

from otel_cert.otlp.requests import JSON, PROTOBUF

from .messages import accepted, raw, refused, span_json, traces, value_json


def tower(levels, kind="arrayValue"):
    """Return an attribute value of arrays or key-value lists within one another."""
    one = '{"values":[' if kind == "arrayValue" else '{"values":[{"key":"k","value":'
    end = "]}" if kind == "arrayValue" else "}]}"
    return f'{{"{kind}":{one}' * levels + '{"intValue":"1"}' + f"{end}}}" * levels


def deep(text, **names):
    """Return a span whose attribute is JSON text."""
    return raw(
        span_json(names.get("name", "x"), attributes=[{"key": "a", "value": 77}]), b": 77", b": " + text.encode()
    )


@pytest.mark.parametrize("levels", [60, 1000, 10_000, 50_000])
@pytest.mark.parametrize("kind", ["arrayValue", "kvlistValue"])
def test_44_deep_nesting_is_refused(service, kind, levels):
    """Arrays or key-value lists 10,000 deep answer 400, in JSON and in protobuf, and so does anything else that deep."""
    refused(service, deep(tower(levels, kind)))
    refused(service, wire_tower(levels, kind), content_type=PROTOBUF)


def wire_tower(levels, kind):
    """Return the same in protobuf, without building the messages: each is a tag, a length and its content."""
    tags = [b"\x0a", b"\x2a"] if kind == "arrayValue" else [b"\x12", b"\x0a", b"\x32"]
    parts, length = [], 0
    for tag in tags * levels + [b"\x12", b"\x4a", b"\x12", b"\x12", b"\x0a"]:
        parts.append(tag + varint(length))
        length += len(parts[-1])
    return b"".join(reversed(parts))


def varint(number):
    """Return a number as protobuf writes lengths."""
    return (bytes([number & 127 | 128]) + varint(number >> 7)) if number > 127 else bytes([number])


BOMBS = {
    "arrays": "[" * 10_000 + "]" * 10_000, "objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "both": '[{"a":' * 10_000 + "1" + "}]" * 10_000, "arrays that do not end": "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("document", ["%s", '{"new": %s}', '{"resourceSpans": %s}', '{"new": %s, "new": 1}'])
def test_44_deep_nesting_of_unknown_fields_is_refused(service, bomb, document):
    """The same for brackets anywhere, also below keys that would be ignored."""
    refused(service, (document % bomb).encode())


HOSTILE = {
    "text that does not end": b'{"x": "' + b'\\"' * (1 << 20), "escapes": b'{"x": "' + b"\\" * (1 << 21) + b'"}',
    "brackets": b'{"x": [' + b",".join([b"[" * 190 + b"]" * 190] * 5000) + b"]}", "keys": b'{"a":1,' * (1 << 18),
    "digits": b'{"x": [' + b",".join([b"7" * 4000] * 500) + b"]}", "spaces": b" " * (2 << 20) + b"{",
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_44_hostile_text_costs_little(service, body):
    """Text made to be slow to read (quotes, escapes, brackets, digits) costs less than five seconds of CPU time."""
    before = service.cpu_s()
    assert service.send(body, content_type=JSON).status_code in (200, 400)
    assert service.cpu_s() - before < 5


def test_44_ordinary_nesting_is_accepted(service):
    """40 levels are accepted and stored whole, in both encodings alike."""
    accepted(service, deep(tower(40), name="point 44"))
    ((text,),) = service.stored("name = 'point 44'", "attributes['a']")
    assert text.count("arrayValue") == 39
    assert service.send(wire_tower(40, "arrayValue")).status_code == 200
    assert accepted(service, value_json("stringValue", '[{"\\' * 5000)) is None, "brackets in text are no nesting"


TEXTS = {
    "name": lambda t: span_json(t),
    "traceState": lambda t: span_json("x", traceState=t),
    "status.message": lambda t: span_json("x", status={"message": t}),
    "attribute key": lambda t: span_json("x", attributes=[{"key": t}]),
    "attribute value": lambda t: value_json("stringValue", t),
    "nested value": lambda t: value_json("arrayValue", {"values": [{"stringValue": t}]}),
    "nested key": lambda t: value_json("kvlistValue", {"values": [{"key": t}]}),
    "event name": lambda t: span_json("x", events=[{"name": t}]),
    "link state": lambda t: span_json("x", links=[{"traceState": t}]),
    "scope name": lambda t: json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": t}}]}]}).encode(),
    "schema": lambda t: json.dumps({"resourceSpans": [{"schemaUrl": t}]}).encode(),
    "resource": lambda t: json.dumps({"resourceSpans": [{"resource": {"attributes": [{"key": t}]}}]}).encode(),
}


@pytest.mark.parametrize("place", TEXTS)
def test_45_text_that_is_no_unicode_is_refused(service, place):
    """Lone surrogates in JSON, and bytes that are no UTF-8 in JSON or protobuf, answer 400, in any text."""
    for wrong in ("\ud800", "a\udfffb", "\udc00\ud800", "\ud83d"):
        refused(service, TEXTS[place](wrong))
    for wrong in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"):
        refused(service, raw(TEXTS[place]("PLACE"), b"PLACE", wrong))


def test_45_protobuf_text_that_is_no_unicode_is_refused(service):
    """The same in protobuf, for every text of a span."""
    places = {"name": "PLACE", "trace_state": "PLACE", "status": {"message": "PLACE"}, "attributes": [{"key": "PLACE"}],
              "events": [{"name": "PLACE"}], "links": [{"trace_state": "PLACE"}]}  # fmt: skip
    for field, content in places.items():
        for wrong in (b"\xff\xff\xff\xff\xff", b"12345"[:2] + b"\xed\xa0\x80", b"1234\xc3"):
            refused(service, raw(traces("x", **{field: content}), b"PLACE", wrong), content_type=PROTOBUF)


def test_45_all_of_unicode_is_stored(service):
    """All of Unicode is stored as sent: pairs of surrogates, NUL, control characters, characters of no assigned meaning."""
    text = "point 45 \U0001f600 \0 \x1f \x7f \uffff \U0010ffff \u2028 é e\u0301 \u202e"
    accepted(service, span_json(text, traceState=text, attributes=[{"key": text, "value": {"stringValue": text}}]))
    ((attributes, *others),) = service.stored("starts_with(name, 'point 45')", "attributes, name, trace_state")
    assert (attributes, others) == ({text: text}, [text, text])
