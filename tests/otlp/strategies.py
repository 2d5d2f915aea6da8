"""Hypothesis strategies for OTLP requests in which every field may be set, absent, odd or repeated."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor as F
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from otel_cert.otlp.requests import GROUPS, SIGNALS

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_DOUBLE = st.one_of(st.sampled_from([-0.0, float("inf"), float("-inf"), 1e-320, 0.1]), st.floats(allow_nan=False))
_NUMBERS = {
    F.TYPE_DOUBLE: _DOUBLE,
    F.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    F.TYPE_SFIXED64: st.integers(-(2**63), 2**63 - 1),
    F.TYPE_UINT64: st.integers(0, 2**64 - 1),
    F.TYPE_FIXED64: st.integers(0, 2**64 - 1),
    F.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    F.TYPE_SINT32: st.integers(-(2**31), 2**31 - 1),
    F.TYPE_UINT32: st.integers(0, 2**32 - 1),
    F.TYPE_FIXED32: st.integers(0, 2**32 - 1),
    F.TYPE_BOOL: st.booleans(),
    F.TYPE_STRING: _TEXT,
    F.TYPE_BYTES: st.binary(max_size=17),
}


def requests(signal: str) -> st.SearchStrategy[Any]:
    """Return requests of a signal; every leaf container holds an element, because empty ones carry no telemetry."""
    return st.builds(_without_empty, st.just(signal), _message(SIGNALS[signal].request))


def _message(kind: Any) -> st.SearchStrategy[Any]:
    if kind is AnyValue:
        return _any_values()
    if kind is KeyValue:
        return st.builds(
            lambda key, value: KeyValue(key=key, value=value),
            st.sampled_from(["a", "b", ""]),
            st.none() | _any_values(),
        )
    descriptor = kind.DESCRIPTOR
    # One member at most of each oneof: proto3 `optional` fields are oneofs of one.
    optional = {f.name: _field(f) for f in descriptor.fields if f.containing_oneof is None}
    for oneof in descriptor.oneofs:
        choice = st.one_of(*(st.tuples(st.just(f.name), _field(f)) for f in oneof.fields))
        optional[f"oneof {oneof.name}"] = choice
    return st.fixed_dictionaries({}, optional=optional).map(lambda values: _build(kind, values))


def _build(kind: Any, values: dict[str, Any]) -> Any:
    return kind(**dict(v if name.startswith("oneof ") else (name, v) for name, v in values.items()))


def _field(field: F) -> st.SearchStrategy[Any]:
    if field.type == F.TYPE_MESSAGE:
        one = st.deferred(lambda: _message(field.message_type._concrete_class))
    elif field.type == F.TYPE_ENUM:
        one = st.integers(0, 40)
    else:
        one = _NUMBERS[field.type]
    return st.lists(one, max_size=2) if field.is_repeated else one


def _any_values() -> st.SearchStrategy[AnyValue]:
    leaves = st.one_of(
        st.just(AnyValue()),
        _TEXT.map(lambda v: AnyValue(string_value=v)),
        st.booleans().map(lambda v: AnyValue(bool_value=v)),
        _NUMBERS[F.TYPE_INT64].map(lambda v: AnyValue(int_value=v)),
        _DOUBLE.map(lambda v: AnyValue(double_value=v)),
        st.binary(max_size=4).map(lambda v: AnyValue(bytes_value=v)),
    )

    def nested(inner: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[AnyValue]:
        pairs = st.lists(
            st.builds(lambda k, v: KeyValue(key=k, value=v), st.sampled_from(["a", ""]), st.none() | inner), max_size=3
        )
        return st.one_of(
            st.lists(inner, max_size=3).map(lambda v: AnyValue(array_value={"values": v})),
            pairs.map(lambda v: AnyValue(kvlist_value={"values": v})),
        )

    return st.recursive(leaves, nested, max_leaves=4)


def _without_empty(signal: str, request: Any) -> Any:
    outer, inner, leaf = GROUPS[signal]
    for resource in getattr(request, outer):
        scopes = [s for s in getattr(resource, inner) if getattr(s, leaf)]
        del getattr(resource, inner)[:]
        getattr(resource, inner).extend(scopes)
    resources = [r for r in getattr(request, outer) if getattr(r, inner)]
    del getattr(request, outer)[:]
    getattr(request, outer).extend(resources)
    return request
