"""An independent checker of a data directory: reads what lies on the disk by the documented formats and writes nothing.

It shares no code with the writer: neither `otel_cert.store` nor `otel_cert.otlp` nor `deltalake` is imported here, so that
a misunderstanding on one side shows. docs/store.md describes the formats.
"""

from otel_cert.verify.check import verify
from otel_cert.verify.result import Check, Finding

__all__ = ["Check", "Finding", "verify"]
