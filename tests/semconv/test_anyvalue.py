import json

import pytest

from otel_cert.otlp.values import from_text, to_text
from otel_cert.semconv.anyvalue import plain


def test_every_variant() -> None:
    values = [
        {"stringValue": "é\0"}, {"intValue": "-9223372036854775808"}, {"doubleValue": 0.5}, {"boolValue": False},
        {"arrayValue": {"values": [{"intValue": 1}]}}, {"kvlistValue": {"values": [{"key": "k", "value": {}}]}},
        {"arrayValue": {}}, {"kvlistValue": {}}, {},
    ]  # fmt: skip
    assert plain("a", json.dumps(values)) == ["é\0", -(2**63), 0.5, False, [1], {"k": None}, [], {}, None]


def test_key_value_list_and_its_empty_form() -> None:
    sent = '[{"key":"role","value":{"stringValue":"user"}},{"key":"name"}]'
    assert plain("k", sent) == {"role": "user", "name": None}
    assert (plain("k", "[]"), plain("a", "[]")) == ({}, [])


def test_reads_what_the_decoder_stores() -> None:
    value = from_text("a", '[{"kvlistValue":{"values":[{"key":"parts","value":{"arrayValue":{"values":[]}}}]}}]')
    assert plain(*to_text(value)) == [{"parts": []}]


@pytest.mark.parametrize("text", ["", "[", "5", "null", "[1]", '[{"intValue":"x"}]', '[{"arrayValue":7}]', '"a"'])
@pytest.mark.parametrize("code", ["a", "k"])
def test_anything_else_is_none(code: str, text: str) -> None:
    assert plain(code, text) is None
