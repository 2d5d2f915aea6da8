"""What requests and answers of Bedrock say, whatever their shape: Converse's, Claude's, Llama's, Titan's.

Shapes are known by their keys rather than by the model's name, which may be a profile's or a deployment's.
Sources: the AWS documentation of Converse and of the inference parameters of each model family.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.util.genai.types import ReasoningPart, TextPart, ToolCallRequestPart, ToolCallResponsePart

Json = Mapping[str, Any]

_FINISHED = {
    "end_turn": "stop", "stop_sequence": "stop", "stop": "stop", "FINISH": "stop", "COMPLETE": "stop",
    "STOP_CRITERIA_MET": "stop",
    "max_tokens": "length", "length": "length", "LENGTH": "length", "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "guardrail_intervened": "content_filter", "content_filtered": "content_filter", "CONTENT_FILTERED": "content_filter",
}  # fmt: skip
"""Reason to stop -> the conventions' finish reason; an unknown one stays as it is."""


@dataclass
class Request:
    """What was asked."""

    operation: str
    messages: list[tuple[str, list[Any]]]
    """(role, parts in the conventions' schema)."""
    system: list[str] = field(default_factory=list)
    tools: list[tuple[str, str | None, Any]] = field(default_factory=list)
    """(name, description, JSON schema of the arguments)."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None


@dataclass
class Answer:
    """What came back; None = not told."""

    parts: list[Any] = field(default_factory=list)
    finish_reason: str | None = None
    input_tokens: int | None = None
    """With what the cache held."""
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    id: str | None = None
    model: str | None = None
    dimensions: int | None = None


def request(body: Json) -> Request:
    """Read a request: the arguments of Converse, or the body of InvokeModel."""
    options: Json = body.get("inferenceConfig") or body.get("textGenerationConfig") or body
    if "messages" in body:
        operation = "chat"
        messages = [(m["role"], parts(m.get("content"))) for m in body["messages"]]
    else:
        operation = "text_completion"
        asked = parts(body.get("prompt", body.get("inputText")))
        messages = [("user", asked)] if asked else []
    return Request(
        operation,
        messages,
        [part.content for part in parts(body.get("system")) if isinstance(part, TextPart)],
        [
            _tool(t)
            for t in (body.get("toolConfig") or {}).get("tools") or body.get("tools") or ()
            if "cachePoint" not in t
        ],
        _first(options, "temperature"),
        _first(options, "topP", "top_p"),
        _first(options, "maxTokens", "max_tokens", "max_gen_len", "maxTokenCount"),
        _first(options, "stopSequences", "stop_sequences", "stop"),
    )


def answer(body: Json) -> Answer:
    """Read a whole answer: what Converse returned, or the body of InvokeModel."""
    if "output" in body:
        content, reason = body["output"].get("message", {}).get("content"), body.get("stopReason")
    elif "results" in body:  # Titan
        first = body["results"][0] if body["results"] else {}
        content, reason = first.get("outputText"), first.get("completionReason")
        return _with_usage(
            Answer(parts(content), _reason(reason)), {**body, "outputTextTokenCount": first.get("tokenCount")}
        )
    else:
        content = _first(body, "content", "generation", "outputText")
        reason = _first(body, "stop_reason", "completionReason")
    embedding = body.get("embedding")
    found = Answer(parts(content), _reason(reason), id=body.get("id"), model=body.get("model"))
    found.dimensions = len(embedding) if isinstance(embedding, list) else None
    return _with_usage(found, body)


def _with_usage(found: Answer, body: Json) -> Answer:
    counts = body.get("usage") or body.get("amazon-bedrock-invocationMetrics") or {}
    found.cache_read = _first(counts, "cacheReadInputTokens", "cache_read_input_tokens")
    found.cache_write = _first(counts, "cacheWriteInputTokens", "cache_creation_input_tokens")
    outside = _first(counts, "inputTokens", "input_tokens", "inputTokenCount")
    if outside is None:
        outside = _first(body, "prompt_token_count", "inputTextTokenCount")
    if outside is not None:
        found.input_tokens = outside + (found.cache_read or 0) + (found.cache_write or 0)
    found.output_tokens = _first(counts, "outputTokens", "output_tokens", "outputTokenCount")
    if found.output_tokens is None:
        found.output_tokens = _first(
            body, "generation_token_count", "outputTextTokenCount", "totalOutputTextTokenCount"
        )
    return found


def parts(content: Any) -> list[Any]:
    """Return content as parts: text, or the blocks of Converse or of Claude."""
    if isinstance(content, str):
        return [TextPart(content)]
    return [part for block in content or () for part in _part(block)]


def _part(block: Any) -> Iterable[Any]:
    if isinstance(block, str):
        yield TextPart(block)
    elif isinstance(block.get("text"), str):
        yield TextPart(block["text"])
    elif use := block.get("toolUse") or (block.get("type") == "tool_use" and block):
        yield ToolCallRequestPart(_arguments(use.get("input")), use.get("name", ""), _first(use, "toolUseId", "id"))
    elif result := block.get("toolResult") or (block.get("type") == "tool_result" and block):
        yield ToolCallResponsePart(result.get("content"), _first(result, "toolUseId", "tool_use_id"))
    elif thought := block.get("thinking") or block.get("reasoningContent", {}).get("reasoningText", {}).get("text"):
        yield ReasoningPart(thought)
    elif "cachePoint" not in block:  # pictures and documents: that there was one
        yield {"type": block.get("type") or next(iter(block), "unknown")}


def _arguments(given: Any) -> Any:
    """Return arguments as they are meant: a stream gives them as text."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return given  # the stream was cut


