"""Observations of Langfuse: exported from its pages, to blob storage, or as its API answers.

Keys come in camelCase (pages, API) and in snake_case (blob storage); traces come with their observations inside. Empty text
means that nothing was set. `usage_details` count each token once: all keys with `input` in them together are the input,
all with `output` the output. Sources: Langfuse's documentation, "Blob storage export field reference" and "Token & cost
tracking", and its OpenAPI definitions `Observation`, `ObservationsView` and `TraceWithFullDetails`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.receivers._draft import Draft, to_json
from otel_cert.receivers._time import unix_ns
from otel_cert.semconv import terms
from otel_cert.semconv.fields import count, number, text
from otel_cert.semconv.messages import loaded

_OPERATIONS: Mapping[str, str | None] = {
    "GENERATION": "chat",
    "EMBEDDING": "embeddings",
    "AGENT": "invoke_agent",
    "CHAIN": "invoke_workflow",
    "TOOL": "execute_tool",
    "RETRIEVER": "retrieval",
    "SPAN": None,
    "EVENT": None,
    "EVALUATOR": None,
    "GUARDRAIL": None,
}
"""Type of an observation -> `gen_ai.operation.name`."""
_NAMED = {
    "invoke_agent": "gen_ai.agent.name",
    "invoke_workflow": "gen_ai.workflow.name",
    "execute_tool": "gen_ai.tool.name",
}
_OF_TRACE = ("user_id", "session_id", "environment", "release", "tags", "name")
"""What the observations inside a trace take from it; the first one holds all else that the trace says."""
_PARAMETERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "temperature": ("temperature", number), "top_p": ("top_p", number), "top_k": ("top_k", count),
    "frequency_penalty": ("frequency_penalty", number), "presence_penalty": ("presence_penalty", number),
    "max_tokens": ("max_tokens", count), "max_completion_tokens": ("max_tokens", count), "seed": ("seed", count),
}  # fmt: skip
"""Model parameter -> (`gen_ai.request.*`, its reader)."""
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")
_HEX = re.compile(r"[0-9a-f]+")


def drafts(record: Mapping[str, Any], key: bytes) -> list[Draft] | None:
    """Return the span of an observation, or those inside a trace; None when it is neither.

    `key` makes the ids of what has none.
    """
    given = _snake(record)
    inside = given.get("observations")
    if isinstance(inside, list) and inside and all(isinstance(item, dict) for item in inside):
        observations = [_inside(given, _snake(item)) for item in inside]
        if not all(map(_is_observation, observations)):
            return None
        observations[0]["trace"] = {k: v for k, v in given.items() if k not in ("observations", *_OF_TRACE)}
        return [_draft(item, hashlib.sha256(key + b"%d" % n).digest()) for n, item in enumerate(observations)]
    return [_draft(given, key)] if _is_observation(given) else None


def _is_observation(given: Mapping[str, Any]) -> bool:
    if not given.keys() >= {"id", "start_time"}:
        return False
    kind = given.get("type")
    return "trace_id" in given or (isinstance(kind, str) and kind in _OPERATIONS)


def _inside(trace: Mapping[str, Any], observation: Mapping[str, Any]) -> dict[str, Any]:
    known = {f"trace_{name}" if name == "name" else name: trace[name] for name in _OF_TRACE if name in trace}
    return {"trace_id": trace.get("id")} | known | {k: v for k, v in observation.items() if v not in (None, "")}


def _snake(record: Mapping[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in record.items():
        snake = _CAPITAL.sub(lambda found: f"_{found[0]}", name).lower()
        named[name if snake in named else snake] = value
    return named


def _draft(given: dict[str, Any], key: bytes) -> Draft:
    draft = Draft("langfuse", given)
    span = draft.span
    operation = _operation(draft)
    model = text(draft.peek("provided_model_name", "model"))
    span.name = draft.text("name") or (f"{operation} {model or ''}".strip() if operation else "observation")
    span.kind = Span.SPAN_KIND_CLIENT if operation in terms.CALLS else Span.SPAN_KIND_INTERNAL
    _identify(draft, key)
    _times(draft)
    if operation:
        draft.say("gen_ai.operation.name", operation)
        if operation in _NAMED:
            draft.say(_NAMED[operation], span.name)
        _CONTENT.get(operation, _messages)(draft)
    if operation in terms.CALLS:
        _called(draft, model)
    draft.say("gen_ai.conversation.id", draft.text("session_id"))
    draft.say("user.id", draft.text("user_id"))
    _origin(draft)
    if draft.peek("level") == "ERROR":
        draft.fail(draft.take("status_message"))
    return draft


def _operation(draft: Draft) -> str | None:
    """Return the operation of the observation; exports of generations alone say no type."""
    kind = draft.peek("type")
    if kind is None:
        return "chat" if draft.peek("provided_model_name", "model") is not None else None
    return _OPERATIONS.get(kind) if isinstance(kind, str) else None


def _identify(draft: Draft, key: bytes) -> None:
    draft.span.trace_id = _id(draft.peek("trace_id"), 16) or key[:16]
    draft.span.span_id = _id(draft.peek("id"), 8) or key[16:24]
    draft.span.parent_span_id = _id(draft.peek("parent_observation_id"), 8) or b""


def _id(given: Any, size: int) -> bytes | None:
    """Return an id as it is where it is one of OTLP's, else a hash of it: every place that names it gets the same."""
    if given is None:
        return None
    name = given if isinstance(given, str) else to_json(given)
    if len(name) == 2 * size and _HEX.fullmatch(name) and name.strip("0"):
        return bytes.fromhex(name)
    return hashlib.sha256(name.encode()).digest()[:size]


