"""OTLP AnyValue as (type code, text) and back, without loss.

Text is what SQL users want to see: strings as they are, numbers in decimal. Arrays and key-value lists are the content of
their OTLP/JSON form (`[{"stringValue": "stop"}]`), so order, duplicate keys and nested types survive.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as _quoted
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

CODES = {
    None: "n", "string_value": "s", "int_value": "i", "double_value": "d", "bool_value": "b", "bytes_value": "y",
    "array_value": "a", "kvlist_value": "k", "string_value_strindex": "r",
}  # fmt: skip
"""Type code per AnyValue variant; `r` (an index into a profile's string table) means nothing outside profiles."""


def to_text(value: AnyValue) -> tuple[str, str | None]:
    """Return (type code, text); the text of "no value" is None."""
    which = value.WhichOneof("value")
    if which == "string_value":
        return "s", value.string_value
    if which == "int_value" or which == "string_value_strindex":
        return CODES[which], str(getattr(value, which))
    if which == "double_value":
        return "d", double_text(value.double_value)
    if which == "bool_value":
        return "b", "true" if value.bool_value else "false"
    if which == "bytes_value":
        return "y", base64.b64encode(value.bytes_value).decode()
    if which is None:
        return "n", None
    if which == "array_value":
        return "a", array_json(value.array_value.values)
    return "k", kvlist_json(value.kvlist_value.values)


def from_text(code: str, text: str | None) -> AnyValue:
    """Return the AnyValue that `to_text` described."""
    value = AnyValue()
    if code == "n":
        return value
    assert text is not None  # noqa: S101 - only "no value" has no text
    if code == "s":
        value.string_value = text
    elif code == "i":
        value.int_value = int(text)
    elif code == "d":
        value.double_value = float(text)
    elif code == "b":
        value.bool_value = text == "true"
    elif code == "y":
        value.bytes_value = base64.b64decode(text)
    elif code == "r":
        value.string_value_strindex = int(text)
    else:
        _from_json(value, {"arrayValue" if code == "a" else "kvlistValue": {"values": json.loads(text)}})
    return value


def attributes_from_text(pairs: Iterable[tuple[str, str | None]], codes: str) -> list[KeyValue]:
    """Return the KeyValue list of a row's attribute map and its type codes."""
    return [
        KeyValue(key=key, value=from_text(code, text)) if code != "-" else KeyValue(key=key)
        for (key, text), code in zip(pairs, codes, strict=True)
    ]


def attribute_codes_and_pairs(attributes: Sequence[KeyValue]) -> tuple[list[tuple[str, str | None]], str]:
    """Return (pairs, codes) of an attribute list; code `-` marks a KeyValue sent without any value message."""
    pairs, codes = [], []
    for attribute in attributes:
        code, text = to_text(attribute.value) if attribute.HasField("value") else ("-", None)
        pairs.append((attribute.key, text))
        codes.append(code)
    return pairs, "".join(codes)


def double_text(number: float) -> str:
    """Return the shortest text that reads back equal; names for the rest as in OTLP/JSON."""
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _to_json(value: AnyValue) -> str:
    which = value.WhichOneof("value")
    if which is None:
        return "{}"
    if which == "array_value":
        return f'{{"arrayValue":{{"values":{array_json(value.array_value.values)}}}}}'
    if which == "kvlist_value":
        return f'{{"kvlistValue":{{"values":{kvlist_json(value.kvlist_value.values)}}}}}'
    code, text = to_text(value)
    assert text is not None  # noqa: S101 - only "no value" has no text
    is_literal = code == "b" or (code == "d" and math.isfinite(value.double_value))
    return f'{{"{_JSON_NAME[code]}":{text if is_literal else _quoted(text)}}}'


_JSON_NAME = {
    "s": "stringValue", "i": "intValue", "d": "doubleValue", "b": "boolValue", "y": "bytesValue",
    "r": "stringValueStrindex",
}  # fmt: skip
_JSON_CODE = {name: code for code, name in _JSON_NAME.items()}


def array_json(values: Iterable[AnyValue]) -> str:
    """Return an array's values as OTLP/JSON."""
    return f"[{','.join(map(_to_json, values))}]"


def kvlist_json(values: Iterable[KeyValue]) -> str:
    """Return the entries of a key-value list as OTLP/JSON."""
    return f"[{','.join(map(_key_value_json, values))}]"


def _key_value_json(kv: KeyValue) -> str:
    value = f',"value":{_to_json(kv.value)}' if kv.HasField("value") else ""
    index = f',"keyStrindex":{kv.key_strindex}' if kv.key_strindex else ""
    return f'{{"key":{_quoted(kv.key)}{value}{index}}}'


def _from_json(value: AnyValue, content: dict[str, Any]) -> None:
    for name, item in content.items():
        if name == "arrayValue":
            value.array_value.SetInParent()
            for element in item["values"]:
                _from_json(value.array_value.values.add(), element)
        elif name == "kvlistValue":
            value.kvlist_value.SetInParent()
            for element in item["values"]:
                kv = value.kvlist_value.values.add(key=element["key"], key_strindex=element.get("keyStrindex", 0))
                if "value" in element:
                    kv.value.SetInParent()
                    _from_json(kv.value, element["value"])
        elif name in _JSON_CODE:
            code = _JSON_CODE[name]
            text = ("true" if item else "false") if code == "b" else repr(item) if isinstance(item, float) else item
            value.CopyFrom(from_text(code, text))
