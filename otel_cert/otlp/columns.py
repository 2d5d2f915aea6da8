"""Helpers that turn what all three signals share (attributes, resource, scope, arrival) into Arrow columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from otel_cert.otlp.values import attribute_codes_and_pairs, to_text
from otel_cert.schema import BIGINT, DATE, TEXT, Column, Table

_NS_PER_DAY = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one request reached us."""

    receiver: str
    sequence: int
    received_unix_ns: int
    request_hash: str
    """First 16 bytes of SHA-256 over the request, in hex; empty where no row needs it."""
    subject: str = ""
    """Who sent it, from the credentials; empty when unknown."""


Sent = tuple[Arrival, bytes]
"""(arrival, protobuf bytes of the request)."""


class MapColumn:
    """Attribute maps of many rows, collected flat so that Arrow needs no object per row."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.items: list[str | None] = []
        self.offsets: list[int] = [0]

    def add(self, attributes: Sequence[KeyValue]) -> str:
        """Append one row's attributes and return their type codes."""
        keys, items, codes = self.keys, self.items, []
        for attribute in attributes:
            keys.append(attribute.key)
            value = attribute.value
            # Strings are most of what is sent: text says without another call which variant it is.
            if text := value.string_value:
                items.append(text)
                codes.append("s")
            else:
                code, other = to_text(value)
                items.append(other)
                codes.append(code if other is not None or attribute.HasField("value") else "-")
        self.offsets.append(len(keys))
        return "".join(codes)

    def last_row(self) -> tuple[list[str], list[str | None]]:
        """Return keys and texts of the row just added."""
        return self.keys[self.offsets[-2] :], self.items[self.offsets[-2] :]

    def array(self) -> pa.Array:
        """Return the MAP column."""
        return pa.MapArray.from_arrays(
            pa.array(self.offsets, pa.int32()), pa.array(self.keys, TEXT), pa.array(self.items, TEXT)
        )


class Context(NamedTuple):
    """What surrounds the elements of a scope group, as protobuf bytes; None where nothing was sent."""

    resource: bytes | None
    resource_schema_url: str
    scope: bytes | None
    scope_schema_url: str

    def is_plain(self) -> bool:
        """Return whether all of it has a column: there are no unknown fields."""
        for kind, content in ((Resource, self.resource), (InstrumentationScope, self.scope)):
            message = kind.FromString(content or b"")
            message.DiscardUnknownFields()
            if message.ByteSize() != len(content or b""):
                return False
        return True

    def digest(self) -> bytes:
        """Return a SHA-256 over all of it."""
        digest = hashlib.sha256()
        for part in (
            self.resource or b"",
            self.resource_schema_url.encode(),
            self.scope or b"",
            self.scope_schema_url.encode(),
        ):
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()


