"""Attributes in Arrow, from OTLP's variants to text and type codes: what `values` does, for whole columns."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import ArrayValue, KeyValueList

from otel_cert.otlp.values import CODES, array_json, double_text, kvlist_json
from otel_cert.otlp.wire import any_in, is_valid, owners
from otel_cert.schema import BIGINT, TEXT


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of many rows, one after the other."""

    offsets: pa.Int32Array
    """Where each row's begin."""
    keys: pa.DictionaryArray
    texts: pa.StringArray
    codes: NDArray[np.uint8]
    unreadable: NDArray[np.bool_]
    """Per row: whether a value is not what its column can hold."""

    def maps(self) -> pa.MapArray:
        """Return a MAP per row."""
        return pa.MapArray.from_arrays(self.offsets, self.keys.dictionary_decode(), self.texts)

    def types(self) -> pa.StringArray:
        """Return the type codes as a text per row: one character per attribute, so the offsets are the same."""
        return pa.StringArray.from_buffers(len(self.offsets) - 1, self.offsets.buffers()[1], pa.py_buffer(self.codes))

    def promoted(self, key: str) -> pa.StringArray:
        """Return the text of one attribute per row, the last if there are several; NULL where there is none."""
        positions = np.full(len(self.offsets) - 1, -1, np.int64)
        index = pc.index(self.keys.dictionary, key).as_py()
        if index >= 0:
            found = np.flatnonzero(self.keys.indices.to_numpy() == index)
            positions[owners(self.offsets)[found]] = found
        return self.texts.take(pa.array(positions, mask=positions < 0))


def pivot(lists: pa.ListArray) -> Attributes:
    """Return the attributes of rows that each have a list of KeyValue."""
    codes, texts, unreadable = to_texts(lists.values.field("value"))
    keys = lists.values.field("key").fill_null("").dictionary_encode()
    return Attributes(lists.offsets, keys, texts, codes, any_in(lists.offsets, unreadable))


def to_texts(values: pa.StructArray) -> tuple[NDArray[np.uint8], pa.StringArray, NDArray[np.bool_]]:
    """Return type codes, texts, and which values are unreadable: with two variants, or unknown fields deep inside."""
    codes = np.where(is_valid(values), ord("n"), ord("-")).astype(np.uint8)
    unreadable = np.zeros(len(values), np.bool_)
    order = np.arange(len(values))
    pieces = [values.field("string_value")]
    for variant, to_text in _VARIANTS.items():
        column = values.field(variant)
        if column.null_count == len(column):
            continue
        positions = np.flatnonzero(is_valid(column))
        unreadable[positions] |= codes[positions] != ord("n")
        codes[positions] = ord(CODES[variant])
        if to_text is not None:
            order[positions] = sum(map(len, pieces)) + np.arange(len(positions))
            pieces.append(to_text(column.drop_null()))
            unreadable[positions] |= ~is_valid(pieces[-1])
    texts = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces).take(pa.array(order))
    return codes, texts, unreadable


def _each(to_text: Callable[[Any], str | None]) -> Callable[[pa.Array], pa.StringArray]:
    """Return a function over columns that calls `to_text` once for each distinct value."""

    def texts(column: pa.Array) -> pa.StringArray:
        distinct = column.dictionary_encode()
        return pa.array([to_text(value) for value in distinct.dictionary.to_pylist()], TEXT).take(distinct.indices)

    return texts


def _doubles(column: pa.DoubleArray) -> pa.StringArray:
    # By distinct bits: as numbers 0.0 and -0.0 may be equal.
    bits = column.view(BIGINT).dictionary_encode()
    return pa.array(map(double_text, bits.dictionary.view(column.type).to_pylist()), TEXT).take(bits.indices)


def _nested(kind: Any, to_json: Callable[[Any], str]) -> Callable[[bytes], str | None]:
    """Return a function from the bytes of a message to its values as JSON; None when there is more in them."""

    def text(content: bytes) -> str | None:
        try:
            message = kind.FromString(content)
        except DecodeError:
            return None
        message.DiscardUnknownFields()
        return to_json(message.values) if message.ByteSize() == len(content) else None

    return text


_VARIANTS: dict[str, Callable[[pa.Array], pa.StringArray] | None] = {
    "string_value": None,
    "int_value": lambda column: column.cast(TEXT),
    "double_value": _doubles,
    "bool_value": _each(lambda value: "true" if value else "false"),
    "bytes_value": _each(lambda value: base64.b64encode(value).decode()),
    "array_value": _each(_nested(ArrayValue, array_json)),
    "kvlist_value": _each(_nested(KeyValueList, kvlist_json)),
}
"""How each variant becomes text; a string is one already."""
