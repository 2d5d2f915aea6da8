"""The demonstration: a small retrieval-augmented application, observed end to end without network or keys.

Everything between the application and the report is the real thing: the `openai` client, its OpenTelemetry
instrumentation, the OTLP exporters, the receiver, the store and the report. Only the model is scripted, by
`knowledge.yaml`.
"""
