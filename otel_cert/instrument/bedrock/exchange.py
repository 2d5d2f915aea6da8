"""One call: its span, filled from the request, the answer and the events of a stream."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from opentelemetry.util.genai.handler import TelemetryHandler
from opentelemetry.util.genai.invocation import EmbeddingInvocation, InferenceInvocation
from opentelemetry.util.genai.types import FunctionToolDefinition, InputMessage, OutputMessage, TextPart

from otel_cert.instrument.bedrock import shapes

_PROVIDER = "aws.bedrock"

_logger = logging.getLogger("otel_cert.instrument")


class Exchange:
    """A request to a model and what comes back; the span starts with it and ends with `end`."""

    def __init__(
        self,
        handler: TelemetryHandler,
        model: str,
        body: Mapping[str, Any],
        server: tuple[str | None, int | None],
        *,
        streamed: bool,
    ) -> None:
        self.streamed = streamed
        self._stream: shapes.Stream = shapes.Stream()
        self._headers: Mapping[str, str] = {}
        self._ended = False
        host, port = server
        self._call: InferenceInvocation | EmbeddingInvocation
        if "embed" in model:
            self._call = handler.embedding(_PROVIDER, request_model=model, server_address=host, server_port=port)
        else:
            request = _asked(body)
            self._call = handler.inference(
                _PROVIDER,
                request_model=model,
                server_address=host,
                server_port=port,
                operation_name=request.operation,
            )
            self._ask(self._call, request)

    def _ask(self, call: InferenceInvocation, request: shapes.Request) -> None:
        call.request_stream = self.streamed or None
        call.temperature = request.temperature
        call.top_p = request.top_p
        call.max_tokens = request.max_tokens
        call.stop_sequences = request.stop_sequences
        if call.should_capture_content:
            call.input_messages = [InputMessage(role, parts) for role, parts in request.messages]
            call.system_instruction = [TextPart(text) for text in request.system]
            call.tool_definitions = [FunctionToolDefinition(*tool) for tool in request.tools]

    def answered(self, metadata: Mapping[str, Any]) -> None:
        """Note the headers of the answer; what it says may be read later, by the application."""
        self._headers = metadata.get("HTTPHeaders", {})
        self._call.suspend()

    def chunk(self, event: Any) -> None:
        """Note one event of the stream, as the application reads it."""
        try:
            if isinstance(self._call, InferenceInvocation):
                self._call.record_stream_chunk()
            self._stream.take(event)
        except Exception:
            _logger.debug("an event of Bedrock is not recorded", exc_info=True)

    def read(self, answer: Any) -> None:
        """Record the whole answer."""
        try:
            self._record(shapes.answer(answer))
        except Exception:
            _logger.debug("an answer of Bedrock is recorded in part", exc_info=True)

    def end(self, error: BaseException | None = None) -> None:
        """End the span; once."""
        if self._ended:
            return
        self._ended = True
        if (whole := self._stream.whole()) is not None:
            self.read(whole)
        if self._call.input_tokens is None:
            self._count_by_headers()
        try:
            if error is None:
                self._call.stop()
            else:
                self._fail(error)
        except Exception:
            _logger.debug("a call of Bedrock is recorded in part", exc_info=True)

    def _record(self, answer: shapes.Answer) -> None:
        call = self._call
        call.input_tokens = answer.input_tokens
        call.response_model_name = answer.model
        if isinstance(call, EmbeddingInvocation):
            call.dimension_count = answer.dimensions
            return
        call.output_tokens = answer.output_tokens
        call.cache_read_input_tokens = answer.cache_read
        call.cache_write_input_tokens = answer.cache_write
        call.response_id = answer.id
        call.finish_reasons = [answer.finish_reason] if answer.finish_reason else None
        if call.should_capture_content:
            call.output_messages = [OutputMessage("assistant", answer.parts, answer.finish_reason)]

    def _count_by_headers(self) -> None:
        """Take the counts that InvokeModel sends beside the body; Claude's leave out what the cache held."""
        given = self._headers.get("x-amzn-bedrock-input-token-count", "")
        said = self._headers.get("x-amzn-bedrock-output-token-count", "")
        if given.isdecimal():
            self._call.input_tokens = int(given)
        if said.isdecimal() and isinstance(self._call, InferenceInvocation):
            self._call.output_tokens = int(said)

    def _fail(self, error: BaseException) -> None:
        response = getattr(error, "response", None)
        if isinstance(response, Mapping):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status is not None:
                self._call.attributes["http.response.status_code"] = status
        self._call.fail(error)


def _asked(body: Mapping[str, Any]) -> shapes.Request:
    """Read a request; of one that no model would take, what kind it is."""
    try:
        return shapes.request(body)
    except Exception:
        _logger.debug("a request to Bedrock is not recorded", exc_info=True)
        return shapes.Request("chat" if "messages" in body else "text_completion", [])
