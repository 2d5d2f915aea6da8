"""Anthropic's Messages API: text, streams, tool use, prompt caching."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from tests.providers.gates import held
from tests.providers.truth import ANSWER, CLAUDE, CLAUDE_CALLED, TOKENS, TOOL_ARGUMENTS


async def messages(request: Request):
    body = await request.json()
    if "status 529" in json.dumps(body["messages"]):
        return JSONResponse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529)
    if body.get("stream"):
        return StreamingResponse(_events(body), media_type="text/event-stream")
    return JSONResponse(message(body))


def message(body):
    """Return the answer to a request; Bedrock's InvokeModel has the same."""
    calls = bool(body.get("tools")) and "tool_result" not in json.dumps(body["messages"])
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "claude-sonnet-4-5-20250929"),
        "content": [_tool_use(body) if calls else {"type": "text", "text": ANSWER}],
        "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None,
        "usage": usage(CLAUDE_CALLED if calls else CLAUDE),
    }  # fmt: skip


def _tool_use(body):
    return {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": TOOL_ARGUMENTS}


def usage(counted):
    return {
        "input_tokens": counted.given - counted.cache_read - counted.cache_write, "output_tokens": counted.said,
        "cache_read_input_tokens": counted.cache_read, "cache_creation_input_tokens": counted.cache_write,
        "cache_creation": {"ephemeral_5m_input_tokens": counted.cache_write, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }  # fmt: skip


def events(body):
    """Return the events of a streamed answer."""
    whole = message(body)
    content = whole["content"][0]
    started = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}
    if content["type"] == "text":
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": token} for token in TOKENS]
    else:
        block = {**content, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(content["input"])}]
    return [
        {"type": "message_start", "message": started},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
         "usage": {"output_tokens": whole["usage"]["output_tokens"]}},
        {"type": "message_stop"},
    ]  # fmt: skip


async def _events(body):
    async for event in held(body, events(body)):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


ROUTES = [Route("/v1/messages", messages, methods=["POST"])]
