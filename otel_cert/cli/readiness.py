"""`otel-cert readiness`: a self-check of an organisation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from otel_cert.law.readiness import Readiness


@click.command()
@click.option(
    "--answers", type=click.Path(dir_okay=False, path_type=Path), help="Answers (YAML): area.question: yes | no."
)
@click.option("--template", is_flag=True, help="Print a file of answers to fill in.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(answers: Path | None, template: bool, output_format: str) -> None:
    """Show what an organisation still lacks to run AI systems well, and the next steps.

    Five questions each about data, infrastructure, skills, documentation and testing. Self-assessed: no score, no legal
    meaning. `otel-cert assess` is about a system and the law.

    \b
    Examples:
      otel-cert readiness --template > readiness-answers.yaml
      otel-cert readiness --answers readiness-answers.yaml
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.law.answers import read_answers
    from otel_cert.law.readiness import readiness

    if template:
        click.echo(_template())
        return
    if answers is None:
        raise click.UsageError("Nothing to check: give --answers FILE; --template prints one to fill in.")
    found = readiness(read_answers(answers))
    click.echo(found.model_dump_json(indent=2) if output_format == "json" else text(found))


def text(found: Readiness) -> str:
    """Return the result as a person reads it."""
    lines = [found.label, ""]
    lines += [f"{one.title:<16} yes {one.yes}, no {one.no}, unknown {one.unknown}" for one in found.areas.values()]
    for gap in found.gaps:
        lines += ["", f"{gap.question} = {gap.answer}: {gap.text}", f"  next: {gap.next}"]
    return "\n".join(lines)


def _template() -> str:
    from otel_cert.law.readiness import LABEL, areas

    lines = [f"# {LABEL}", "# yes, no or unknown"]
    for name, area in areas().items():
        lines += ["", f"# {area.title}"]
        lines += [f"{name}.{key}: unknown  # {question.text}" for key, question in area.questions.items()]
    return "\n".join(lines)