def _times(draft: Draft) -> None:
    start, end = draft.time("start_time"), draft.time("end_time")
    first = unix_ns(draft.peek("completion_start_time"))
    if draft.peek("type") == "EVENT":
        end = end or start
    draft.span.start_time_unix_nano, draft.span.end_time_unix_nano = start or 0, end or 0
    if start and first and first >= start:
        draft.say("gen_ai.response.time_to_first_chunk", (first - start) / 1e9)


def _messages(draft: Draft) -> None:
    draft.prompted("input")
    draft.answered("output")


def _tool(draft: Draft) -> None:
    draft.say("gen_ai.tool.call.arguments", _as_text(draft.take("input")))
    draft.say("gen_ai.tool.call.result", _as_text(draft.take("output")))


def _retrieval(draft: Draft) -> None:
    draft.say("gen_ai.retrieval.query.text", _as_text(draft.take("input")))
    found = loaded(draft.peek("output"))
    if isinstance(found, list | dict):
        draft.take("output")
        listed = found if isinstance(found, dict) else [{"text": d} if isinstance(d, str) else d for d in found]
        draft.say("gen_ai.retrieval.documents", to_json(listed))


_CONTENT: Mapping[str, Callable[[Draft], None]] = {"execute_tool": _tool, "retrieval": _retrieval}


def _called(draft: Draft, model: str | None) -> None:
    """Set what is known of a call of a model only."""
    metadata = loaded(draft.peek("metadata"))
    metadata = metadata if isinstance(metadata, dict) else {}
    sent = loaded(metadata.get("attributes"))
    names = [sent.get("gen_ai.provider.name"), sent.get("gen_ai.system")] if isinstance(sent, dict) else []
    provider = next((p for p in map(text, (metadata.get("ls_provider"), *names)) if p), None)  # ls_: LangChain's
    draft.say("gen_ai.provider.name", terms.provider(provider, None))
    if model:
        draft.say("gen_ai.request.model", model)
        draft.take("provided_model_name", "model")
    draft.say("gen_ai.prompt.name", draft.text("prompt_name"))
    draft.say("gen_ai.prompt.version", draft.text("prompt_version"))
    _parameters(draft)
    _usage(draft)
    _cost(draft)


def _parameters(draft: Draft) -> None:
    given = loaded(draft.peek("model_parameters"))
    if not isinstance(given, dict):
        if given is not None:
            draft.flag("model_parameters: not an object")
        return
    for name, (term, read) in _PARAMETERS.items():
        draft.say(f"gen_ai.request.{term}", read(given.get(name)))


def _usage(draft: Draft) -> None:
    if draft.peek("unit") not in (None, "TOKENS"):  # of every count of the observation, in older exports
        return
    details = loaded(draft.peek("usage_details"))
    if details is not None and not isinstance(details, dict):
        draft.flag("usage_details: not an object")
    if isinstance(details, dict) and details:
        _detailed(draft, details)
        return
    usage = draft.peek("usage")
    usage = usage if isinstance(usage, dict) else {}
    if usage.get("unit") not in (None, "TOKENS"):
        return
    sent = next((usage[k] for k in ("input", "promptTokens", "prompt_tokens") if k in usage), None)
    received = next((usage[k] for k in ("output", "completionTokens", "completion_tokens") if k in usage), None)
    sent = draft.peek("input_usage", "prompt_tokens") if sent is None else sent
    received = draft.peek("output_usage", "completion_tokens") if received is None else received
    draft.used(
        {
            "input_tokens": draft.tokens("usage.input", sent),
            "output_tokens": draft.tokens("usage.output", received),
        }
    )


def _detailed(draft: Draft, details: Mapping[str, Any]) -> None:
    counted = {name: draft.tokens(f"usage_details.{name}", given) for name, given in details.items()}

    def total(pattern: str, *, without: str = "$^") -> int | None:
        found = [n for k, n in counted.items() if n is not None and re.search(pattern, k) and not re.search(without, k)]
        return sum(found) if found else None

    written = "cache.*(?:creation|write)|(?:creation|write).*cache"
    draft.used(
        {
            "input_tokens": total("input"),
            "output_tokens": total("output"),
            "cache_read.input_tokens": total("input.*cache|cache.*input", without=written),
            "cache_creation.input_tokens": total(written),
            "reasoning.output_tokens": total("reasoning"),
        }
    )


def _cost(draft: Draft) -> None:
    """Set the cost; a zero without details is what Langfuse says when it knows no price."""
    details = loaded(draft.peek("cost_details"))
    known = number(details.get("total")) if isinstance(details, dict) else None
    summed = draft.peek("total_cost", "calculated_total_cost")
    draft.say("gen_ai.usage.cost", known if known is not None else number(summed) or None)


def _origin(draft: Draft) -> None:
    metadata = loaded(draft.peek("metadata"))
    attributes = loaded(metadata.get("resourceAttributes")) if isinstance(metadata, dict) else None
    known = {
        "service.name": attributes.get("service.name") if isinstance(attributes, dict) else None,
        "service.version": draft.text("release"),
        "deployment.environment.name": draft.text("environment"),
    }
    draft.resource = {name: value for name, given in known.items() if (value := text(given))}


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else to_json(value)
