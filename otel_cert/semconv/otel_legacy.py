"""OpenTelemetry's instrumentations before conventions 1.37: content comes in log events, apart from the span.

Recorded with `opentelemetry-instrumentation-openai-v2` 2.1b0 and 2.4b0, and with botocore's for Bedrock 0.66b2.
https://github.com/open-telemetry/semantic-conventions/blob/v1.36.0/docs/gen-ai/gen-ai-events.md
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from otel_cert.semconv import messages, otel
from otel_cert.semconv.combinators import LOGS, derived
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.span import Event

_CHOICE = "gen_ai.choice"
_ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
_CALLS_IN_CONTENT = frozenset(("toolUse", "tool_use"))
_ANSWERS_IN_CONTENT = frozenset(("toolResult", "tool_result"))

_OPENAI, _BEDROCK = "opentelemetry.instrumentation.openai_v2", "opentelemetry.instrumentation.botocore.bedrock-runtime"
_VERTEXAI = "opentelemetry.instrumentation.vertexai"
"""Also the scope of Traceloop's, whose spans name no operation."""


Asked = list[tuple[str, dict[str, Any]]]
"""Role and message of each event of a request."""


def _inputs(asked: Asked) -> Any:
    return _told(message for role, message in asked if role != "system")


def _system(asked: Asked) -> Any:
    return [part for role, message in asked if role == "system" for part in message["parts"]]


def _outputs(choices: list[dict[str, Any]]) -> Any:
    return _told(
        messages.message({**_once(choice["message"]), "finish_reason": choice.get("finish_reason")}, "assistant")
        for choice in choices
        if isinstance(choice.get("message"), dict)
    )


def _finish_reasons(choices: list[dict[str, Any]]) -> Any:
    return [reason for choice in choices if (reason := choice.get("finish_reason"))]


def _choices(logs: Sequence[Event]) -> list[dict[str, Any]] | None:
    return sorted((e.body for e in logs if e.name == _CHOICE and isinstance(e.body, dict)), key=_index) or None


def _asked(logs: Sequence[Event]) -> Asked:
    """Return role and message of the request's events, in the order sent."""
    return [
        (role, messages.message({**_once(event.body), "role": event.body.get("role", role)}, role))
        for event in logs
        if (role := _ROLES.get(event.name)) and isinstance(event.body, dict) and not _repeats(event.body)
    ]


_ASKED, _CHOICES = derived(LOGS, _asked), derived(LOGS, _choices)


def _told(found: Iterator[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return messages; None when none says anything, because content was not to be recorded."""
    given = list(found)
    return given if any(message["parts"] for message in given) else None


def _once(body: dict[str, Any]) -> dict[str, Any]:
    """Return a message without the tool calls that its content holds as well."""
    if _blocks(body, _CALLS_IN_CONTENT):
        return {name: value for name, value in body.items() if name != "tool_calls"}
    return body


def _repeats(body: dict[str, Any]) -> bool:
    """Return whether a message of the user holds the answers of tools, which events of their own say already."""
    return bool(_blocks(body, _ANSWERS_IN_CONTENT))


def _blocks(body: dict[str, Any], kinds: frozenset[str]) -> list[Any]:
    content = body.get("content")
    blocks = content if isinstance(content, list) else []
    return [b for b in blocks if isinstance(b, dict) and (b.get("type") in kinds or not kinds.isdisjoint(b))]


def _index(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


DIALECT = Dialect(
    name="otel-legacy",
    scopes=(_OPENAI, _BEDROCK, _VERTEXAI),
    requires=("gen_ai.system", "gen_ai.operation.name"),
    marks=("gen_ai.system", "gen_ai.operation.name"),
    fields={
        **otel.FIELDS,
        "provider": ("gen_ai.system",),
        "finish_reasons": (*otel.FIELDS["finish_reasons"], derived(_CHOICES, _finish_reasons)),
        "system_instructions": (derived(_ASKED, _system),),
        "input_messages": (*otel.FIELDS["input_messages"], derived(_ASKED, _inputs)),
        "output_messages": (*otel.FIELDS["output_messages"], derived(_CHOICES, _outputs)),
        "http_status": ("http.response.status_code", "http.status_code"),
    },
    cache_exclusive=(_BEDROCK,),
    advice={
        "input_tokens": 'stream_options={"include_usage": True} for streams',
        "input_messages": "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, and a log exporter",
    },
)
