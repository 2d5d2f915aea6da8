"""`otel-cert serve`: receive, store, analyse, until told to stop."""

from __future__ import annotations

import json
from pathlib import Path

import click

from otel_cert.cli._options import config_option, data_dir_option

_GRPC = "OTLP over gRPC; port 0 takes a free one. [default: 127.0.0.1:4317]"
_HTTP = "OTLP over HTTP; port 0 takes a free one. [default: 127.0.0.1:4318]"

_INSECURE = "Listen on other addresses than loopback also without TLS, or without tokens or client certificates."


@click.command()
@config_option
@data_dir_option
@click.option("--grpc", "grpc_endpoint", metavar="HOST:PORT", help=_GRPC)
@click.option("--http", "http_endpoint", metavar="HOST:PORT", help=_HTTP)
@click.option("--insecure", is_flag=True, envvar="OTEL_CERT_INSECURE", help=_INSECURE)
def command(
    config: Path | None, data_dir: Path, grpc_endpoint: str | None, http_endpoint: str | None, insecure: bool
) -> None:
    """Receive OTLP over gRPC and HTTP, store it durably and analyse it, until SIGTERM or Ctrl-C.

    Prints one JSON line on stdout when ready. Point an application at it with OTEL_EXPORTER_OTLP_ENDPOINT.
    """
    from otel_cert.service import serve

    serve(
        config,
        data_dir,
        {"grpc": grpc_endpoint, "http": http_endpoint},
        insecure=insecure,
        on_ready=lambda ready: click.echo(json.dumps(ready)),
    )
