"""Traceloop (OpenLLMetry) before it adopted `gen_ai.provider.name`: numbered prompts and completions; recorded with 0.40.

Its LlamaIndex instrumentation never did: each step of LlamaIndex is a span with input and output as JSON.
https://github.com/traceloop/openllmetry/tree/0.40.14/packages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.semconv import messages, otel, traceloop
from otel_cert.semconv.combinators import NAME, SCOPE, derived, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, mapped, numbered, path, present, seconds_to

_SYSTEM, _KIND = "gen_ai.system", "traceloop.span.kind"
_NAME, _INPUT, _OUTPUT = (f"traceloop.entity.{key}" for key in ("name", "input", "output"))
_TOOL, _QUERY = "tool.name", "str_or_query_bundle"
_BEDROCK = "opentelemetry.instrumentation.bedrock"
_ANTHROPIC = "opentelemetry.instrumentation.anthropic"

_REQUEST_TYPES = {"chat": "chat", "completion": "chat", "embedding": "embeddings", "rerank": "rerank"}
_KINDS = {"tool": "execute_tool", "workflow": "invoke_workflow", "agent": "invoke_agent", "task": "task"}
_NAMES = {"chat": "chat", "completion": "chat", "converse": "chat", "embeddings": "embeddings"}
"""What follows the dot in the name of a span: a call that failed early says nothing else."""
_CHAT_MODELS = {
    "ChatOpenAI": "openai", "AzureChatOpenAI": "azure.ai.openai", "ChatAnthropic": "anthropic", "ChatBedrock": "aws.bedrock",
    "ChatBedrockConverse": "aws.bedrock", "ChatGoogleGenerativeAI": "gcp.gemini", "ChatVertexAI": "gcp.vertex_ai",
    "ChatMistralAI": "mistral_ai", "ChatGroq": "groq", "ChatCohere": "cohere", "ChatDeepSeek": "deepseek",
}  # fmt: skip
"""LangChain's classes; its spans name LangChain as the system."""


def _operation_by_name(span_name: str, scope_name: str) -> Any:
    library, _, name = span_name.rpartition(".")
    return _NAMES.get(name) if library and library.lower() in scope_name else None


def _retrieval(_: Any, name: str) -> Any:
    """Name LlamaIndex's retrievals; the step of the same name inside each is given the query in another argument."""
    return "retrieval" if name.endswith("Retriever.task") else None


def _named(kind: str) -> Source:
    """Read the name of a span of a kind, if that is all that it is."""
    return derived(
        _NAME,
        lambda name, sent, more: name if sent == kind and not more else None,
        _KIND,
        has("gen_ai.operation.name"),
    )


def _nodes(sent: Any) -> Any:
    """Read what LlamaIndex retrieved, each node with its score as JSON text; anything else as it is."""
    found = [messages.loaded(node) for node in sent] if isinstance(sent, list) else []
    return [
        {**one["node"], "id": one["node"].get("id_"), "score": one.get("score")}
        for one in found
        if isinstance(one, dict) and isinstance(one.get("node"), dict)
    ] or sent


def _embedded(sent: Any) -> Any:
    return [messages.message({"content": text}, "user") for text in (sent if isinstance(sent, list) else [sent])]


def _provider(scope_name: str, name: str, system: Any) -> Any:
    if scope_name.startswith(_BEDROCK):
        return "aws.bedrock"  # the system is the vendor of the model
    if isinstance(system, str) and system.lower() == "langchain":
        return _CHAT_MODELS.get(name.partition(".")[0])
    return system or next((p for p in ("openai", "anthropic") if f".{p}" in scope_name), None)


def _messages(sent: list[Any]) -> list[dict[str, Any]]:
    """Return messages whose content may be the JSON of blocks; thoughts are a message of their own before the answer's."""
    found: list[dict[str, Any]] = []
    thoughts: list[dict[str, Any]] = []
    reason = None
    for one in sent:
        if not isinstance(one, dict):
            continue
        if one.get("role") == "thinking":
            thoughts.append({"type": "reasoning", "content": one.get("content")})
            reason = one.get("finish_reason")
            continue
        message = messages.message({**one, "content": messages.loaded(one.get("content"))})
        message["parts"] = [*thoughts, *message["parts"]]
        if thoughts and reason:
            message.setdefault("finish_reason", reason)
        thoughts = []
        found.append(message)
    return found


