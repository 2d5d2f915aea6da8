"""The configuration: its models, reading and checking files, writing them."""

from otel_cert.config.models import (
    DEFAULT_COMPONENTS,
    STORE,
    AnalysisPipeline,
    AnalysisSettings,
    Config,
    Pipelines,
    ServiceSettings,
    SignalPipeline,
    StoreSettings,
    TelemetrySettings,
    type_of,
)

__all__ = [
    "DEFAULT_COMPONENTS",
    "STORE",
    "AnalysisPipeline",
    "AnalysisSettings",
    "Config",
    "Pipelines",
    "ServiceSettings",
    "SignalPipeline",
    "StoreSettings",
    "TelemetrySettings",
    "type_of",
]
