"""`otel-cert report`: the document set of a system; checked, compared, filled in and approved."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from otel_cert.cli._freeze import command as freeze
from otel_cert.cli._options import data_dir_option, window_options

if TYPE_CHECKING:
    from otel_cert.report.set import Written

_FILE = click.Path(dir_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_TEMPLATE = click.option("--template", type=_EXISTING, help="A .docx whose styles, page and headers Word files have.")
_SET = click.Path(exists=True, path_type=Path)
SYSTEM = Path("system.yaml")
_KINDS = {
    "measured": "measured",
    "declared": "declared",
    "expert": "by experts",
    "open": "open",
    "gap": "not measured",
    "not_applicable": "not applicable",
}
"""How statements are known, in the order in which they are counted."""


def _named(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("a name cannot be empty")
    return value


@click.group(invoke_without_command=True)
@click.option("--output", type=_FOLDER, help="Folder to write to.")
@click.option("--system", type=_FILE, help="What the organisation declares. [default: system.yaml, where there is one]")
@click.option("--system-name", callback=_named, help="Name of the AI system, in the place of the declared one.")
@click.option("--provider", callback=_named, help="Name of its provider, in the place of the declared one.")
@click.option("--answers", type=_FILE, help="Answers about the system, or the record of `otel-cert assess`.")
@click.option("--only", multiple=True, metavar="NAME", help="Write this document only; may be given several times.")
@click.option("--format", "formats", help="Formats, comma-separated. [default: all that are installed]")
@_TEMPLATE
@click.option("--language", type=click.Choice(["en", "de", "fr", "es"]), help="[default: the declared one]")
@click.option("--law-pack", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Other legal data.")
@click.option("--quote-answers", is_flag=True, help="Quote the least supported answers: texts of users may be in them.")
@click.option("--quiet", is_flag=True, help="Print the paths and errors only.")
@window_options
@data_dir_option
@click.pass_context
def command(
    context: click.Context,
    output: Path | None,
    system: Path | None,
    system_name: str | None,
    provider: str | None,
    answers: Path | None,
    only: tuple[str, ...],
    formats: str | None,
    template: Path | None,
    language: str | None,
    law_pack: Path | None,
    quote_answers: bool,
    quiet: bool,
    since_ns: int | None,
    until_ns: int | None,
    data_dir: Path,
) -> None:
    """Write the documents of an AI system under the EU AI Act from measured data and declarations; print their paths.

    Figures are measured, each with its n and an evidence id for `otel-cert evidence`; facts are declared in system.yaml;
    what needs a person is an open field. Every document is a draft until a person approves it; none states that a law or
    standard is met. Without answers about the system its tier is undetermined.

    \b
    Examples:
      otel-cert report --system-name "Support assistant" --provider "Example Ltd" --output documents
      otel-cert report --system system.yaml --answers answers.yaml --output documents --format docx,pdf
      otel-cert report check documents
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    if context.invoked_subcommand is not None:
        return
    if output is None:
        raise click.UsageError("Missing option '--output': name a folder, for example --output documents.")
    from otel_cert.cli._progress import progress
    from otel_cert.exporters.report import DocumentSet, formats_of
    from otel_cert.store.layout import Layout

    chosen = formats_of(formats)
    documents = DocumentSet(
        system=system or (SYSTEM if SYSTEM.exists() else None),
        system_name=system_name,
        provider=provider,
        answers=answers,
        law_pack=law_pack,
        language=language,
        formats=chosen,
        only=only,
        quote=quote_answers,
        template=template,
    )
    with progress(quiet) as update:
        written = documents.write(Layout.open(data_dir), output, since_ns=since_ns, until_ns=until_ns, progress=update)
    for path in written.paths:
        click.echo(path)
    if not quiet:
        _tell(written, data_dir)
    if documents.unnamed:
        click.echo(
            "The system and its provider are not named: give --system-name and --provider, or --system FILE"
            " (otel-cert init --system writes one).",
            err=True,
        )


def _tell(written: Written, data_dir: Path) -> None:
    for warning in written.warnings:
        click.echo(f"warning: {warning}", err=True)
    for name, missing in written.refused.items():
        click.echo(f"{name} was not written: {'; '.join(missing)}", err=True)
    counted = ", ".join(f"{written.known[kind]:,} {words}" for kind, words in _KINDS.items())
    click.echo(f"statements: {counted}", err=True)
    click.echo(
        f"{written.calls:,} calls, snapshot {written.snapshot}, {len(written.evidence_ids)} evidence ids;"
        f" list them with: otel-cert evidence --data-dir {data_dir}",
        err=True,
    )