class Groups:
    """Resource, scope and arrival of many rows: one entry per scope group, spread over its rows at the end."""

    def __init__(self) -> None:
        self._contexts: dict[Context, int] = {}
        self._digests: list[bytes] = []
        self._rows: list[tuple[int, int, int, Arrival]] = []

    def add(self, arrival: Arrival, resource_ordinal: int, scope_ordinal: int, context: Context) -> int:
        """Add one scope group and return its index."""
        known = self._contexts.setdefault(context, len(self._contexts))
        if known == len(self._digests):
            self._digests.append(context.digest())
        self._rows.append((known, resource_ordinal, scope_ordinal, arrival))
        return len(self._rows) - 1

    def digest(self, group: int) -> bytes:
        """Return the digest of a group's context."""
        return self._digests[self._rows[group][0]]

    def received_unix_ns(self) -> list[int]:
        """Return when each group was received."""
        return [arrival.received_unix_ns for *_, arrival in self._rows]

    def columns(self, indices: Sequence[int] | NDArray[np.int64], table: Table) -> dict[str, pa.Array]:
        """Return the group columns of `table`, one value per row."""
        groups = pa.array(indices, pa.int64())
        contexts, resource_ordinals, scope_ordinals, arrivals = zip(*self._rows, strict=True)
        values = {
            "resource_ordinal": resource_ordinals,
            "scope_ordinal": scope_ordinals,
            "request_hash": [a.request_hash for a in arrivals],
            "receiver": [a.receiver for a in arrivals],
            "sequence": [a.sequence for a in arrivals],
            "received_unix_ns": [a.received_unix_ns for a in arrivals],
            "receive_day": [a.received_unix_ns // _NS_PER_DAY for a in arrivals],
            "subject": [a.subject or None for a in arrivals],
        }
        known = {name: each for name, each in values.items() if name in table.names}
        found = {name: _array(each, table.arrow.field(name).type).take(groups) for name, each in known.items()}
        described = zip(*map(_described, self._contexts), strict=True)
        per_row = pa.array(contexts, pa.int64()).take(groups)
        for name, each in zip(_CONTEXT_COLUMNS, described, strict=True):
            found[name] = _array(each, table.arrow.field(name).type).take(per_row)
        return found


_CONTEXT_COLUMNS = (
    "resource_attributes", "resource_attribute_types", "resource_dropped_attributes_count", "resource_entities",
    "resource_schema_url", "scope_name", "scope_version", "scope_attributes", "scope_attribute_types",
    "scope_dropped_attributes_count", "scope_schema_url", "service_name",
)  # fmt: skip


def _described(context: Context) -> tuple[Any, ...]:
    """Return the values of the context's columns."""
    resource = Resource.FromString(context.resource or b"")
    scope = InstrumentationScope.FromString(context.scope or b"")
    resource_pairs, resource_codes = attribute_codes_and_pairs(resource.attributes)
    scope_pairs, scope_codes = attribute_codes_and_pairs(scope.attributes)
    of_resource = (resource_pairs, resource_codes, resource.dropped_attributes_count, _entities(resource))
    of_scope = (scope.name, scope.version, scope_pairs, scope_codes, scope.dropped_attributes_count)
    return (
        *(of_resource if context.resource is not None else (None,) * len(of_resource)),
        context.resource_schema_url,
        *(of_scope if context.scope is not None else (None,) * len(of_scope)),
        context.scope_schema_url,
        next((text for key, text in resource_pairs if key == "service.name"), None),
    )


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int32()).cast(DATE) if type_ == DATE else pa.array(values, type_)


def _entities(resource: Any) -> list[dict[str, Any]] | None:
    return [
        {
            "schema_url": e.schema_url,
            "type": e.type,
            "id_keys": list(e.id_keys),
            "description_keys": list(e.description_keys),
        }
        for e in resource.entity_refs
    ] or None


def content_hashes(context_digests: Iterable[bytes], elements: Iterable[bytes]) -> pa.Array:
    """Return the first 8 bytes of SHA-256 over each element, as sent, and what surrounds it."""
    digests = [hashlib.sha256(c + e).digest() for c, e in zip(context_digests, elements, strict=True)]
    return pa.array(np.frombuffer(b"".join(digests), ">i8")[::4].astype(np.int64), BIGINT)


def signed(number: int) -> int:
    """Return an unsigned 64-bit value as the signed one with the same bits."""
    return number - (1 << 64) if number >= 1 << 63 else number


def unsigned(number: int) -> int:
    """Return a signed 64-bit value as the unsigned one with the same bits."""
    return number + (1 << 64) if number < 0 else number


def assemble(table: Table, columns: dict[str, pa.Array]) -> pa.Table:
    """Return the columns as one Arrow table of exactly `table`'s schema."""
    return pa.Table.from_arrays([columns[name] for name in table.names], schema=table.arrow)


def arrays(columns: Iterable[Column], rows: Sequence[tuple[Any, ...]]) -> dict[str, pa.Array]:
    """Return one Arrow array per column from row tuples in the same order."""
    return {
        column.name: pa.array(values, column.type)
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    }
