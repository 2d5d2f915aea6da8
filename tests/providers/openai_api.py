"""OpenAI's API, as far as the tests go: chat, streams, tools, log probabilities, embeddings, Responses; Azure's paths."""

import base64
import json
import struct

from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from tests.providers.gates import held
from tests.providers.truth import (
    ALTERNATIVE,
    ANSWER,
    ANSWERED,
    CALLED,
    DIMENSIONS,
    EMBEDDED,
    LOGPROBS,
    TOKENS,
    TOOL,
    TOOL_ARGUMENTS,
)  # fmt: skip


async def chat(request: Request):
    body = await request.json()
    asked = _last_text(body["messages"])
    if "status" in asked:
        return _refusal(int(asked.split("status ")[1][:3]))
    if "malformed" in asked:  # arguments should be text
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": TOOL_ARGUMENTS}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
        return JSONResponse({**_head("chat.completion", body), "choices": [choice], "usage": _usage(CALLED)})
    usage = _usage(CALLED if _calls(body) else ANSWERED)
    if not body.get("stream"):
        return JSONResponse({**_head("chat.completion", body), "choices": _choices(body), "usage": usage})
    with_usage = (body.get("stream_options") or {}).get("include_usage")
    return StreamingResponse(
        _chunks(body, usage if with_usage else None, cut="cut" in asked), media_type="text/event-stream"
    )


def _calls(body):
    """Whether the answer is a tool call: tools are offered, and none has answered yet."""
    return bool(body.get("tools")) and not any(m["role"] == "tool" for m in body["messages"])


def _choices(body):
    if _calls(body):
        return [{"index": 0, "finish_reason": "tool_calls", "logprobs": None, "message": {
            "role": "assistant", "content": None, "refusal": None, "tool_calls": [_tool_call(body)],
        }}]  # fmt: skip
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    return [
        {"index": i, "finish_reason": "stop", "message": message, "logprobs": _logprobs(body, 0, len(TOKENS))}
        for i in range(body.get("n") or 1)
    ]


def _tool_call(body):
    name = body["tools"][0]["function"]["name"]
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(TOOL_ARGUMENTS)}}


def _logprobs(body, start, stop):
    if not body.get("logprobs"):
        return None
    content = []
    for token, value in zip(TOKENS[start:stop], LOGPROBS[start:stop], strict=True):
        top = [{"token": t, "logprob": v, "bytes": list(t.encode())} for t, v in ((token, value), ALTERNATIVE)]
        entry = {"token": token, "logprob": value, "bytes": list(token.encode())}
        content.append({**entry, "top_logprobs": top[: body.get("top_logprobs") or 0]})
    return {"content": content, "refusal": None}


async def _chunks(body, usage, *, cut):
    head = _head("chat.completion.chunk", body)
    if _calls(body):
        deltas = [({"role": "assistant", "tool_calls": [{"index": 0, **_tool_call(body)}]}, None)]
    else:
        deltas = [({"content": t, "role": "assistant"}, _logprobs(body, i, i + 1)) for i, t in enumerate(TOKENS)]
    async for delta, logprobs in held(body, deltas[:3] if cut else deltas):
        yield _event({**head, "choices": [_part(delta, None, logprobs)]})
    if cut:
        yield _event({"error": {"message": "the stream was cut", "type": "server_error", "code": None}})
        return
    yield _event({**head, "choices": [_part({}, "tool_calls" if _calls(body) else "stop", None)]})
    if usage:
        yield _event({**head, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _part(delta, finish_reason, logprobs):
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}


def _head(kind, body):
    model = body.get("model", "gpt-4o-mini")
    return {"id": "chatcmpl-1", "object": kind, "created": 1764000000, "model": f"{model}-2024-07-18",
            "system_fingerprint": "fp_1", "service_tier": "default"}  # fmt: skip


def _usage(usage):
    return {
        "prompt_tokens": usage.given, "completion_tokens": usage.said, "total_tokens": usage.given + usage.said,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0},
    }  # fmt: skip


async def embeddings(request: Request):
    body = await request.json()
    count = 1 if isinstance(body["input"], str) else len(body["input"])
    vector = [1.0] + [0.0] * (DIMENSIONS - 1)
    encoded = base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *vector)).decode()
    given = encoded if body.get("encoding_format") == "base64" else vector
    data = [{"object": "embedding", "index": i, "embedding": given} for i in range(count)]
    usage = {"prompt_tokens": EMBEDDED * count, "total_tokens": EMBEDDED * count}
    return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})


async def responses(request: Request):
    body = await request.json()
    if not body.get("stream"):
        return JSONResponse(_response(body, "completed"))
    return StreamingResponse(_response_events(body), media_type="text/event-stream")


def _response(body, status):
    text = {"type": "output_text", "text": ANSWER, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    usage = {
        "input_tokens": ANSWERED.given, "output_tokens": ANSWERED.said, "total_tokens": ANSWERED.given + ANSWERED.said,
        "input_tokens_details": {"cached_tokens": ANSWERED.cache_read, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": ANSWERED.reasoning},
    }  # fmt: skip
    done = status == "completed"
    return {
        "id": "resp_1", "object": "response", "created_at": 1764000000, "status": status, "error": None,
        "model": f"{body['model']}-2024-07-18", "output": [message] if done else [], "usage": usage if done else None,
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "instructions": body.get("instructions"),
        "incomplete_details": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip


async def _response_events(body):
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.created", "response": _response(body, "in_progress")},
        *({"type": "response.output_text.delta", **place, "delta": token, "logprobs": []} for token in TOKENS),
        {"type": "response.output_text.done", **place, "text": ANSWER, "logprobs": []},
        {"type": "response.completed", "response": _response(body, "completed")},
    ]
    for number, event in enumerate(events):
        yield f"event: {event['type']}\n{_event({**event, 'sequence_number': number})}"


def _event(data):
    return f"data: {json.dumps(data)}\n\n"


def _refusal(status):
    kind = {429: "rate_limit_exceeded", 500: "server_error"}.get(status, "invalid_request_error")
    error = {"message": f"refused with {status}", "type": kind, "param": None, "code": kind}
    return JSONResponse({"error": error}, status)


def _last_text(messages):
    content = messages[-1].get("content") or ""
    return content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)


ROUTES = [
    Route(f"{prefix}/{path}", endpoint, methods=["POST"])
    for prefix in ("/v1", "/openai/deployments/{deployment}", "/openai")
    for path, endpoint in (("chat/completions", chat), ("embeddings", embeddings), ("responses", responses))
]
TOOLS = [{"type": "function", "function": {
    "name": TOOL, "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}}]  # fmt: skip
