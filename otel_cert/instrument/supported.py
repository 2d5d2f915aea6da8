"""The supported libraries, each with what records it most truthfully; docs/instrument.md says why."""

from __future__ import annotations

from otel_cert.instrument import openai_client
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
)
"""In the order in which they are reported."""
