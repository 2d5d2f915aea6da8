"""Small components with settings of every shape, so that configuration is tested without the built-in ones."""

from pydantic import Field, SecretStr

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.units import Bytes
from otel_cert.registry import Registry

SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)


class Endpoint(Settings):
    endpoint: str = "127.0.0.1:4317"
    """Where to listen."""


class ProtocolSettings(Settings):
    grpc: Endpoint = Endpoint()
    """gRPC."""
    http: Endpoint = Endpoint(endpoint="127.0.0.1:4318")
    """HTTP."""


class OtlpSettings(Settings):
    protocols: ProtocolSettings = ProtocolSettings()
    """Transports."""
    max_request_bytes: Bytes = 20 << 20
    """Limit after decompression."""


class Nothing(Settings):
    """No settings."""


class ForwardSettings(Settings):
    url: str
    """Where to send."""
    api_token: str = ""
    """Text under a secret-looking key."""
    credential: SecretStr | None = None
    """A secret field."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers to send."""
    pattern: str = "cost $1"
    """Text with a dollar sign."""
    max_items: int = 10
    """A number."""


def factory(type_, kind, config=Nothing, signals=(Signal.ANALYSIS,)):
    return Factory(
        type_, kind, config, lambda settings: settings, Stability.BETA, f"The {type_} of the tests.", signals
    )


REGISTRY = Registry.of(
    factory("otlp", Kind.RECEIVER, OtlpSettings, SIGNALS),
    factory("files", Kind.RECEIVER, Nothing, SIGNALS),
    factory("genai", Kind.PROCESSOR),
    factory("cost", Kind.PROCESSOR),
    factory("entropy", Kind.PROCESSOR),
    factory("redact", Kind.PROCESSOR, Nothing, SIGNALS),
    factory("prometheus", Kind.EXPORTER),
    factory("forward", Kind.EXPORTER, ForwardSettings, (Signal.ANALYSIS, Signal.TRACES)),
)
