"""Lets `python -m otel_cert` be `otel-cert`."""

from otel_cert.cli import main

main()
