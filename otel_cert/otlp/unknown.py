"""Protobuf fields that this version does not know: found cheaply, kept whole, merged back on encoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from otel_cert.otlp.requests import GROUPS


def unknown_fields(signal: str, request: Any, body: bytes | None, count: int) -> list[bytes | None]:
    """Return, per element, the request reduced to that element where it holds unknown fields, else None.

    Discards the unknown fields of `request`. The usual request costs one traversal: if its size without unknown fields is
    the size that was sent, there were none.
    """
    if body is None:
        return [None] * count
    request.DiscardUnknownFields()
    if request.ByteSize() == len(body):
        return [None] * count
    whole = type(request).FromString(body)
    return [_if_unknown(skeleton) for skeleton in _skeletons(signal, whole)]


def _skeletons(signal: str, request: Any) -> Iterator[Any]:
    """Yield one request per element, each with only that element in it but everything around it."""
    outer, inner, leaf = GROUPS[signal]
    top = _without(request, outer)
    for resource_group in getattr(request, outer):
        resource_base = _without(resource_group, inner)
        for scope_group in getattr(resource_group, inner):
            scope_base = _without(scope_group, leaf)
            for element in getattr(scope_group, leaf):
                skeleton = type(request)()
                skeleton.CopyFrom(top)
                group = getattr(skeleton, outer).add()
                group.CopyFrom(resource_base)
                scope = getattr(group, inner).add()
                scope.CopyFrom(scope_base)
                getattr(scope, leaf).add().CopyFrom(element)
                yield skeleton


def _without(message: Any, field: str) -> Any:
    rest = type(message).FromString(message.SerializeToString())
    rest.ClearField(field)
    return rest


def _if_unknown(skeleton: Any) -> bytes | None:
    body: bytes = skeleton.SerializeToString()
    skeleton.DiscardUnknownFields()
    return body if skeleton.ByteSize() != len(body) else None
