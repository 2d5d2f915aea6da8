"""The supported libraries, each with what records it most truthfully; docs/instrument.md says why."""

from __future__ import annotations

from otel_cert.instrument import langchain, openai_client
from otel_cert.instrument.libraries import Instrumentation, Library

LIBRARIES = (
    Library(
        "openai",
        module="openai",
        distribution="openai",
        instrumentations=(
            Instrumentation(
                "opentelemetry-instrumentation-genai-openai",
                "opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",
            ),
            Instrumentation(
                "opentelemetry-instrumentation-openai",
                "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
                # Else trace headers would be put into the application's own dictionaries, and sent to the provider.
                {"enable_trace_context_propagation": False},
            ),
        ),
        rivals=(
            Instrumentation(
                "opentelemetry-instrumentation-openai-v2",
                "opentelemetry.instrumentation.openai_v2:OpenAIInstrumentor",
            ),
            Instrumentation(
                "openinference-instrumentation-openai", "openinference.instrumentation.openai:OpenAIInstrumentor"
            ),
        ),
        also=openai_client.install,
        guarded=openai_client.METHODS,
        bypass=openai_client.is_unread,
    ),
    Library(
        "anthropic",
        module="anthropic",
        distribution="anthropic",
        instrumentations=(
            Instrumentation(
                "opentelemetry-instrumentation-genai-anthropic",
                "opentelemetry.instrumentation.genai.anthropic:AnthropicInstrumentor",
            ),
        ),
        rivals=(
            Instrumentation(
                "opentelemetry-instrumentation-anthropic",
                "opentelemetry.instrumentation.anthropic:AnthropicInstrumentor",
            ),
            Instrumentation(
                "openinference-instrumentation-anthropic",
                "openinference.instrumentation.anthropic:AnthropicInstrumentor",
            ),
        ),
        guarded=tuple(
            f"anthropic.resources.{module}:{prefix}Messages.{method}"
            for module in ("messages.messages", "beta.messages.messages")
            for prefix in ("", "Async")
            for method in ("create", "parse")
        ),
        bypass=openai_client.is_unread,
    ),
    Library(
        "bedrock",
        module="botocore.client",
        distribution="boto3",
        instrumentations=(
            # Ours: every other reads bodies before the application does. It is made of OpenTelemetry's utilities.
            Instrumentation("opentelemetry-util-genai", "otel_cert.instrument.bedrock:BedrockInstrumentor"),
        ),
        rivals=(
            Instrumentation(
                "opentelemetry-instrumentation-bedrock", "opentelemetry.instrumentation.bedrock:BedrockInstrumentor"
            ),
            Instrumentation(
                "openinference-instrumentation-bedrock", "openinference.instrumentation.bedrock:BedrockInstrumentor"
            ),
            Instrumentation(
                "opentelemetry-instrumentation-botocore", "opentelemetry.instrumentation.botocore:BotocoreInstrumentor"
            ),
        ),
    ),
    Library(
        "langchain",
        module="langchain_core",
        distribution="langchain-core",
        instrumentations=(
            Instrumentation(
                "opentelemetry-instrumentation-genai-langchain",
                "opentelemetry.instrumentation.genai.langchain:LangChainInstrumentor",
            ),
        ),
        rivals=(
            Instrumentation(
                "opentelemetry-instrumentation-langchain",
                "opentelemetry.instrumentation.langchain:LangchainInstrumentor",
            ),
            Instrumentation(
                "openinference-instrumentation-langchain",
                "openinference.instrumentation.langchain:LangChainInstrumentor",
            ),
        ),
        also=langchain.install,
    ),
    Library(
        "llamaindex",
        module="llama_index.core",
        distribution="llama-index-core",
        instrumentations=(
            Instrumentation(
                "openinference-instrumentation-llama-index",
                "openinference.instrumentation.llama_index:LlamaIndexInstrumentor",
            ),
            Instrumentation(
                "opentelemetry-instrumentation-llamaindex",
                "opentelemetry.instrumentation.llamaindex:LlamaIndexInstrumentor",
            ),
        ),
    ),
)
"""In the order in which they are reported."""
