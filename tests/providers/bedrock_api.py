"""Bedrock's runtime API: Converse and InvokeModel, whole and as event streams, in the shapes of Claude, Llama and Titan."""

import base64
import json
import struct
from binascii import crc32

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.providers import anthropic_api
from tests.providers.gates import held
from tests.providers.truth import ANSWER, CLAUDE, CLAUDE_CALLED, INVOKED, TOKENS, TOOL_ARGUMENTS

_EVENTS = "application/vnd.amazon.eventstream"


async def converse(request: Request):
    body = await request.json()
    if "status 429" in json.dumps(body):
        error = {"message": "Too many requests"}
        return JSONResponse(error, 429, headers={"x-amzn-errortype": "ThrottlingException"})
    content, stop_reason, usage = _answer(body)
    message = {"role": "assistant", "content": [content]}
    return JSONResponse(
        {"output": {"message": message}, "stopReason": stop_reason, "usage": usage, "metrics": {"latencyMs": 12}}
    )


def _answer(body):
    if not body.get("toolConfig") or "toolResult" in json.dumps(body["messages"]):
        return {"text": ANSWER}, "end_turn", _usage(CLAUDE)
    name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    use = {"toolUseId": "tooluse_1", "name": name, "input": TOOL_ARGUMENTS}
    return {"toolUse": use}, "tool_use", _usage(CLAUDE_CALLED)


def _usage(counted):
    outside = counted.given - counted.cache_read - counted.cache_write
    usage = {"inputTokens": outside, "outputTokens": counted.said, "totalTokens": counted.given + counted.said}
    if counted.cache_read:
        usage |= {"cacheReadInputTokens": counted.cache_read, "cacheWriteInputTokens": counted.cache_write}
    return usage


async def converse_stream(request: Request):
    body = await request.json()
    content, stop_reason, usage = _answer(body)
    if "text" in content:
        starts, deltas = [], [{"text": token} for token in TOKENS]
    else:
        use = content["toolUse"]
        start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
        starts = [("contentBlockStart", {"contentBlockIndex": 0, "start": start})]  # text has none
        deltas = [{"toolUse": {"input": json.dumps(use["input"])}}]
    if '"cut"' in json.dumps(body["messages"]):
        return _stream(
            body,
            ("messageStart", {"role": "assistant"}),
            *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}) for delta in deltas[:2]),
            ("throttlingException", {"message": "Too many tokens"}),
        )
    return _stream(
        body,
        ("messageStart", {"role": "assistant"}),
        *starts,
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}) for delta in deltas),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": stop_reason}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 12}}),
    )


async def invoke(request: Request):
    """InvokeModel: the body is the model's own."""
    model, body = request.path_params["model"], await request.json()
    headers = {
        "x-amzn-bedrock-input-token-count": str(_outside(model)), "x-amzn-bedrock-output-token-count": str(INVOKED.said),
    }  # fmt: skip
    return JSONResponse(_shape(model, body), headers=headers)


def _outside(model):
    return CLAUDE.given - CLAUDE.cache_read - CLAUDE.cache_write if "anthropic" in model else INVOKED.given


def _shape(model, body):
    if "anthropic" in model:
        return anthropic_api.message(body)
    if "llama" in model:
        return {
            "generation": ANSWER, "prompt_token_count": INVOKED.given, "generation_token_count": INVOKED.said,
            "stop_reason": "stop",
        }  # fmt: skip
    if "embed" in model:
        return {"embedding": [1.0, 0.0], "inputTextTokenCount": INVOKED.given}
    result = {"tokenCount": INVOKED.said, "outputText": ANSWER, "completionReason": "FINISH"}
    return {"inputTextTokenCount": INVOKED.given, "results": [result]}


async def invoke_stream(request: Request):
    model, body = request.path_params["model"], await request.json()
    if "anthropic" in model:
        parts = anthropic_api.events(body)
    elif "llama" in model:
        parts = [
            {"generation": t, "prompt_token_count": None, "generation_token_count": i + 1, "stop_reason": None}
            for i, t in enumerate(TOKENS)
        ]
        parts[0]["prompt_token_count"] = INVOKED.given
        parts[-1]["stop_reason"] = "stop"
    else:
        parts = [
            {"outputText": ANSWER, "index": 0, "totalOutputTextTokenCount": INVOKED.said, "completionReason": "FINISH",
             "inputTextTokenCount": INVOKED.given},
        ]  # fmt: skip
    metrics = {
        "inputTokenCount": _outside(model), "outputTokenCount": INVOKED.said, "invocationLatency": 12, "firstByteLatency": 5,
    }  # fmt: skip
    parts[-1]["amazon-bedrock-invocationMetrics"] = metrics
    return _stream(
        body, *(("chunk", {"bytes": base64.b64encode(json.dumps(part).encode()).decode()}) for part in parts)
    )


def _stream(body, *events) -> Response:
    async def frames():
        async for kind, data in held(body, events):
            yield _frame(kind, data)

    return StreamingResponse(frames(), media_type=_EVENTS)


def _frame(kind, data):
    """Encode one event: lengths, their CRC, headers, payload, the CRC of all; see the AWS event stream encoding."""
    sort = "exception" if kind.endswith("Exception") else "event"
    named = {f":{sort}-type": kind, ":content-type": "application/json", ":message-type": sort}
    headers = b"".join(
        struct.pack(f">B{len(k)}sBH{len(v)}s", len(k), k.encode(), 7, len(v), v.encode()) for k, v in named.items()
    )
    payload = json.dumps(data).encode()
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return message + struct.pack(">I", crc32(message))


ROUTES = [
    Route("/model/{model:path}/converse", converse, methods=["POST"]),
    Route("/model/{model:path}/converse-stream", converse_stream, methods=["POST"]),
    Route("/model/{model:path}/invoke", invoke, methods=["POST"]),
    Route("/model/{model:path}/invoke-with-response-stream", invoke_stream, methods=["POST"]),
]
