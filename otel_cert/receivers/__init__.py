"""Where telemetry comes in: the network (`otlp`) and files."""
