"""`otel-cert completion`: completion scripts."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash   eval "$(otel-cert completion bash)" in ~/.bashrc
    zsh    eval "$(otel-cert completion zsh)" in ~/.zshrc
    fish   otel-cert completion fish > ~/.config/fish/completions/otel-cert.fish
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    click.echo(SHELLS[shell](ctx.find_root().command, {}, "otel-cert", "_OTEL_CERT_COMPLETE").source())
