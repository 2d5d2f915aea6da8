"""`otel-cert score-server`: score for other machines, until told to stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option

if TYPE_CHECKING:
    from otel_cert.scoring.remote_models import LanguageModel

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:4319", show_default=True, help="Port 0 takes a free one."
)
@click.option("--model", metavar="MODEL", help="Embedding model, a folder or hub name. [default: the installed MiniLM]")
@click.option("--lm", "lm_name", metavar="MODEL", help="Language model for token scores, a folder or hub name.")
@click.option("--device", default="auto", show_default=True, help="Of the language model: auto, cpu, cuda, cuda:1.")
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Of the processor, for embeddings."
)
@click.option(
    "--waiting", type=click.IntRange(1), default=2048, show_default=True, help="Texts that may wait; more are refused."
)
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM; renewed files are taken over.")
@click.option("--tls-key", type=_FILE, help="Its private key, PEM.")
@click.option("--tls-client-ca", type=_FILE, help="Callers have to show a certificate that one of these signed.")
@click.option(
    "--auth", type=click.Choice(["tokens"]), help="Ask for bearer tokens of the data directory, scope `score`."
)
@click.option("--insecure", is_flag=True, help="Listen on other addresses than loopback also without TLS or tokens.")
@config_option
@data_dir_option
def command(
    listen: str,
    model: str | None,
    lm_name: str | None,
    device: str,
    threads: int,
    waiting: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    auth: str | None,
    insecure: bool,
    config: Path | None,  # noqa: ARG001 - it names data_dir
    data_dir: Path,
) -> None:
    """Compute embeddings, and token scores by a language model, for other machines, until SIGTERM or Ctrl-C.

    Prints one JSON line on stdout when ready.
    """
    from pydantic import ValidationError

    from otel_cert.config import Config
    from otel_cert.errors import UsageError
    from otel_cert.score_server.server import serve
    from otel_cert.score_server.settings import ScoreServerSettings
    from otel_cert.scoring.shared import shared_encoder
    from otel_cert.telemetry import configure_logging

    configure_logging(Config().service.telemetry)
    try:
        settings = ScoreServerSettings.model_validate({
            "endpoint": listen, "auth": auth, "data_dir": data_dir, "waiting": waiting,
            "tls": {"cert_file": tls_cert, "key_file": tls_key, "client_ca_file": tls_client_ca},
        })  # fmt: skip
    except ValidationError as error:
        raise UsageError("; ".join(str(one["msg"]) for one in error.errors())) from error
    serve(
        settings,
        shared_encoder(model, threads=threads),
        _language_model(lm_name, device) if lm_name else None,
        insecure=insecure,
        on_ready=lambda ready: click.echo(json.dumps(ready)),
    )


def _language_model(name: str, device: str) -> LanguageModel:
    from otel_cert.scoring.causal import CausalLM

    lm = CausalLM(name, device=device)
    lm.load()
    return lm
