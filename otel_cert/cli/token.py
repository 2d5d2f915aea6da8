"""`otel-cert token`: who may send to and read from a running service."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from otel_cert.store.tokens import Token

# As in store.tokens, which `--help` does not need.
SCOPES = ("ingest", "traces", "logs", "metrics", "read", "score")
COLUMNS = ("id", "name", "scopes", "state", "created", "expires", "revoked")


@click.group()
def command() -> None:
    """Create, list and revoke the bearer tokens of senders.

    The receiver asks for them when it is configured with `auth: tokens`. A running service sees changes within a second.
    """


@command.command()
@click.option("--name", required=True, help="Who holds it; stored as `subject` with everything that is sent with it.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=("ingest",),
    show_default=True,
    help="What it allows: ingest is traces, logs and metrics; read is /metrics; score asks a score-server. Repeatable.",
)
@click.option("--expires", metavar="DURATION", help="For how long, e.g. 90d. [default: for ever]")
@config_option
@data_dir_option
def create(name: str, scopes: tuple[str, ...], expires: str | None, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - it names data_dir
    """Make a token and print it, this once: only its SHA-256 is kept."""
    from otel_cert.store import tokens
    from otel_cert.store.layout import Layout

    lifetime_s = None if expires is None else _seconds(expires)
    secret, token = tokens.create(Layout.create(data_dir), name, scopes, lifetime_s)
    click.echo(secret)
    click.echo(f"token {token.id} for {name}: {', '.join(token.scopes)}; it is not shown again", err=True)


@command.command("list")
@format_option
@config_option
@data_dir_option
def list_(output_format: str, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - it names data_dir
    """List all tokens, also those that hold no longer; never their secrets."""
    from otel_cert.store import tokens
    from otel_cert.store.layout import Layout

    found = tokens.read(Layout.open(data_dir).tokens)
    emit(COLUMNS, [_row(token) for token in found], output_format)
    if not found:
        click.echo("No tokens yet: `otel-cert token create --name NAME` makes one.", err=True)


@command.command()
@click.argument("which", metavar="ID|NAME")
@config_option
@data_dir_option
def revoke(which: str, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - it names data_dir
    """Revoke the token with an id, or all of a name."""
    from otel_cert.store import tokens
    from otel_cert.store.layout import Layout

    for token in tokens.revoke(Layout.open(data_dir), which):
        click.echo(f"revoked {token.id} of {token.name}", err=True)


def _seconds(expires: str) -> float:
    from otel_cert.config.units import parse_duration

    try:
        return parse_duration(expires)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _row(token: Token) -> tuple[object, ...]:
    moments = [
        t if t is None else datetime.fromtimestamp(t, UTC) for t in (token.created, token.expires, token.revoked)
    ]
    return token.id, token.name, ", ".join(token.scopes), token.state(time.time()), *moments
