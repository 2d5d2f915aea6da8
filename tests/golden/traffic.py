"""Five weeks of made traffic with a seed: the calls as facts, and the OTLP/JSON of instrumentations that record them.

    python -m tests.golden.traffic OUTPUT.jsonl

The last week, Monday 2 to Sunday 8 November 2026, is the golden week; `answers.py` says what every command must answer for
it. Neither imports otel_cert.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20261102
FIRST_DAY = datetime(2026, 10, 5, tzinfo=UTC)
GOLDEN_DAY = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 35
SPIKE_DAY = datetime(2026, 11, 5, tzinfo=UTC)
"""Thursday of the golden week: the service `web` asks gpt-4.1 many times as often."""

_PER_DAY = 36
_WEEKEND = 0.5
_SPIKE = 60


@dataclass(frozen=True)
class Call:
    """One call as it was; tokens None where it failed."""

    number: int
    start: datetime
    seconds: float
    service: str
    team: str
    user: str
    conversation: str
    provider: str
    asked: str
    answered: str | None
    input: int | None
    cached: int
    output: int | None
    repeated: bool = False
    """One of the requests that are the same each time."""
    twice: bool = False
    """Recorded by two instrumentations."""

    @property
    def day(self) -> datetime:
        """Its UTC day."""
        return self.start.replace(hour=0, minute=0, second=0, microsecond=0)


_MODELS = (
    # service, team, provider, asked, answered, input, output, of a hundred
    ("web", "shop", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", (400, 900), (40, 120), 45),
    ("web", "shop", "openai", "gpt-4.1", "gpt-4.1-2025-04-14", (1500, 2500), (200, 300), 15),
    ("agent", "search", "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", (3000, 9000), (200, 900), 20),
    ("agent", "search", "openai", "text-embedding-3-small", "text-embedding-3-small", (20, 200), (0, 0), 12),
    ("batch", "data", "vllm", "my-llama", "my-llama", (500, 600), (50, 60), 8),
)


def calls() -> list[Call]:
    """Return every call, by start."""
    chance = random.Random(SEED)
    made: list[Call] = []
    for offset in range(DAYS):
        day = FIRST_DAY + timedelta(days=offset)
        often = round(_PER_DAY * (_WEEKEND if day.weekday() >= 5 else 1))
        kinds = chance.choices(_MODELS, [kind[-1] for kind in _MODELS], k=often)
        if day == SPIKE_DAY:
            kinds += [_MODELS[1]] * _SPIKE
        for kind in kinds:
            made.append(_call(chance, len(made), day, kind))
    return sorted(made, key=lambda call: call.start)


def _call(chance: random.Random, number: int, day: datetime, kind: tuple[Any, ...]) -> Call:
    service, team, provider, asked, answered, inputs, outputs, _ = kind
    start = day + timedelta(seconds=chance.randrange(8 * 3600, 20 * 3600), milliseconds=chance.randrange(1000))
    failed = chance.random() < 0.03
    tokens = chance.randint(*inputs)
    cached = chance.choice((0, 0, tokens // 2)) if provider != "vllm" and outputs != (0, 0) else 0
    repeated = asked == "gpt-4o-mini" and not failed and chance.random() < 0.1
    return Call(
        number, start, chance.uniform(0.2, 4.0), service, team, f"user-{chance.randrange(5)}",
        f"conversation-{number // 4}", provider, asked, None if failed else answered,
        None if failed else 500 if repeated else tokens, 0 if failed or repeated else cached,
        None if failed else 50 if repeated else chance.randint(*outputs), repeated, asked == "gpt-4.1" and number % 3 == 0,
    )  # fmt: skip


def requests(made: list[Call]) -> Iterator[dict[str, Any]]:
    """Yield OTLP/JSON trace requests, one per call."""
    for call in made:
        resource = {"service.name": call.service, "team": call.team, "service.instance.id": f"{call.service}-1"}
        scopes = [("opentelemetry.instrumentation.genai.openai", _convention_span(call))]
        if call.twice:
            scopes.append(("openinference.instrumentation.openai", _openinference_span(call)))
        yield {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(resource)},
                    "scopeSpans": [{"scope": {"name": name}, "spans": [span]} for name, span in scopes],
                }
            ]
        }


def write(file: Path) -> None:
    """Write the requests as JSON lines, as the Collector's file exporter does."""
    file.write_text("".join(json.dumps(request) + "\n" for request in requests(calls())))


def _convention_span(call: Call) -> dict[str, Any]:
    embeds = call.asked.startswith("text-embedding")
    prompt = "What are your opening hours?" if call.repeated else f"Question {call.number}"
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "embeddings" if embeds else "chat",
        "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.asked,
        "gen_ai.conversation.id": call.conversation,
        "user.id": call.user,
    }
    if not embeds:
        attributes["gen_ai.request.temperature"] = 0.0
        attributes["gen_ai.input.messages"] = json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": prompt}]}]
        )
    if call.answered is None:
        attributes["error.type"] = "RateLimitError"
    else:
        attributes |= {
            "gen_ai.response.model": call.answered,
            "gen_ai.response.id": f"response-{call.number}",
            "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.cache_read.input_tokens": call.cached,
        }
        if not embeds:
            attributes |= {"gen_ai.usage.output_tokens": call.output, "gen_ai.response.finish_reasons": ["stop"]}
    return _span(call, f"{call.number + 1:016x}", "", f"chat {call.asked}", attributes)


def _openinference_span(call: Call) -> dict[str, Any]:
    """Return what a second instrumentation records of the same call, inside the first's span."""
    attributes: dict[str, Any] = {
        "openinference.span.kind": "LLM",
        "llm.provider": call.provider,
        "llm.model_name": call.answered or call.asked,
        "llm.invocation_parameters": json.dumps({"model": call.asked}),
    }
    if call.answered is not None:
        answer = {
            "id": f"response-{call.number}",
            "model": call.answered,
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}],
            "usage": {"prompt_tokens": call.input, "completion_tokens": call.output},
        }
        attributes |= {
            "llm.token_count.prompt": call.input,
            "llm.token_count.completion": call.output,
            "output.value": json.dumps(answer),
            "output.mime_type": "application/json",
        }
    return _span(
        call, f"{call.number + 1:015x}f", f"{call.number + 1:016x}", "ChatCompletion", attributes, margin_ns=1_000
    )


def _span(
    call: Call, span_id: str, parent: str, name: str, attributes: dict[str, Any], *, margin_ns: int = 0
) -> dict[str, Any]:
    start = round(call.start.timestamp() * 1000) * 1_000_000
    return {
        "traceId": f"{call.number + 1:032x}",
        "spanId": span_id,
        "parentSpanId": parent,
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(start + margin_ns),
        "endTimeUnixNano": str(start + round(call.seconds * 1e9) - margin_ns),
        "attributes": _attributes(attributes),
        "status": {"code": 2, "message": "slow down"} if call.answered is None else {},
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case _:
            return {"stringValue": value}


if __name__ == "__main__":
    write(Path(sys.argv[1]))