def _told(sent: list[Any]) -> list[dict[str, Any]] | None:
    """Return messages; None when none says anything, because content was not to be recorded."""
    found = _messages(sent)
    return found if any(message["parts"] for message in found) else None


def _finish_reasons(sent: list[Any]) -> list[Any]:
    return [reason for one in sent if isinstance(one, dict) and (reason := one.get("finish_reason"))]


_PROMPTS, _COMPLETIONS = numbered("gen_ai.prompt"), numbered("gen_ai.completion")
_TOOL_FIELDS = traceloop.tool_fields(_INPUT, _OUTPUT)
_ASSOCIATED = "traceloop.association.properties"

FIELDS: Mapping[str, Any] = {
    **otel.FIELDS,
    "operation": (
        mapped("llm.request.type", _REQUEST_TYPES), "gen_ai.operation.name", present(_TOOL, "execute_tool"),
        derived(path(_INPUT, _QUERY), _retrieval, NAME), mapped(_KIND, _KINDS), derived(NAME, _operation_by_name, SCOPE),
    ),
    "provider": (present("gen_ai.openai.api_version", "azure.ai.openai"), derived(SCOPE, _provider, NAME, _SYSTEM)),
    "streaming": ("llm.is_streaming", "gen_ai.is_streaming"),
    "ttft_s": (seconds_to("llm.content.completion.chunk"),),
    "finish_reasons": (*otel.FIELDS["finish_reasons"], applied(_finish_reasons, _COMPLETIONS)),
    "input_tokens": ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
    "output_tokens": ("gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens"),
    "cache_read_tokens": ("gen_ai.usage.cache_read_input_tokens",),
    "cache_write_tokens": ("gen_ai.usage.cache_creation_input_tokens",),
    "reasoning_tokens": ("llm.usage.reasoning_tokens", "gen_ai.usage.reasoning_tokens"),
    "input_messages": (applied(_told, _PROMPTS), applied(_embedded, path(_INPUT, "texts"), path(_INPUT, "query"))),
    "output_messages": (applied(_told, _COMPLETIONS),),
    "tool_definitions": (numbered("llm.request.functions"),),
    "conversation_id": (
        *otel.FIELDS["conversation_id"], f"{_ASSOCIATED}.session_id", f"{_ASSOCIATED}.thread_id",
    ),
    "user_id": ("llm.user", f"{_ASSOCIATED}.user_id", *otel.FIELDS["user_id"]),
    "agent_name": ("gen_ai.agent.name", _named("agent")),
    "workflow_name": ("gen_ai.workflow.name", "traceloop.workflow.name", _named("workflow")),
    "tool_name": ("gen_ai.tool.name", _TOOL, _NAME),
    "tool_call_id": (path(_OUTPUT, "tool_id"), *_TOOL_FIELDS["tool_call_id"]),
    "tool_arguments": ("tool.arguments", *_TOOL_FIELDS["tool_arguments"]),
    "tool_result": (path(_OUTPUT, "tool_output", "raw_output"), *_TOOL_FIELDS["tool_result"]),
    "retrieval_query": (path(_INPUT, _QUERY, "query_str"), path(_INPUT, _QUERY)),
    "retrieval_documents": (applied(_nodes, path(_OUTPUT)),),
}  # fmt: skip

DIALECT = Dialect(
    name="traceloop-old",
    scopes=traceloop.SCOPES,
    marks=("llm.request.type", "gen_ai.request.model"),
    fields=FIELDS,
    says_streaming=(_ANTHROPIC,),
    cache_exclusive=(_BEDROCK,),
    advice={
        "input_tokens": "a newer version of the instrumentation",
        "input_messages": "TRACELOOP_TRACE_CONTENT=true",
    },
    silent_errors=(_ANTHROPIC,),
)
