"""`otel-cert doctor`: what keeps figures from being right, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import config_option, data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.errors import CheckFailed

if TYPE_CHECKING:
    from otel_cert.doctor import Finding

COLUMNS = ("area", "subject", "state", "finding", "next_step")


@click.command()
@config_option
@format_option
@data_dir_option
def command(config: Path | None, output_format: str, data_dir: Path) -> None:
    """Say what keeps figures from being right, and what to do.

    Looks at ports, disk, clock, the age of the prices, and at the stored traffic: which instrumentations sent it, what they
    leave out, and the setting that would supply it. Changes nothing. Exit code 3 when something does not work.
    """
    from otel_cert.doctor import State, examine

    found = []
    for one in examine(config, data_dir):
        found.append(one)
        if output_format == "table":
            click.echo(_line(one))
    if output_format != "table":
        emit(COLUMNS, [(f.area, f.subject, f.state.value, f.finding, f.next_step) for f in found], output_format)
    if problems := [f.subject for f in found if f.state is State.PROBLEM]:
        raise CheckFailed(f"{len(problems)} of {len(found)} findings are problems: {', '.join(problems)}")


def _line(one: Finding) -> str:
    text = f"{one.state.value:<8} {one.area}: {one.subject}: {one.finding}"
    return f"{text}\n{'':<8} next: {one.next_step}" if one.next_step else text
