"""Messages of every shape in the JSON schema of the semantic conventions: `{role, parts: [{type, ...}]}`.

Understood beside that schema: OpenAI chat (`content`, `tool_calls`, `tool_call_id`) and Responses items, Anthropic and
Bedrock content blocks, the AI SDK's parts, LangChain's serialised messages, OpenInference's flattened attributes. What has
no part type of its own stays a part with the keys it was sent with, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

FAULTS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the functions here may raise over messages of a shape that nobody sends."""

_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool", "developer": "system"}
_TEXT_KEYS = ("content", "text")
_PLAIN, _TEXT = frozenset(("role", "content", "finish_reason")), frozenset(("type", "text"))


def are_parts(value: Sequence[Any]) -> bool:
    """Return whether all items are parts of the schema already."""
    for item in value:  # a loop takes half the time of all()
        if not isinstance(item, dict):
            return False
        if item.get("type") == "text":  # most are
            if not isinstance(item.get("content"), str):
                return False
        elif not _is_part(item):
            return False
    return True


def normal(sent: Any) -> Any:
    """Return messages in the schema: `sent` itself when it is a list of such; items that are no messages stay."""
    if isinstance(sent, dict):
        sent = sent["messages"] if isinstance(sent.get("messages"), list) else [sent]
    if _are_normal(sent):
        return sent
    return [message(item) if isinstance(item, dict) else item for item in sent]


def message(sent: Mapping[str, Any], role: str | None = None) -> dict[str, Any]:
    """Return one message in the schema."""
    plain = sent.keys() <= _PLAIN  # most are
    inner = sent if plain else _unwrapped(sent)
    named = inner.get("role") or role or inner.get("type") or "user"
    named = _ROLES.get(named, named) if isinstance(named, str) else "user"
    if plain and named != "tool" and isinstance(content := inner.get("content"), str) and content:
        found = [{"type": "text", "content": content}]
    else:
        found = [*_reasoning(inner), *_parts_of(inner, named), *_calls(inner)]
    result: dict[str, Any] = {"role": named, "parts": found}
    if inner.get("name") and named != "tool":
        result["name"] = inner["name"]
    if reason := inner.get("finish_reason") or inner.get("stop_reason"):
        result["finish_reason"] = reason
    return result


def choices(sent: Any) -> list[dict[str, Any]] | None:
    """Return the output messages of `choices` as OpenAI's chat API returns them."""
    if not isinstance(sent, list):
        return None
    found = [c for c in sent if isinstance(c, dict) and isinstance(c.get("message"), dict)]
    return [message({**c["message"], "finish_reason": c.get("finish_reason")}, "assistant") for c in found] or None


def finish_reasons(sent: Any) -> list[str]:
    """Return the finish reasons that output messages in the schema say."""
    found = (m.get("finish_reason") for m in sent if isinstance(m, dict)) if isinstance(sent, list) else ()
    return [reason for reason in found if isinstance(reason, str) and reason]


def parts(content: Any) -> list[dict[str, Any]]:
    """Return content, text or blocks of any provider, as parts."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    if isinstance(content, list):
        return [part for item in content for part in parts(item)]
    if isinstance(content, dict):
        if (text := _only_text(content.get("message_content", content))) is not None:
            return [{"type": "text", "content": text}]  # most blocks are
        if content.get("type") == "text" and isinstance(content.get("content"), list):
            return parts(content["content"])  # blocks within a block
        return [_part(content)]
    return [{"type": "text", "content": str(content)}]


def _only_text(block: Any) -> str | None:
    """Return the text of a block that is nothing else."""
    if not isinstance(block, dict) or not block.keys() <= _TEXT or block.get("type", "text") != "text":
        return None
    text = block.get("text")
    return text if isinstance(text, str) else None


def tool_call(id_: Any, name: Any, arguments: Any) -> dict[str, Any]:
    """Return the part of a tool call; arguments sent as JSON text become what they say."""
    return {"type": "tool_call", "id": id_ or None, "name": name, "arguments": loaded(arguments)}


def tool_definitions(sent: Sequence[Any]) -> list[Any]:
    """Return tool definitions as `{type, name, description, parameters}`."""
    return [_tool(loaded(tool)) for tool in sent]


def loaded(value: Any) -> Any:
    """Return what JSON text of an object or array says; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value


def _are_normal(items: Sequence[Any]) -> bool:
    for item in items:
        if not isinstance(item, dict) or "role" not in item or "tool_calls" in item or "tool_call_id" in item:
            return False
        parts_ = item.get("parts")
        if not isinstance(parts_, list) or not are_parts(parts_):
            return False
    return True


def _is_part(item: Mapping[str, Any]) -> bool:
    match item.get("type"):
        case "text" | "reasoning":
            return isinstance(item.get("content"), str)
        case "tool_call":
            return "name" in item and not isinstance(item.get("arguments"), str)
        case "tool_call_response":
            return "response" in item
        case "blob" | "file" | "uri" | "server_tool_call" | "server_tool_call_response":
            return True
    return False


