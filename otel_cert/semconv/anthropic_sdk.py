"""The Anthropic SDK itself, since 2.x: a span for every API call, beside that of any instrumentation.

Content is recorded only in its content mode, and of a stream only the prompt unless a stream helper read it. Its input
tokens include those of the cache.
"""

from otel_cert.semconv import otel
from otel_cert.semconv.dialect import Dialect

_SCOPE = "com.anthropic.sdk."

DIALECT = Dialect(
    name="anthropic-sdk-native",
    scopes=(_SCOPE,),
    marks=("gen_ai.provider.name", "gen_ai.operation.name", "anthropic.message.stop_reason"),
    fields={
        **otel.FIELDS,
        "finish_reasons": ("anthropic.message.stop_reason",),
        "tool_result": ("gen_ai.tool.call.result", "anthropic.tool_result.content"),
    },
    says_streaming=(_SCOPE,),
    advice={"input_messages": "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"},
    authority=1,
)
