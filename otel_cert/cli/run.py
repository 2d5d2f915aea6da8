"""`otel-cert run`: an application, recorded without a change to its code."""

from __future__ import annotations

import click


@click.command(
    short_help="Run an application and record its model calls.", context_settings={"allow_interspersed_args": False}
)
@click.option("--endpoint", metavar="URL", help="The OTLP receiver. [default: what OTEL_* say, else the local one]")
@click.option("--service-name", metavar="NAME", help="The application's name. [default: OTEL_SERVICE_NAME]")
@click.option(
    "--capture-content/--no-capture-content",
    default=None,
    help="Record prompts and answers. [default: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT]",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    endpoint: str | None,
    service_name: str | None,
    capture_content: bool | None,
    command: tuple[str, ...],
) -> None:
    """Run an application and record the calls it makes to models, as `import otel_cert.auto` would.

    Example: otel-cert run --endpoint http://127.0.0.1:4318 -- python app.py. The command takes this process's place:
    its arguments, signals and exit code are its own. Every Python that it starts is recorded too.
    """
    from otel_cert import cli
    from otel_cert.instrument.launch import launch

    launch(command, endpoint, capture_content, service_name, umask=cli.inherited_umask)
