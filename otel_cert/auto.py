"""`import otel_cert.auto`, as first line of an application, records it: `otel_cert.instrument()` with its defaults.

Everything is said by the environment (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`,
`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, ...). The import never fails for what it finds there.
"""

from otel_cert.instrument.setup import Report, instrument

__all__ = ["REPORT"]

REPORT: Report = instrument()
"""What was turned on, and what was not."""
