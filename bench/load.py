"""Seeded OTLP load: 40 % chat spans with long messages, the rest small HTTP and database spans."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

_CHAT_SHARE = 0.4
_SPANS_PER_TRACE = 8
_MESSAGE_CHARACTERS = (400, 4000)
_BEGIN_NS = 1_767_225_600 * 10**9  # 2026-01-01, so that the load depends on its seed alone
_MODELS = (
    ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    ("openai", "gpt-4o", "gpt-4o-2024-08-06"),
    ("anthropic", "claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
)
_LETTERS = "etaoinshrdlucmfwypvbgk"


@dataclass(frozen=True)
class Load:
    """Serialised export requests of `batch` spans each."""

    batch: int
    bodies: list[bytes]

    @property
    def spans(self) -> int:
        """Spans in all requests."""
        return self.batch * len(self.bodies)

    @property
    def bytes(self) -> int:
        """Bytes of all requests."""
        return sum(map(len, self.bodies))


def load(seed: str, batch: int, spans: int) -> Load:
    """Return about `spans` spans in requests of `batch`; equal seeds give equal bytes, others share no span."""
    source = _Source(random.Random(seed))
    return Load(batch, [source.request(batch) for _ in range(max(1, spans // batch))])


class _Source:
    """Draws spans; consecutive ones belong to one trace."""

    def __init__(self, random_: random.Random) -> None:
        self._random = random_
        self._spans = self._trace()
        # Few words are frequent and many are rare, as in a language, so that messages compress like text.
        vocabulary = ["".join(random_.choices(_LETTERS, k=random_.randint(2, 10))) for _ in range(4000)]
        self._words = [word for rank, word in enumerate(vocabulary) for _ in range(1 + 2000 // (rank + 1))]

    def request(self, batch: int) -> bytes:
        """Return one serialised request."""
        spans = ScopeSpans(
            scope=InstrumentationScope(name="opentelemetry.instrumentation.openai_v2", version="2.1b0"),
            spans=[next(self._spans) for _ in range(batch)],
        )
        return ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=_RESOURCE, scope_spans=[spans])]
        ).SerializeToString()

    def _trace(self) -> Iterator[Span]:
        start = _BEGIN_NS
        while True:
            trace_id, parent = self._random.randbytes(16), b""
            for _ in range(_SPANS_PER_TRACE):
                start += self._random.randrange(10**6, 50 * 10**6)
                make = self._chat if self._random.random() < _CHAT_SHARE else self._small
                span = make()
                span.trace_id, span.span_id, span.parent_span_id = trace_id, self._random.randbytes(8), parent
                span.start_time_unix_nano = start
                span.end_time_unix_nano = start + self._random.randrange(10**6, 4 * 10**9)
                parent = parent or span.span_id
                yield span

    def _chat(self) -> Span:
        draw = self._random
        provider, model, answered = draw.choice(_MODELS)
        size = draw.randint(*_MESSAGE_CHARACTERS)
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": answered,
            "gen_ai.response.id": f"chatcmpl-{draw.randbytes(12).hex()}",
            "gen_ai.request.temperature": draw.choice((0.0, 0.2, 0.7, 1.0)),
            "gen_ai.request.max_tokens": draw.choice((256, 512, 1024, 4096)),
            "gen_ai.request.top_p": 0.95,
            "gen_ai.usage.input_tokens": size // 5,
            "gen_ai.usage.output_tokens": size // 15,
            "gen_ai.usage.cache_read.input_tokens": draw.choice((0, size // 10)),
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.conversation.id": draw.randbytes(16).hex(),
            "gen_ai.output.type": "text",
            "server.address": f"api.{provider}.example",
            "gen_ai.input.messages": self._message("user", size * 3 // 4),
            "gen_ai.output.messages": self._message("assistant", size // 4),
            "server.port": 443,
            "gen_ai.request.seed": draw.randrange(1 << 31),
            "gen_ai.request.presence_penalty": 0.1,
            "gen_ai.request.frequency_penalty": 0.1,
            "user.id": f"user-{draw.randrange(5000)}",
            "gen_ai.agent.name": draw.choice(("support", "search", "writer")),
        }
        shown = list(attributes.items())[: draw.randint(17, 23)]
        return Span(name=f"chat {model}", kind=Span.SPAN_KIND_CLIENT, attributes=_key_values(dict(shown)))

    def _small(self) -> Span:
        draw = self._random
        if draw.random() < 0.5:
            name, kind = "GET /orders/{id}", Span.SPAN_KIND_SERVER
            attributes = {
                "http.request.method": "GET",
                "http.route": "/orders/{id}",
                "http.response.status_code": draw.choice((200, 200, 200, 404, 500)),
                "url.path": f"/orders/{draw.randrange(10**6)}",
                "url.scheme": "https",
                "server.address": "shop.example",
                "client.address": f"10.0.{draw.randrange(256)}.{draw.randrange(256)}",
                "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
            }
        else:
            name, kind = "SELECT orders", Span.SPAN_KIND_CLIENT
            attributes = {
                "db.system.name": "postgresql",
                "db.operation.name": "SELECT",
                "db.query.text": "SELECT * FROM orders WHERE id = $1",
                "db.namespace": "shop",
                "server.port": 5432,
                "db.response.returned_rows": draw.randrange(100),
                "server.address": f"db-{draw.randrange(4)}.example",
                "db.collection.name": "orders",
            }
        shown = list(attributes.items())[: draw.randint(4, 8)]
        return Span(name=name, kind=kind, attributes=_key_values(dict(shown)), status=Status())

    def _message(self, role: str, characters: int) -> str:
        text = " ".join(self._random.choices(self._words, k=characters // 5))[:characters]
        return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _key_values(attributes: dict[str, object]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: object) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    assert isinstance(value, list)
    return AnyValue(array_value=ArrayValue(values=[_any(item) for item in value]))


_RESOURCE = Resource(
    attributes=_key_values(
        {
            "service.name": "shop",
            "service.version": "1.4.2",
            "deployment.environment.name": "production",
            "host.name": "node-7",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": "1.39.0",
        }
    )
)
