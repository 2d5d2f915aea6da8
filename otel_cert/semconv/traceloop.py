"""Traceloop (OpenLLMetry) since it adopted `gen_ai.provider.name`; recorded with 0.62.

Its older versions have the same scopes; they say `gen_ai.system` and number the messages (`gen_ai.prompt.0.content`).
"""

from __future__ import annotations

from collections.abc import Mapping

from otel_cert.semconv import otel
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, path, present, seconds_to
from otel_cert.semconv.span import spoken


def tool_fields(arguments: str, result: str) -> Mapping[str, tuple[Source, ...]]:
    """Return the fields of a tool's run out of what LangChain's callbacks put into two attributes, or any other JSON."""
    answer = ("output", "kwargs")
    return {
        "tool_call_id": ("gen_ai.tool.call.id", path(result, *answer, "tool_call_id")),
        "tool_arguments": (applied(spoken, path(arguments, "input_str")), arguments),
        "tool_result": (path(result, *answer, "content"), result),
    }


SCOPES = (
    "traceloop.",
    *(
        f"opentelemetry.instrumentation.{library}"
        for library in (
            "openai.", "anthropic", "bedrock", "langchain", "llamaindex", "cohere", "groq", "mistralai", "ollama",
            "together", "vertexai", "google_generativeai", "watsonx", "sagemaker", "writer", "haystack", "crewai",
        )
    ),
)  # fmt: skip
"""Those of all its instrumentations, old and new; `opentelemetry.instrumentation.openai_v2` is another's."""

DIALECT = Dialect(
    name="traceloop-new",
    scopes=SCOPES,
    requires=("gen_ai.provider.name",),
    marks=("gen_ai.provider.name", "gen_ai.is_streaming"),
    fields={
        **otel.FIELDS,
        # Only the Azure client has an API version; the provider attribute says `openai` when the host is a proxy.
        "provider": (present("gen_ai.openai.api_version", "azure.ai.openai"), *otel.FIELDS["provider"]),
        "ttft_s": (seconds_to("gen_ai.content.completion.chunk"),),
        "streaming": ("gen_ai.is_streaming", "gen_ai.request.stream"),
        "reasoning_tokens": ("gen_ai.usage.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
        "conversation_id": (
            "gen_ai.conversation.id",
            "traceloop.association.properties.session_id",
            "traceloop.association.properties.thread_id",
        ),
        "user_id": ("gen_ai.user", "traceloop.association.properties.user_id", "user.id", "enduser.id"),
        "agent_name": ("gen_ai.agent.name", "traceloop.association.properties.lc_agent_name"),
        "workflow_name": ("gen_ai.workflow.name", "traceloop.workflow.name"),
        **tool_fields("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        "retrieval_query": ("gen_ai.retrieval.query.text", "gen_ai.task.input"),
        "retrieval_documents": ("gen_ai.retrieval.documents", "gen_ai.task.output"),
    },
    operations={"vector_db_retrieve": "retrieval"},
    says_streaming=("opentelemetry.instrumentation.anthropic",),
    cache_exclusive=("opentelemetry.instrumentation.bedrock",),
    advice={
        "input_tokens": 'stream_options={"include_usage": True} for streams',
        "input_messages": "TRACELOOP_TRACE_CONTENT=true",
    },
)
