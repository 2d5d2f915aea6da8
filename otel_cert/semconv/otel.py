"""The current OpenTelemetry semantic conventions for GenAI (1.37 and later, and the convention's own repository).

Names that the conventions deprecated stay as second choice, so that a span of a dialect that nobody declared is still
read.
"""

from collections.abc import Mapping

from otel_cert.semconv import logprobs, messages
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, exception, logged, path, prefixed

DETAILS = "gen_ai.client.inference.operation.details"
"""Log event with the attributes of an inference span, sent when content is kept off the span."""

EXCEPTION = "gen_ai.client.operation.exception"
"""Log event of a failed operation."""

FIELDS: Mapping[str, tuple[Source, ...]] = {
    "operation": ("gen_ai.operation.name",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "server_address": ("server.address",),
    "request_model": ("gen_ai.request.model",),
    "response_model": ("gen_ai.response.model",),
    "response_id": ("gen_ai.response.id",),
    "streaming": ("gen_ai.request.stream",),
    "ttft_s": ("gen_ai.response.time_to_first_chunk",),
    "request_params": (prefixed("gen_ai.request.", but=("model",)),),
    "finish_reasons": (
        "gen_ai.response.finish_reasons",
        applied(messages.finish_reasons, path("gen_ai.output.messages"), logged(DETAILS, "gen_ai.output.messages")),
    ),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "cache_read_tokens": ("gen_ai.usage.cache_read.input_tokens",),
    "cache_write_tokens": ("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens",),
    "cache_write_1h_tokens": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "input_audio_tokens": ("gen_ai.usage.details.input_audio_tokens",),
    "output_audio_tokens": ("gen_ai.usage.details.output_audio_tokens",),
    "service_tier": (
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "anthropic.response.service_tier",
        "llm.openai.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
        "gen_ai.request.service_tier",
    ),
    "tokens_estimated": ("cert.tokens_estimated",),  # set by the import of CERT's traces
    "cost_recorded_usd": ("gen_ai.usage.cost",),
    "system_instructions": ("gen_ai.system_instructions", logged(DETAILS, "gen_ai.system_instructions")),
    "input_messages": ("gen_ai.input.messages", logged(DETAILS, "gen_ai.input.messages")),
    "output_messages": ("gen_ai.output.messages", logged(DETAILS, "gen_ai.output.messages")),
    "tool_definitions": ("gen_ai.tool.definitions", logged(DETAILS, "gen_ai.tool.definitions")),
    "content_reference": ("gen_ai.input.messages.ref", "gen_ai.output.messages.ref", "gen_ai.system_instructions.ref"),
    "conversation_id": ("gen_ai.conversation.id", "session.id"),
    "user_id": ("user.id", "enduser.id"),
    "agent_name": ("gen_ai.agent.name",),
    "agent_id": ("gen_ai.agent.id",),
    "workflow_name": ("gen_ai.workflow.name",),
    "retrieved_context": ("gen_ai.prompt.variable.context",),
    "error_type": ("error.type", exception("exception.type"), logged(EXCEPTION, "exception.type")),
    "error_message": (
        "error.message",
        exception("exception.message"),
        logged(EXCEPTION, "exception.message"),
    ),
    "http_status": ("http.response.status_code",),
    "tool_name": ("gen_ai.tool.name",),
    "tool_call_id": ("gen_ai.tool.call.id",),
    "tool_arguments": ("gen_ai.tool.call.arguments",),
    "tool_result": ("gen_ai.tool.call.result",),
    "data_source_id": ("gen_ai.data_source.id",),
    "retrieval_query": ("gen_ai.retrieval.query.text",),
    "retrieval_documents": ("gen_ai.retrieval.documents",),
    "logprobs": (logprobs.recorded,),
}

DIALECT = Dialect(
    name="otel-latest",
    scopes=("opentelemetry.instrumentation.genai.", "opentelemetry.util.genai.", "otel_cert.import."),
    marks=("gen_ai.provider.name", "gen_ai.operation.name"),
    fields=FIELDS,
    says_streaming=("opentelemetry.instrumentation.genai.",),
)

UNKNOWN = Dialect(name="unknown", scopes=(), fields=FIELDS)
"""Reads what the conventions name from a GenAI span that no installed dialect claims."""
