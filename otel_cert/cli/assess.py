"""`otel-cert assess`: which tier of the EU AI Act a system falls into."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from otel_cert.law import Classification, LawPack
    from otel_cert.law.record import Decision

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--answers", type=_FILE, help="Read answers from here (YAML); with --interactive, go on there and keep them."
)
@click.option("--interactive", is_flag=True, help="Ask what can still change the result, question by question.")
@click.option("--output", type=_FILE, help="Write the record here (JSON): answers, result, legal data, decision.")
@click.option("--confirm", metavar="NAME", help="Who confirms the result, or overrides it; goes into the record.")
@click.option("--role", help="Of the person who confirms.")
@click.option("--override", metavar="OUTCOME", help="What this person decides instead; the result stays beside it.")
@click.option("--reason", help="Why; needed to override.")
@click.option("--law-pack", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Other legal data.")
@click.option(
    "--cases", is_flag=True, help="Only check that the worked cases of the legal data come out as they should."
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(
    answers: Path | None,
    interactive: bool,
    output: Path | None,
    confirm: str | None,
    role: str | None,
    override: str | None,
    reason: str | None,
    law_pack: Path | None,
    cases: bool,
    output_format: str,
) -> None:
    """Say which tier of the EU AI Act a system falls into, why, what follows, and what is still open.

    An unanswered question is unknown and never counts as no. The result is a proposal until a person confirms it; it is no
    legal advice.

    \b
    Examples:
      otel-cert assess --interactive --answers answers.yaml
      otel-cert assess --answers answers.yaml --format json
      otel-cert assess --answers answers.yaml --output classification.json --confirm "Ada L." --role counsel
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.law import classify, load_pack
    from otel_cert.law.answers import read_answers

    pack = load_pack(law_pack)
    if cases:
        _check(pack)
        return
    if answers is None and not interactive:
        raise click.UsageError("Nothing to assess: give --answers FILE, or --interactive.")
    decision = _decision(pack, confirm, role, override, reason)
    if interactive:
        from otel_cert.cli._interview import interview

        found = classify(interview(pack, answers), pack=pack)
    else:
        found = classify(read_answers(answers) if answers else {}, pack=pack)
    if output is not None:
        from otel_cert.law.record import write_record

        write_record(output, found, decision)
        click.echo(f"record written to {output}", err=True)
    click.echo(found.model_dump_json(indent=2) if output_format == "json" else text(found, decision))


def text(found: Classification, decision: Decision | None = None) -> str:
    """Return a classification as a person reads it."""
    from otel_cert.report.legal_words import fine

    lines = [f"outcome    {found.outcome}" + (f"  ({found.basis})" if found.basis else "")]
    if decision is not None:
        lines.append(f"decision   {decision.sentence()}")
    lines.append(f"labels     {', '.join(found.labels) or 'none'}")
    if found.reasons:
        lines += ["", "because"]
        lines += [f"  {one.question} = {_said(one.answer)}: {one.text} ({one.basis})" for one in found.reasons]
    if found.changes:
        lines += ["", "it would be otherwise with"]
        lines += [f"  {one.question} = {_said(one.answer)}: {one.outcome}" for one in found.changes]
    if found.open_questions:
        lines += ["", "open: can still change the result", f"  {', '.join(found.open_questions)}"]
    if found.obligations:
        lines += ["", "obligations"]
        lines += [
            f"  {one.role:<21} {_day(one.applies_from, one.earlier_reading)}  {one.text}" for one in found.obligations
        ]
    if found.fines:
        lines += ["", "fines for a breach, at most"]
        lines += [
            f"  EUR {one.eur:,} or {one.turnover_pct:g} % of turnover ({fine(one.id)}): {one.what}"
            for one in found.fines
        ]
        lines.append(f"  {found.fine_rule}")
    if found.rests_on_draft:
        lines += ["", "An answer rests on a guideline of which only a draft is known."]
    lines += ["", *([found.warning] if found.warning else []), _STANDING.format(**found.law)]
    return "\n".join(lines)


_STANDING = (
    "A proposal by software from your answers, by legal data version {version} (statute {statute}); not legal advice.\n"
    "A named person confirms or overrides it: --confirm NAME."
)


def _day(day: date | None, earlier: date | None) -> str:
    other = f" (or {earlier})" if earlier else ""
    return f"{day or 'no date'!s:<10}{other:<16}"


def _said(answer: str | list[str]) -> str:
    return answer if isinstance(answer, str) else ", ".join(answer) or "none of them"


def _decision(
    pack: LawPack, confirm: str | None, role: str | None, override: str | None, reason: str | None
) -> Decision | None:
    from otel_cert.law.record import Decision

    if confirm is None:
        if role or override or reason:
            raise click.UsageError("--role, --override and --reason belong to a person: add --confirm NAME.")
        return None
    return Decision.made(pack, name=confirm, role=role, outcome=override, reason=reason)


def _check(pack: LawPack) -> None:
    from otel_cert.errors import CheckFailed
    from otel_cert.law.cases import failures

    failed = failures(pack)
    for line in failed:
        click.echo(line)
    if failed:
        raise CheckFailed(f"{len(failed)} of {len(pack.cases)} cases come out otherwise")
    click.echo(f"{len(pack.cases)} cases come out as they should")
