"""Helpers that turn what all three signals share (attributes, resource, scope, arrival) into Arrow columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from otel_cert.otlp.values import attribute_codes_and_pairs, to_text
from otel_cert.schema import ATTRIBUTES, DATE, ENTITY, INT, TEXT, Column, Table

_NS_PER_DAY = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one request reached us."""

    receiver: str
    sequence: int
    received_unix_ns: int
    request_hash: str


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


class Groups:
    """Resource and scope of many rows: one entry per scope group, spread over its rows at the end."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(
        self, arrival: Arrival, resource_ordinal: int, scope_ordinal: int, resource_group: Any, scope_group: Any
    ) -> int:
        """Add one scope group and return its index."""
        resource, scope = resource_group.resource, scope_group.scope
        resource_pairs, resource_codes = attribute_codes_and_pairs(resource.attributes)
        scope_pairs, scope_codes = attribute_codes_and_pairs(scope.attributes)
        has_resource, has_scope = resource_group.HasField("resource"), scope_group.HasField("scope")
        self._rows.append(
            (
                resource_ordinal,
                scope_ordinal,
                resource_pairs if has_resource else None,
                resource_codes if has_resource else None,
                resource.dropped_attributes_count if has_resource else None,
                _entities(resource) if has_resource else None,
                resource_group.schema_url,
                scope.name if has_scope else None,
                scope.version if has_scope else None,
                scope_pairs if has_scope else None,
                scope_codes if has_scope else None,
                scope.dropped_attributes_count if has_scope else None,
                scope_group.schema_url,
                next((text for key, text in resource_pairs if key == "service.name"), None),
                arrival.request_hash,
                arrival.receiver,
                arrival.sequence,
                arrival.received_unix_ns,
                arrival.received_unix_ns // _NS_PER_DAY,
            )
        )
        return len(self._rows) - 1

    _NAMES = (
        "resource_ordinal", "scope_ordinal", "resource_attributes", "resource_attribute_types",
        "resource_dropped_attributes_count", "resource_entities", "resource_schema_url", "scope_name", "scope_version",
        "scope_attributes", "scope_attribute_types", "scope_dropped_attributes_count", "scope_schema_url", "service_name",
        "request_hash", "receiver", "sequence", "received_unix_ns", "receive_day",
    )  # fmt: skip

    def columns(self, indices: Sequence[int], table: Table) -> dict[str, pa.Array]:
        """Return the group columns of `table`, one value per row."""
        take = pa.array(indices, INT)
        types = {
            "resource_attributes": ATTRIBUTES,
            "scope_attributes": ATTRIBUTES,
            "resource_entities": pa.list_(ENTITY),
        }
        found = {}
        for name, values in zip(self._NAMES, zip(*self._rows, strict=True), strict=True):
            if name in table.names:
                type_ = types.get(name) or table.arrow.field(name).type
                column = pa.array(values, pa.int32()).cast(DATE) if type_ == DATE else pa.array(values, type_)
                found[name] = column.take(take)
        return found


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


def group_digest(resource_group: Any, scope_group: Any) -> bytes:
    """Return a digest of everything around a span: resource, scope and schema URLs."""
    digest = hashlib.sha256()
    for part in (
        resource_group.resource.SerializeToString(),
        resource_group.schema_url.encode(),
        scope_group.scope.SerializeToString(),
        scope_group.schema_url.encode(),
    ):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


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
