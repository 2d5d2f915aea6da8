"""OTLP requests -> rows of `spans`, `logs` and `metric_points`.

Every field becomes a column; `encode` turns the rows back into equal requests. Containers without any telemetry in them (a
resource without spans) leave no row. `columnar` decodes whole columns at once and refuses what it would not get exactly
right, which `rows` then decodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa

from otel_cert.otlp import columnar, rows
from otel_cert.otlp.columns import Arrival, Sent
from otel_cert.otlp.requests import PROTOBUF, parse
from otel_cert.otlp.wire import Refused


class Received(NamedTuple):
    """A request as it came."""

    arrival: Arrival
    body: bytes
    content_type: str = PROTOBUF


def decode(signal: str, received: Iterable[Received]) -> pa.Table:
    """Return the rows of all requests of one signal, as a table of exactly the schema's columns."""
    sent = [(each.arrival, _protobuf(signal, each)) for each in received]
    return _decode(signal, sent) if signal in columnar.SIGNALS else rows.decode(signal, sent)


def _protobuf(signal: str, received: Received) -> bytes:
    if received.content_type == PROTOBUF:
        return received.body
    return bytes(parse(signal, received.content_type, received.body).SerializeToString())


def _decode(signal: str, sent: Sequence[Sent]) -> pa.Table:
    try:
        return columnar.decode(signal, sent)
    except Refused as refused:
        fit = [each for position, each in enumerate(sent) if position not in refused.positions]
        unfit = [sent[position] for position in sorted(refused.positions)]
    return pa.concat_tables([_decode(signal, fit), rows.decode(signal, unfit)])
