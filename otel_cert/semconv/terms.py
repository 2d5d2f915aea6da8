"""The conventions' terms for what senders call otherwise: operations, providers, finish reasons, errors."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

CALLS = frozenset(("chat", "text_completion", "generate_content", "embeddings"))
"""Operations that are one request to a model provider."""

RUNS = frozenset(("invoke_agent", "invoke_workflow", "create_agent"))
"""Operations of an agent or workflow."""


class Kind(Enum):
    """What an operation is to us."""

    CALL = "call"
    """A request to a provider, or what may turn out to be one."""
    TOOL = "tool"
    RETRIEVAL = "retrieval"
    RUN = "run"
    OTHER = "other"


_NO_CALL = re.compile(r"agent|workflow|tool|task|retriev|memory|plan|rerank|evaluat|guardrail|prompt")
_AZURE_HOST = re.compile(r"(?:\.openai|\.services\.ai|\.cognitiveservices)\.azure\.com$", re.IGNORECASE)
_PROVIDERS = {
    "az.ai.inference": "azure.ai.inference", "az.ai.openai": "azure.ai.openai", "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai", "azure_ai": "azure.ai.inference", "azure_openai": "azure.ai.openai",
    "gemini": "gcp.gemini", "google": "gcp.gemini", "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai", "xai": "x_ai", "aws": "aws.bedrock", "bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock", "bedrock_converse": "aws.bedrock", "mistralai": "mistral_ai",
    "mistral": "mistral_ai", "watsonx": "ibm.watsonx.ai",
}  # fmt: skip
_FINISH = {
    reason: term
    for term, reasons in {
        "stop": ("stop", "end_turn", "stop_sequence", "completed", "complete", "finish", "eos", "endoftext"),
        "length": ("length", "max_tokens", "max_output_tokens", "model_length"),
        "tool_call": ("tool_call", "tool_calls", "tool-calls", "tool_use", "function_call"),
        "content_filter": (
            "content_filter", "content-filter", "content_filtered", "refusal", "safety", "guardrail_intervened",
        ),
        "error": ("error", "failed"),
    }.items()
    for reason in reasons
}  # fmt: skip
_STATUS_IN_MESSAGE = re.compile(r"(?:^|: )(?:Error code|status_code): (\d{3})\b|HTTP (\d{3})\b")
_EMBEDDING_MODEL = re.compile(r"(?:^|[./:-])(?:text-)?embed", re.IGNORECASE)
_STATUS = re.compile(r"[1-5]\d\d")
_AWS_CODE = re.compile(r"An error occurred \((\w+)\) when calling")
_BEDROCK_STATUS = {
    "AccessDeniedException": 403, "ConflictException": 400, "InternalServerException": 500, "ModelErrorException": 424,
    "ModelNotReadyException": 429, "ModelStreamErrorException": 424, "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404, "ServiceQuotaExceededException": 400, "ServiceUnavailableException": 503,
    "ThrottlingException": 429, "ValidationException": 400,
}  # fmt: skip
"""The errors of Bedrock's runtime, whose service model gives each its HTTP status."""
_FILTERED = re.compile(r"content.?(?:filter|policy)")


def _compiled(*classes: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), error_class) for pattern, error_class in classes)


_NAMED = _compiled(
    (r"rate.?limit|throttl|too.?many.?requests|quota", "rate_limit"),
    (r"auth|permission|forbidden|access.?denied", "auth"),
    (r"time.?out|deadline", "timeout"),
    (r"bad.?request|invalid|not.?found|unprocessable|validation", "invalid_request"),
    (r"server|api_error|overloaded|unavailable|internal", "server"),
)
"""What the names of error types say."""

_SAID = _compiled(
    (r"\brate limit|throttl|too many requests|exceeded your current quota", "rate_limit"),
    (r"\bserver (?:had an )?error|internal error|overloaded|service unavailable|bad gateway", "server"),
    (r"\bapi key|unauthori[sz]ed|permission denied", "auth"),
    (r"\btimed? ?out\b", "timeout"),
    (r"\binvalid request|does not exist|maximum context length", "invalid_request"),
)
"""Phrases of providers, for clients that have one type for all that they answer with (`AI_APICallError`)."""


@lru_cache(1024)
def kind(operation: str | None) -> Kind:
    """Return what an operation is to us."""
    if operation is None or operation in CALLS:
        return Kind.CALL
    if operation in RUNS:
        return Kind.RUN
    if operation == "execute_tool":
        return Kind.TOOL
    if operation == "retrieval":
        return Kind.RETRIEVAL
    return Kind.OTHER if _NO_CALL.search(operation) else Kind.CALL


def is_call(operation: str | None, *, model: bool, answered: bool, used: bool) -> bool:
    """Return whether a span of a kind that may be a call is a request to a provider.

    Where no operation is named an answer of a model is one; where one is named that is not known here, tokens alone are
    not enough, because they may be an agent's sum.
    """
    if operation in CALLS:
        return True
    if operation is None:
        return model and (answered or used)
    return model and answered


def is_embedding_model(model: str) -> bool:
    """Return whether a model makes embeddings, by its name: those of Bedrock are recorded as completions of text."""
    return bool(_EMBEDDING_MODEL.search(model))


def provider(sent: str | None, host: str | None) -> str | None:
    """Return the provider as the conventions name it; Azure is known by its host."""
    if sent is None:
        return None
    name = _PROVIDERS.get(sent.lower(), sent.lower())
    return "azure.ai.openai" if name == "openai" and host and _AZURE_HOST.search(host) else name


def finish_reasons(sent: list[str]) -> list[str]:
    """Return for each stop, length, tool_call, content_filter, error or other."""
    return [_FINISH.get(reason.lower(), "other") for reason in sent]


def http_status(sent: int | None, error_type: str | None, message: str | None) -> int | None:
    """Return the HTTP status of a failed call.

    Clients also put it into their message, conventions allow it as type, and each error of Bedrock has one.
    """
    if sent is not None:
        return sent if 100 <= sent <= 599 else None
    if found := _STATUS_IN_MESSAGE.search(message or ""):
        return int(found[1] or found[2])
    code = found[1] if (found := _AWS_CODE.search(message or "")) else (error_type or "").rpartition(".")[2]
    if code in _BEDROCK_STATUS:
        return _BEDROCK_STATUS[code]
    return int(error_type) if error_type and _STATUS.fullmatch(error_type) else None


def error_class(error_type: str, message: str | None, status: int | None) -> str:
    """Return rate_limit, server, auth, timeout, invalid_request, content_filter or other."""
    said = f"{error_type} {message or ''}".lower()
    if "content" in said and _FILTERED.search(said):  # looking for the word first takes a tenth of the time
        return "content_filter"
    if status == 429:
        return "rate_limit"
    if status in (401, 403):
        return "auth"
    if status in (408, 504):
        return "timeout"
    if status is not None and status >= 400:
        return "server" if status >= 500 else "invalid_request"
    known = ((_NAMED, error_type), (_SAID, message or ""))
    return next((name for patterns, text in known for pattern, name in patterns if pattern.search(text)), "other")