def _tool(tool: Json) -> tuple[str, str | None, Any]:
    spec = tool.get("toolSpec", tool)
    schema = spec.get("inputSchema", {}).get("json", spec.get("input_schema"))
    return spec.get("name", ""), spec.get("description"), schema


def _reason(reason: str | None) -> str | None:
    return _FINISHED.get(reason, reason) if reason else None


def _first(of: Json, *names: str) -> Any:
    return next((of[name] for name in names if of.get(name) is not None), None)


_CONVERSE = {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}
"""Events of ConverseStream; Nova streams them from InvokeModel, too."""


class Stream:
    """Puts the events of a stream together to the answer that they make."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}

    def whole(self) -> Json | None:
        """Return the answer as far as it came; None when nothing did."""
        if self._blocks:
            self._whole["content"] = [self._blocks[i] for i in sorted(self._blocks)]
        return self._whole or None

    def take(self, event: Json) -> None:
        """Take one event, as the application gets it."""
        if "chunk" in event:
            self._take_model(json.loads(event["chunk"]["bytes"]))
        else:
            for kind, data in event.items():
                self._take_converse(kind, data)

    def _take_converse(self, kind: str, data: Json) -> None:
        if kind == "contentBlockStart":
            self._blocks[data["contentBlockIndex"]] = {k: dict(v) for k, v in data.get("start", {}).items()}
        elif kind == "contentBlockDelta":
            self._add(data["contentBlockIndex"], data["delta"])
        elif kind == "messageStop":
            self._whole["stop_reason"] = data.get("stopReason")
        elif kind == "metadata":
            self._whole["usage"] = data.get("usage")

    def _add(self, index: int, delta: Json) -> None:
        block = self._blocks.setdefault(index, {})
        if "text" in delta:
            block["text"] = block.get("text", "") + delta["text"]
        elif "toolUse" in delta:
            use = block.setdefault("toolUse", {})
            use["input"] = use.get("input", "") + delta["toolUse"]["input"]
        elif text := delta.get("reasoningContent", {}).get("text"):
            block["thinking"] = block.get("thinking", "") + text

    def _take_model(self, data: Json) -> None:
        kind = data.get("type")
        if kind == "message_start":
            self._whole.update(data["message"])
        elif kind == "content_block_start":
            self._blocks[data["index"]] = dict(data["content_block"])
        elif kind == "content_block_delta":
            self._add_claude(self._blocks.setdefault(data["index"], {}), data["delta"])
        elif kind == "message_delta":
            self._whole["stop_reason"] = data["delta"].get("stop_reason")
            told = {name: count for name, count in data.get("usage", {}).items() if count is not None}
            self._whole["usage"] = {**self._whole.get("usage", {}), **told}
        elif kind is None and data.keys() & _CONVERSE:
            self.take(data)
        elif kind is None:
            self._take_text(data)
        if (counted := data.get("amazon-bedrock-invocationMetrics")) and "usage" not in self._whole:
            self._whole["amazon-bedrock-invocationMetrics"] = counted

    def _add_claude(self, block: dict[str, Any], delta: Json) -> None:
        for name, key in (("text", "text"), ("thinking", "thinking"), ("partial_json", "input")):
            if name in delta:
                before = block.get(key)
                block[key] = (before if isinstance(before, str) else "") + delta[name]

    def _take_text(self, data: Json) -> None:
        """Take a chunk of Llama or Titan: its text adds up, of all else the last is taken."""
        for name, value in data.items():
            if name in ("generation", "outputText") and value:
                self._whole[name] = self._whole.get(name, "") + value
            elif value is not None:
                self._whole[name] = value