def _unwrapped(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(sent.get("message"), dict):  # OpenInference
        inner: dict[str, Any] = sent["message"]
        return {**inner, "finish_reason": sent["finish_reason"]} if "finish_reason" in sent else inner
    if sent.get("lc") and isinstance(sent.get("kwargs"), dict):  # LangChain
        return {"type": str(sent.get("id", [""])[-1]).removesuffix("Message").lower(), **sent["kwargs"]}
    return sent


def _reasoning(sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    thought = sent.get("reasoning_content") or sent.get("reasoning")
    return [{"type": "reasoning", "content": thought}] if isinstance(thought, str) and thought else []


def _parts_of(sent: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    if isinstance(sent.get("parts"), list):
        found = parts(sent["parts"])
    else:
        found = parts(sent["contents"] if sent.get("contents") else sent.get("content", sent.get("refusal")))
    answered = sent.get("tool_call_id") or (sent.get("id") if role == "tool" else None)
    if role == "tool" and (answered or sent.get("name")) and all(p["type"] == "text" for p in found):
        response = "".join(p["content"] for p in found)
        return [{"type": "tool_call_response", "id": answered, "response": response}]
    return found


def _calls(sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = sent.get("tool_calls")
    found = [_call(c) for c in calls if isinstance(c, dict)] if isinstance(calls, list) else []
    if isinstance(sent.get("function_call"), dict):
        found.append(_call(sent["function_call"]))
    return found


def _call(sent: Mapping[str, Any]) -> dict[str, Any]:
    sent = sent["tool_call"] if isinstance(sent.get("tool_call"), dict) else sent  # OpenInference
    function = sent["function"] if isinstance(sent.get("function"), dict) else sent
    arguments = next((function[k] for k in ("arguments", "args", "input") if k in function), None)
    return tool_call(sent.get("id") or sent.get("toolCallId"), function.get("name") or sent.get("toolName"), arguments)


def _part(sent: Mapping[str, Any]) -> dict[str, Any]:
    sent = sent["message_content"] if isinstance(sent.get("message_content"), dict) else sent  # OpenInference
    if _is_part(sent):
        return dict(sent)
    kind = sent.get("type")
    if isinstance(sent.get("toolUse"), dict):  # Bedrock
        used = sent["toolUse"]
        return tool_call(used.get("toolUseId"), used.get("name"), used.get("input"))
    if isinstance(sent.get("toolResult"), dict):
        result = sent["toolResult"]
        return _response(result.get("toolUseId"), result.get("content"))
    if isinstance(sent.get("reasoningContent"), dict):
        return {"type": "reasoning", "content": _text(sent["reasoningContent"])}
    match kind:
        case "tool_call" | "tool_use" | "tool-call" | "function_call":
            id_ = next((sent[k] for k in ("call_id", "id", "toolCallId") if sent.get(k)), None)
            arguments = next((sent[k] for k in ("arguments", "input", "args") if k in sent), None)
            return tool_call(id_, sent.get("name") or sent.get("toolName"), arguments)
        case "tool_call_response" | "tool_result" | "tool-result" | "function_call_output":
            id_ = next((sent[k] for k in ("id", "tool_use_id", "toolCallId", "call_id") if sent.get(k)), None)
            return _response(id_, next((sent[k] for k in ("result", "content", "output") if k in sent), None))
        case "thinking" | "reasoning":
            return {"type": "reasoning", "content": sent.get("thinking") or _text(sent)}
        case "text" | "input_text" | "output_text" | None if any(isinstance(sent.get(k), str) for k in _TEXT_KEYS):
            return {"type": "text", "content": _text(sent)}
    return {"type": "unknown", **sent} if kind is None else dict(sent)


def _response(id_: Any, content: Any) -> dict[str, Any]:
    """Return a tool's answer; blocks that are all text become it."""
    if isinstance(content, list) and all(isinstance(b, dict) and isinstance(b.get("text"), str) for b in content):
        content = "".join(b["text"] for b in content)
    elif isinstance(content, dict) and content.keys() == {"type", "value"}:  # the AI SDK
        content = content["value"]
    return {"type": "tool_call_response", "id": id_, "response": content}


def _text(sent: Mapping[str, Any]) -> str:
    for key in _TEXT_KEYS:
        value = sent.get(key)
        if isinstance(value, str):
            return value
    return str(next((v for v in sent.values() if isinstance(v, dict)), {}).get("text", ""))


def _tool(sent: Any) -> Any:
    if not isinstance(sent, dict):
        return sent
    spec = next((sent[k] for k in ("function", "toolSpec") if isinstance(sent.get(k), dict)), sent)
    schema = next((spec[k] for k in ("parameters", "input_schema", "inputSchema") if k in spec), None)
    if isinstance(schema, dict) and schema.keys() == {"json"}:  # Bedrock
        schema = schema["json"]
    if "name" not in spec:
        return sent
    tool = {"type": sent.get("type") or "function", "name": spec["name"]}
    if spec.get("description"):
        tool["description"] = spec["description"]
    if schema is not None:
        tool["parameters"] = loaded(schema)
    return tool
