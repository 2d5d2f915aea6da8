"""JSON values into the Python values of protobuf's scalar fields, as OTLP/JSON and the protobuf JSON mapping say.

Each converter raises ValueError, TypeError or OverflowError for a value that does not fit.
"""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

Convert = Callable[[Any], Any]

_HEX_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_URL_SAFE = str.maketrans("-_", "+/")


def converter(field: FieldDescriptor) -> tuple[Convert, str]:
    """Return how a JSON value becomes the field's value, and what an error should say was expected."""
    if field.name in _HEX_FIELDS:
        return _hex, "an id in hex"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _base64, "bytes in base64"
    return _BY_TYPE[field.cpp_type]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _hex(value: Any) -> bytes:
    decoded = bytes.fromhex(_text(value))
    if len(decoded) * 2 != len(value):
        raise ValueError  # fromhex skips white space
    return decoded


def _base64(value: Any) -> bytes:
    """Both alphabets and missing padding are valid, but not half of the padding."""
    given = _text(value)
    text = given.rstrip("=").translate(_URL_SAFE)
    padding = "=" * (-len(text) % 4)
    if given.endswith("=") and len(given) != len(text + padding):
        raise ValueError
    return binascii.a2b_base64(text + padding, strict_mode=True)


def _enum(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _integer(value: Any) -> int:
    """Return an integer from a number without a fraction, or from its decimal text."""
    if type(value) is str and _INTEGER.fullmatch(value):
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    return _enum(value)


def _double(value: Any) -> float:
    if type(value) is str:
        if value in _SPECIAL:
            return _SPECIAL[value]
        if not _NUMBER.fullmatch(value):
            raise ValueError
    elif type(value) not in (float, int):
        raise TypeError
    number = float(value)
    if math.isinf(number):
        raise OverflowError
    return number


_INTEGERS: tuple[Convert, str] = (_integer, "an integer in the field's range, as a number or as text")
_DOUBLES: tuple[Convert, str] = (_double, 'a number, "NaN", "Infinity" or "-Infinity"')
_BY_TYPE: Mapping[int, tuple[Convert, str]] = {
    FieldDescriptor.CPPTYPE_STRING: (_text, "text of valid Unicode"),
    FieldDescriptor.CPPTYPE_BOOL: (_boolean, "true or false"),
    FieldDescriptor.CPPTYPE_ENUM: (_enum, "an enum value as an integer"),
    FieldDescriptor.CPPTYPE_INT32: _INTEGERS,
    FieldDescriptor.CPPTYPE_INT64: _INTEGERS,
    FieldDescriptor.CPPTYPE_UINT32: _INTEGERS,
    FieldDescriptor.CPPTYPE_UINT64: _INTEGERS,
    FieldDescriptor.CPPTYPE_FLOAT: _DOUBLES,
    FieldDescriptor.CPPTYPE_DOUBLE: _DOUBLES,
}
