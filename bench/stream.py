"""An endless stream of fresh spans: ready-made requests whose ids and times are replaced in their bytes.

Making a request anew costs the sender more than receiving it costs the server; this costs almost nothing.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from load import load
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_ID, _TRACE_ID = np.arange(8), np.arange(16)
_PARENT, _START, _END = b"\x22\x08", b"\x39", b"\x41"
"""Tags of a span's fields: parent_span_id, start_time_unix_nano, end_time_unix_nano."""

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Template:
    """A serialised request, and where its ids and times are."""

    body: npt.NDArray[np.uint8]
    trace_ids: Positions
    ids: Positions
    times: Positions
    values: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, body: bytes) -> Template:
        """Find ids and times in the bytes; spans lie there in their order."""
        trace_ids, ids, times, values, at = [], [], [], [], 0
        request = ExportTraceServiceRequest.FromString(body)
        for span in request.resource_spans[0].scope_spans[0].spans:
            at = body.index(span.trace_id, at)
            trace_ids.append(at)
            at = body.index(span.span_id, at)
            ids.append(at)
            if span.parent_span_id:
                at = body.index(_PARENT + span.parent_span_id, at) + len(_PARENT)
                ids.append(at)
            for tag, value in ((_START, span.start_time_unix_nano), (_END, span.end_time_unix_nano)):
                at = body.index(tag + value.to_bytes(8, "little"), at) + len(tag)
                times.append(at)
                values.append(value)
        places = (np.array(found)[:, None] for found in (trace_ids, ids, times))
        return cls(np.frombuffer(body, np.uint8), *places, np.array(values, np.uint64))

    def fresh(self, seed: random.Random, now_ns: int) -> bytes:
        """Return the request with other ids, which refer to each other as before, and its last span ending now."""
        body = self.body.copy()
        body[self.trace_ids + _TRACE_ID] ^= np.frombuffer(seed.randbytes(16), np.uint8)
        body[self.ids + _ID] ^= np.frombuffer(seed.randbytes(8), np.uint8)
        moved = self.values + (np.uint64(now_ns) - self.values.max())
        body[self.times + _ID] = moved.astype("<u8").view(np.uint8).reshape(-1, 8)
        return body.tobytes()


class Stream:
    """Requests of `batch` spans, drawn from templates; one per thread."""

    def __init__(self, templates: list[Template], seed: str) -> None:
        self._templates, self._random = templates, random.Random(seed)

    def __next__(self) -> bytes:
        """Return the next request."""
        return self._random.choice(self._templates).fresh(self._random, time.time_ns())


def templates(seed: int, batch: int, spans: int) -> list[Template]:
    """Return templates of `spans` spans in all."""
    return [Template.of(body) for body in load(f"{seed}/soak", batch, spans).bodies]
