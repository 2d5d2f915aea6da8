"""Whether a machine can run otel-cert, and whether what arrives says what figures need; each finding has a next step."""

from otel_cert.doctor.examine import examine
from otel_cert.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
