"""Bedrock's Converse and InvokeModel, recorded without touching what the application reads.

Every other instrumentation of Bedrock reads the whole body of InvokeModel before the application does, and hands it another
object instead. Here bodies and event streams stay what and where they are; what the application takes out of them is
looked at as it passes (`watch.py`), and the span ends when the application has read, closed or dropped them.
"""

from otel_cert.instrument.bedrock.instrumentor import BedrockInstrumentor

__all__ = ["BedrockInstrumentor"]
