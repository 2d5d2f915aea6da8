"""OTLP/JSON into the same protobuf messages that OTLP/protobuf gives.

Protobuf's own JSON reader breaks OTLP's rules (it wants base64 ids and takes enum names and snake_case keys), so the
message descriptors drive the conversion here: ids are hex, enums are integers, keys are lowerCamelCase, other keys are
ignored. Of a key that is given twice the last value counts. Source: OTLP specification, "JSON Protobuf Encoding".

An error names the place in the document and never the value, which may be a prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate
from typing import Any, NoReturn

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from otel_cert.errors import Malformed, TooLarge
from otel_cert.otlp.scalars import Convert, converter

MAX_DEPTH = 100
"""Messages within messages; protobuf's own parser has the same limit, so both encodings take the same requests."""

MAX_JSON_DEPTH = 200
"""Brackets within brackets, also below unknown keys; one message is at most two of them."""

_Setter = Callable[[Any, Any, int], None]
# A text that does not end matches too: else the search would start again at each quote in it.
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CHANGE = ((ord("[") + ord("]")) // 2).__sub__
"""By how much a bracket changes the depth: 1 or -1."""
_BRACKETS = 1 << 16


class _Mismatch(Exception):
    """A value does not fit its field; `path` grows from the inside out."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.path: list[str] = []


def parse_json(kind: Any, body: bytes) -> Any:
    """Return the message of class `kind` in `body`; raises Malformed (with the place) or TooLarge."""
    message = kind()
    try:
        _fill(message, _document(body), 0)
    except _Mismatch as error:
        place = "$" + "".join(reversed(error.path))
        raise Malformed(f"{place}: expected {error}") from None
    return message


def _document(body: bytes) -> Any:
    _check_depth(body)
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        raise Malformed("the body is not JSON: a number has too many digits") from None


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} must be a string", "", 0)


def _integer(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer)


def _check_depth(body: bytes) -> None:
    """Raise TooLarge beyond MAX_JSON_DEPTH: json's own limit depends on how deep the caller's stack happens to be."""
    brackets = _STRINGS.sub(b"", body).translate(_TO_SQUARE, _NO_BRACKETS)
    depth = 0
    for start in range(0, len(brackets), _BRACKETS):  # in steps, so that other threads have their turn
        depths = list(accumulate(map(_CHANGE, brackets[start : start + _BRACKETS]), initial=depth))
        if max(depths) > MAX_JSON_DEPTH:
            raise TooLarge(f"the JSON is nested deeper than {MAX_JSON_DEPTH} levels")
        depth = depths[-1]  # beyond a bracket that closes nothing the parser does not come either


def _fill(message: Any, value: Any, depth: int) -> None:
    if type(value) is not dict:
        raise _Mismatch("an object")
    if depth > MAX_DEPTH:
        raise TooLarge(f"the request is nested more than {MAX_DEPTH} messages deep")
    setters = _setters(message.DESCRIPTOR)
    for key, given in value.items():
        if given is None or (setter := setters.get(key)) is None:
            continue
        try:
            setter(message, given, depth)
        except _Mismatch as error:
            error.path.append(f".{key}")
            raise


@cache
def _setters(descriptor: Descriptor) -> Mapping[str, _Setter]:
    """Return one setter per JSON key of a message type."""
    return {f.json_name: _repeated(f) if f.is_repeated else _single(f) for f in descriptor.fields}


def _single(field: FieldDescriptor) -> _Setter:
    name = field.name
    if field.message_type is not None:

        def set_message(message: Any, value: Any, depth: int) -> None:
            child = getattr(message, name)
            child.SetInParent()
            _fill(child, value, depth + 1)

        return set_message
    convert, expected = converter(field)

    def set_scalar(message: Any, value: Any, _depth: int) -> None:
        try:
            setattr(message, name, convert(value))
        except (ValueError, TypeError, OverflowError):  # ours, or protobuf's for ranges and lone surrogates
            raise _Mismatch(expected) from None

    return set_scalar


def _repeated(field: FieldDescriptor) -> _Setter:
    name = field.name
    add = _add_message if field.message_type is not None else _append_scalar(*converter(field))

    def set_repeated(message: Any, values: Any, depth: int) -> None:
        if type(values) is not list:
            raise _Mismatch("an array")
        container = getattr(message, name)
        for position, value in enumerate(values):
            try:
                add(container, value, depth)
            except _Mismatch as error:
                error.path.append(f"[{position}]")
                raise

    return set_repeated


def _add_message(container: Any, value: Any, depth: int) -> None:
    _fill(container.add(), value, depth + 1)


def _append_scalar(convert: Convert, expected: str) -> _Setter:
    def append(container: Any, value: Any, _depth: int) -> None:
        try:
            container.append(convert(value))
        except (ValueError, TypeError, OverflowError):
            raise _Mismatch(expected) from None

    return append
