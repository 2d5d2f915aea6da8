"""Messages of remote scoring, generated from `proto/otel_cert/scoring/v1/scoring.proto`."""
