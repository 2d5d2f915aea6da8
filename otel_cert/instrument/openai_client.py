"""What instrumentations of the OpenAI client leave out: that it is Azure's, and log probabilities.

It is read below them all, in the client's `post`, while the span of the call is the current one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.trace import Span
from wrapt import wrap_function_wrapper

from otel_cert.instrument import logprobs
from otel_cert.instrument.spans import before_end, call_span

_CHAT = "/chat/completions"

METHODS = tuple(
    f"openai.resources.{module}:{prefix}{method}"
    for module, methods in (
        ("chat.completions", ("Completions.create", "Completions.parse")),
        ("embeddings", ("Embeddings.create",)),
        ("responses.responses", ("Responses.create", "Responses.parse")),
    )
    for method in methods
    for prefix in ("", "Async")
)
"""The methods that call a model."""

_logger = logging.getLogger("otel_cert.instrument")


def install() -> None:
    """Look at what every OpenAI client, sync or async, sends and receives from now on."""
    wrap_function_wrapper("openai._base_client", "SyncAPIClient.post", _post)
    wrap_function_wrapper("openai._base_client", "AsyncAPIClient.post", _post_async)


def is_unread(arguments: dict[str, Any]) -> bool:
    """Return whether the caller wants the body of an answer as it comes (`with_streaming_response`).

    Instrumentations read all of it first. Of a stream they take the chunks that the caller asks for.
    """
    headers = arguments.get("extra_headers")
    raw = headers.get("X-Stainless-Raw-Response") if isinstance(headers, Mapping) else None
    return raw == "stream" and not arguments.get("stream")


def _post(wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    span = _call_span(client)
    response = wrapped(*args, **kwargs)
    _look(span, args, kwargs, response)
    return response


async def _post_async(wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    span = _call_span(client)
    response = await wrapped(*args, **kwargs)
    _look(span, args, kwargs, response)
    return response


def _call_span(client: Any) -> Span | None:
    span = call_span()
    if span and type(client).__name__ in ("AzureOpenAI", "AsyncAzureOpenAI"):
        # Instrumentations know Azure by its host, which may be a gateway's.
        before_end(span, lambda span: span.set_attribute("gen_ai.provider.name", "azure.ai.openai"))
    return span


def _look(span: Span | None, args: tuple[Any, ...], kwargs: dict[str, Any], response: Any) -> None:
    try:
        body = kwargs.get("body")
        if span and args[:1] == (_CHAT,) and isinstance(body, dict) and body.get("logprobs"):
            logprobs.record(response, span)
    except Exception:
        _logger.debug("an OpenAI answer is not looked at", exc_info=True)
