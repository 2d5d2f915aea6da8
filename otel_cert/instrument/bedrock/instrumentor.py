"""The instrumentor: around each call of a `bedrock-runtime` client, a span by the conventions."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import context
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # untyped
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, unwrap
from opentelemetry.util.genai.handler import TelemetryHandler
from wrapt import wrap_function_wrapper

from otel_cert.instrument.bedrock.exchange import Exchange
from otel_cert.instrument.bedrock.watch import watch_body, watch_events

SCOPE = "otel_cert.instrument.bedrock"

_SUPPRESS = "suppress_language_model_instrumentation"
"""Set in the context by LangChain's instrumentation, which records the call itself."""

_logger = logging.getLogger("otel_cert.instrument")


class BedrockInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """Records Converse, ConverseStream, InvokeModel and InvokeModelWithResponseStream of synchronous clients."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return what is instrumented: botocore, which boto3 calls."""
        return ("botocore >= 1.34",)

    def _instrument(self, **kwargs: Any) -> None:
        handler = TelemetryHandler(
            tracer_provider=kwargs.get("tracer_provider"),
            meter_provider=kwargs.get("meter_provider"),
            logger_provider=kwargs.get("logger_provider"),
            instrumentation_scope_name=SCOPE,
        )

        def call(wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            exchange = _begin(handler, client, args)
            if exchange is None:
                return wrapped(*args, **kwargs)
            try:
                response = wrapped(*args, **kwargs)
            except BaseException as error:
                exchange.end(error)
                raise
            _follow(exchange, response)
            return response

        wrap_function_wrapper("botocore.client", "BaseClient._make_api_call", call)

    def _uninstrument(self, **_kwargs: Any) -> None:
        unwrap("botocore.client.BaseClient", "_make_api_call")


def _begin(handler: TelemetryHandler, client: Any, args: tuple[Any, ...]) -> Exchange | None:
    """Start the span of a call that asks a model; None for every other call."""
    try:
        operation, given = args
        if client.meta.service_model.service_name != "bedrock-runtime" or operation not in _STREAMED:
            return None
        if not is_instrumentation_enabled() or context.get_value(_SUPPRESS):
            return None
        body = given if operation.startswith("Converse") else _body(given.get("body"))
        server = urlsplit(client.meta.endpoint_url)
        return Exchange(handler, given["modelId"], body, (server.hostname, server.port), streamed=_STREAMED[operation])
    except Exception:
        _logger.debug("a call of Bedrock is not recorded", exc_info=True)
        return None


def _body(given: Any) -> dict[str, Any]:
    """Return the body of InvokeModel; an empty one for what is no JSON object, or a file, which only the client may read."""
    with suppress(TypeError, ValueError):
        if isinstance(body := json.loads(given), dict):
            return body
    return {}


_STREAMED = {
    "Converse": False,
    "ConverseStream": True,
    "InvokeModel": False,
    "InvokeModelWithResponseStream": True,
}
"""Operation -> whether its answer is an event stream."""


def _follow(exchange: Exchange, response: dict[str, Any]) -> None:
    """Record the answer, now or as the application reads it."""
    try:
        exchange.answered(response["ResponseMetadata"])
        if "output" in response:
            exchange.read(response)
            exchange.end()
        elif exchange.streamed:
            watch_events(response["stream" if "stream" in response else "body"], exchange)
        else:
            watch_body(response["body"], exchange)
    except Exception:
        _logger.debug("an answer of Bedrock is not recorded", exc_info=True)
        exchange.end()