@command.command()
@click.argument("folder", type=_SET)
@click.option("--data-dir", type=_FOLDER, help="Also ask every figure again there.")
def check(folder: Path, data_dir: Path | None) -> None:
    """Check a document set: files, evidence ids, figures and tables in several documents, unmarked statements.

    What does not hold is printed, and the exit code is 3.
    """
    from otel_cert.errors import CheckFailed
    from otel_cert.report.check import problems
    from otel_cert.report.folder import Folder
    from otel_cert.store.layout import Layout

    found = problems(Folder(folder), Layout.open(data_dir) if data_dir else None)
    for line in found:
        click.echo(line)
    if found:
        raise CheckFailed(
            f"{len(found)} {'problem' if len(found) == 1 else 'problems'} in {folder}",
            hint="find out who changed it; `otel-cert report --output DIR` writes the set anew from data and declarations",
        )
    click.echo(f"{folder}: what was checked holds", err=True)


@command.command()
@click.argument("old", type=_SET)
@click.argument("new", type=_SET)
def diff(old: Path, new: Path) -> None:
    """Show what is different between two document sets, statement by statement.

    OLD and NEW are folders of sets, of superseded versions, or content files.
    """
    from otel_cert.report.diff import differences, documents

    lines = list(differences(documents(old), documents(new)))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("no differences", err=True)


@command.command()
@click.argument("document")
@click.option("--name", required=True, callback=_named, help="Who approves it.")
@click.option("--role", required=True, callback=_named, help="In which role.")
@click.option("--set", "folder", type=_FOLDER, default=".", show_default=True, help="Folder of the document set.")
@click.option("--with-open-items", metavar="REASON", help="Approve although fields are open, because.")
@_TEMPLATE
def approve(
    document: str, name: str, role: str, folder: Path, with_open_items: str | None, template: Path | None
) -> None:
    """Record that a person approved a document's content, and write it without DRAFT. This signs nothing.

    DOCUMENT is its name in the set, or one of its files. A document that changes is a draft again.
    """
    from otel_cert.exporters.report import RENDERERS, renderers
    from otel_cert.report.approve import approve
    from otel_cert.report.folder import Folder

    given = Path(document)
    place = given.parent if given.parent.name else folder
    made = renderers(RENDERERS, template)
    files = approve(Folder(place), given.stem, who=name, role=role, renderers=made, with_open_items=with_open_items)
    for file in files:
        click.echo(place / file)


@command.command()
@click.argument("identifier", metavar="ID")
@click.option("--text", help="What is stated.")
@click.option("--file", "source", type=click.File(encoding="utf-8"), help="Read it from here; - is standard input.")
@click.option("--not-applicable", metavar="REASON", help="That it does not apply, because.")
@click.option("--by", help="Who states it.")
@click.option("--role", help="In which role.")
@click.option("--owner", help="Who will fill it in, while it is open.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), help="Until when, while it is open.")
@click.option("--replace", is_flag=True, help="Replace what is there, which is kept as a comment.")
@click.option("--system", type=_FILE, default=SYSTEM, show_default=True, help="The file to write into.")
@click.option("--law-pack", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Other legal data.")
def fill(
    identifier: str,
    text: str | None,
    source: IO[str] | None,
    not_applicable: str | None,
    by: str | None,
    role: str | None,
    owner: str | None,
    due: datetime | None,
    replace: bool,
    system: Path,
    law_pack: Path | None,
) -> None:
    """Fill in an open field of system.yaml, or say who will. ID is the requirement's, such as annex-iv.2.b.

    Comments stay; a field that is filled in is left as it is unless --replace is given.
    """
    from otel_cert.law import load_pack
    from otel_cert.report.fill import Filling, fill

    if text is not None and source is not None:
        raise click.UsageError("Give --text or --file, not both.")
    said = source.read().strip() if source is not None else text
    filling = Filling(said, not_applicable, by, role, owner, due.date() if due else None)
    fill(system, identifier, filling, load_pack(law_pack), on=_today(), replace=replace)
    click.echo(f"wrote {identifier} into {system}", err=True)


command.add_command(freeze)


def _today() -> date:
    return datetime.now(UTC).date()
