"""OTLP: parsing requests, requests to rows and back, answers."""
