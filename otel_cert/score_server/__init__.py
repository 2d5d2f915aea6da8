"""`otel-cert score-server`: scoring for machines that have no model, or no GPU."""
