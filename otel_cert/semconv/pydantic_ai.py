"""Pydantic AI, instrumentation versions 1 to 6: agent, request and tool spans.

Its tokens leave out zeros, its messages keep parts without content when content is switched off, and Logfire, which it
is mostly used with, replaces what looks like a secret by `[Scrubbed due to ...]`.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import events, logfire, otel
from otel_cert.semconv.combinators import STATUS, VERSION, derived, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, json, path, present

_INSTRUCTIONS = "gen_ai.system_instructions"
_FIRST = "gen_ai.client.operation.time_to_first_chunk"
_SAYS_FIRST = (2, 10)
"""Versions from here on record the time to the first chunk of each stream; older ones do not tell streams apart."""

_DETAILS = "gen_ai.usage.details."


def _unstreamed(scope_version: str, status: int | None) -> Any:
    version = scope_version.split(".")
    knows = len(version) > 1 and all(n.isdecimal() for n in version[:2]) and (*map(int, version[:2]),) >= _SAYS_FIRST
    return False if knows and status != 2 else None


def _messages(attribute: str) -> Source:
    """Read messages without the parts whose content was left out."""

    def read(text: Any, sent: Any) -> Any:
        if not isinstance(sent, list):
            return text
        told = [{**m, "parts": [p for p in m["parts"] if _has_content(p)]} for m in sent]
        return told if any(m["parts"] for m in told) else None

    return derived(attribute, read, json(attribute))


def _has_content(part: Any) -> bool:
    return part.get("type") not in ("text", "thinking") or "content" in part


def _instructions(text: Any, sent: Any) -> Any:
    return [p for p in sent if _has_content(p)] if isinstance(sent, list) else text


def _tools(sent: Any) -> Any:
    """Read the tools of versions before `gen_ai.tool.definitions`."""
    return [{**tool, "parameters": tool.get("parameters_json_schema")} for tool in sent]


def _details(*names: str) -> tuple[Source, ...]:
    return tuple(f"{_DETAILS}{name}" for name in names)


DIALECT = Dialect(
    name="pydantic-ai",
    scopes=("pydantic-ai",),
    marks=("gen_ai.operation.name", "gen_ai.request.model", "model_request_parameters"),
    fields={
        **otel.FIELDS,
        "operation": (
            logfire.PENDING,
            "gen_ai.operation.name",
            present("gen_ai.tool.name", "execute_tool"),
            present("agent_name", "invoke_agent"),
        ),
        "response_id": (logfire.unscrubbed("gen_ai.response.id"),),
        "streaming": (has(_FIRST), derived(VERSION, _unstreamed, STATUS)),
        "ttft_s": (_FIRST,),
        "cache_read_tokens": (
            *otel.FIELDS["cache_read_tokens"],
            *_details("cache_read_tokens", "cache_read_input_tokens", "cached_tokens", "cached_content_tokens"),
        ),
        "cache_write_tokens": (
            *otel.FIELDS["cache_write_tokens"],
            *_details("cache_write_tokens", "cache_creation_input_tokens"),
        ),
        "reasoning_tokens": (
            *otel.FIELDS["reasoning_tokens"],
            *_details("reasoning_tokens", "thoughts_tokens", "thinking_tokens"),
        ),
        "system_instructions": (derived(_INSTRUCTIONS, _instructions, json(_INSTRUCTIONS)),),
        "input_messages": (_messages("gen_ai.input.messages"), events.inputs("events")),
        "output_messages": (_messages("gen_ai.output.messages"), events.outputs("events")),
        "tool_definitions": (
            "gen_ai.tool.definitions",
            applied(_tools, path("model_request_parameters", "function_tools")),
        ),
        "content_redacted": (logfire.REDACTED,),
        "agent_name": ("gen_ai.agent.name", "agent_name"),
        "cost_recorded_usd": ("operation.cost",),
        "tool_arguments": ("gen_ai.tool.call.arguments", "tool_arguments"),
        "tool_result": ("gen_ai.tool.call.result", "tool_response"),
    },
    advice={"input_messages": "InstrumentationSettings(include_content=True)"},
)
