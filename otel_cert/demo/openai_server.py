"""A loopback server that speaks enough of the OpenAI API for the real client: chat completions, streams, embeddings."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
import threading
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from otel_cert.demo.knowledge import Knowledge
from otel_cert.demo.scripted_logprobs import logprobs, tokens
from otel_cert.demo.scripted_model import Refusal, Reply, ScriptedModel, count_tokens, embed, latency_s, render
from otel_cert.errors import OtelCertError

_DATED = {"gpt-4o-mini": "gpt-4o-mini-2024-07-18", "gpt-4.1": "gpt-4.1-2025-04-14"}
_ERRORS = {
    429: ("rate_limit_exceeded", "Rate limit reached for requests"),
    500: ("server_error", "The server had an error"),
}
_START_S = 10.0

Json = dict[str, Any]


@contextmanager
def serve(knowledge: Knowledge) -> Iterator[str]:
    """Serve in a thread on a free loopback port for the length of the block; yields the base URL for the client."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(knowledge), log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(_START_S)
        listener.close()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise OtelCertError("the model server did not start", hint="check that 127.0.0.1 can be listened on")
        time.sleep(0.01)


def create_app(knowledge: Knowledge) -> Starlette:
    """Return the ASGI application."""
    api = _Api(ScriptedModel(knowledge))
    return Starlette(
        routes=[
            Route("/v1/chat/completions", api.chat, methods=["POST"]),
            Route("/v1/embeddings", api.embeddings, methods=["POST"]),
        ]
    )


class _Api:
    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        if not body.get("model") or not body.get("messages"):
            return _error(400, "invalid_request_error", "model and messages are required")
        prompt = render(body["messages"])
        await asyncio.sleep(latency_s(prompt, 15, 60))
        reply = self._model.reply(body["messages"], body.get("tools") or [])
        if isinstance(reply, Refusal):
            return _error(reply.status, *_ERRORS[reply.status])
        cached = self._model.cached_tokens(body["model"], prompt)
        completion = _completion(body, reply, _usage(prompt, reply, body, cached))
        if not body.get("stream"):
            return JSONResponse(completion)
        with_usage = (body.get("stream_options") or {}).get("include_usage", False)
        return StreamingResponse(_stream(completion, with_usage), media_type="text/event-stream")

    async def embeddings(self, request: Request) -> Response:
        body = await request.json()
        if not body.get("model") or not body.get("input"):
            return _error(400, "invalid_request_error", "model and input are required")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        await asyncio.sleep(latency_s(texts[0], 5, 25))
        counted = sum(count_tokens(t) for t in texts)
        data = [
            {"object": "embedding", "index": i, "embedding": _encode(embed(t), body.get("encoding_format", "float"))}
            for i, t in enumerate(texts)
        ]
        usage = {"prompt_tokens": counted, "total_tokens": counted}
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})


def _encode(vector: list[float], encoding: str) -> list[float] | str:
    if encoding == "base64":
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    return vector


def _completion(body: Json, reply: Reply, usage: Json) -> Json:
    choices = [
        {
            "index": i,
            "message": _message(reply),
            "finish_reason": reply.finish_reason,
            "logprobs": _logprobs(body, reply),
        }
        for i in range(body.get("n") or 1)
    ]
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": _DATED.get(body["model"], body["model"]),
        "system_fingerprint": "fp_scripted",
        "choices": choices,
        "usage": usage,
    }


def _logprobs(body: Json, reply: Reply) -> Json | None:
    """Return log probabilities when they are asked for; like OpenAI's, a call of a tool has none."""
    if not body.get("logprobs") or reply.content is None:
        return None
    return {"content": logprobs(reply.content, body.get("top_logprobs") or 0), "refusal": None}


def _message(reply: Reply) -> Json:
    message: Json = {"role": "assistant", "content": reply.content}
    if reply.tool_name:
        function = {"name": reply.tool_name, "arguments": reply.tool_arguments}
        message["tool_calls"] = [{"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}]
    return message


def _usage(prompt: str, reply: Reply, body: Json, cached: int) -> Json:
    given = count_tokens(prompt)
    said = count_tokens(reply.content or reply.tool_arguments) * (body.get("n") or 1)
    return {
        "prompt_tokens": given,
        "completion_tokens": said,
        "total_tokens": given + said,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


async def _stream(completion: Json, with_usage: bool) -> AsyncIterator[str]:
    head = {k: completion[k] for k in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    for choice in completion["choices"]:
        told = deque((choice["logprobs"] or {}).get("content") or ())  # one for each piece of text
        for delta, finish_reason in [*((d, None) for d in _deltas(choice["message"])), ({}, choice["finish_reason"])]:
            await asyncio.sleep(latency_s(str(delta), 2, 6))
            sent = {"content": [told.popleft()], "refusal": None} if told and delta.get("content") else None
            part = {"index": choice["index"], "delta": delta, "finish_reason": finish_reason, "logprobs": sent}
            yield _event(head | {"choices": [part]})
    if with_usage:
        yield _event(head | {"choices": [], "usage": completion["usage"]})
    yield "data: [DONE]\n\n"


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for word in tokens(message["content"] or ""):
        yield {"content": word}
    if calls := message.get("tool_calls"):
        yield {"tool_calls": [call | {"index": i} for i, call in enumerate(calls)]}


def _event(data: Json) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _error(status: int, kind: str, message: str) -> JSONResponse:
    body = {"error": {"message": message, "type": kind, "param": None, "code": kind}}
    return JSONResponse(body, status, headers={"retry-after": "1"} if status == 429 else None)
