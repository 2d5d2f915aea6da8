"""Requests taken apart: the bytes of each element, where it stood, and what surrounded it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from otel_cert.otlp.columns import Context, Groups, Sent
from otel_cert.otlp.requests import GROUPS, SIGNALS
from otel_cert.otlp.wire import Refused, owners, read, sizes


@dataclass(frozen=True, slots=True)
class Elements:
    """The spans or log records of many requests, in order."""

    raw: pa.BinaryArray
    """Each as sent."""
    request: NDArray[np.int64]
    """Position of the request that each came in."""
    group: NDArray[np.int64]
    """Index of each one's scope group in `groups`."""
    ordinal: NDArray[np.int64]
    groups: Groups

    def received_unix_ns(self) -> NDArray[np.uint64]:
        """Return when each was received."""
        return np.array(self.groups.received_unix_ns(), np.uint64)[self.group]

    def refuse(self, marked: NDArray[np.bool_]) -> None:
        """Raise Refused for the requests that the marked elements came in."""
        _refuse(np.unique(self.request[marked]))


def split(signal: str, sent: Sequence[Sent]) -> Elements:
    """Take requests apart; raises Refused for those with anything around the elements that has no column."""
    outer, inner, leaf = GROUPS[signal]
    kind, bodies = SIGNALS[signal].request.DESCRIPTOR, [body for _, body in sent]
    requests = read(kind, bodies)
    _refuse(np.flatnonzero(sizes(kind, requests) != np.array([len(body) for body in bodies], np.int64)))
    resources: pa.ListArray = requests.field(outer)
    scopes: pa.ListArray = resources.values.field(inner)
    elements: pa.ListArray = scopes.values.field(leaf)
    scope, group = np.unique(owners(elements.offsets), return_inverse=True)  # those that have elements
    resource = owners(scopes.offsets)[scope]
    request = owners(resources.offsets)[resource]
    contexts = _contexts(resources.values, resource, scopes.values, scope)
    plain = {context: context.is_plain() for context in set(contexts)}
    _refuse(np.unique([position for position, c in zip(request.tolist(), contexts, strict=True) if not plain[c]]))
    groups = Groups()
    for position, *place in zip(
        request.tolist(),
        _ordinals(resources.offsets)[resource].tolist(),
        _ordinals(scopes.offsets)[scope].tolist(),
        contexts,
        strict=True,
    ):
        groups.add(sent[position][0], *place)
    return Elements(elements.values, request[group], group, _ordinals(elements.offsets), groups)


def _contexts(
    resources: pa.StructArray, resource: NDArray[np.int64], scopes: pa.StructArray, scope: NDArray[np.int64]
) -> list[Context]:
    """Return what surrounds the elements of some scopes."""

    def values(rows: pa.StructArray, field: str, wanted: NDArray[np.int64]) -> list[Any]:
        found: list[Any] = rows.field(field).take(pa.array(wanted)).to_pylist()
        return found

    return [
        Context(in_resource, resource_url or "", in_scope, scope_url or "")
        for in_resource, resource_url, in_scope, scope_url in zip(
            values(resources, "resource", resource),
            values(resources, "schema_url", resource),
            values(scopes, "scope", scope),
            values(scopes, "schema_url", scope),
            strict=True,
        )
    ]


def _ordinals(offsets: pa.Int32Array) -> NDArray[np.int64]:
    """Return the position of each element in its list."""
    starts: NDArray[np.int64] = offsets.to_numpy()[owners(offsets)]
    return np.arange(len(starts)) - starts


def _refuse(positions: NDArray[np.int64]) -> None:
    if len(positions):
        raise Refused(positions.tolist())
