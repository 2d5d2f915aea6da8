"""`otel-cert label`: people's labels of answers."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._accuracy import FILE, answers, map_option, method_options
from otel_cert.cli._options import data_dir_option, format_option, scope_options
from otel_cert.errors import NotFound, UsageError

if TYPE_CHECKING:
    from otel_cert.costs import Scope
    from otel_cert.evaluation.run import Judge


@click.group()
def command() -> None:
    """Draw answers for people to label, bring their labels in, and give them out.

    A label is 1 when everything that an answer says is in its context, else 0.
    """


@command.command()
@click.argument("file", required=False, type=FILE)
@click.option("--output", type=FILE, required=True, help="The sheet to fill in: .jsonl or .csv.")
@click.option(
    "-n", "--number", default=200, show_default=True, type=click.IntRange(1), help="How many answers to draw."
)
@click.option("--seed", default=0, show_default=True, help="The same file and seed give the same answers.")
@click.option(
    "--by", multiple=True, metavar="FIELD", help="Divide by this field too; of calls e.g. model, service; repeatable."
)
@click.option("--scores", type=FILE, help="Divide by the scores of this file, as `evaluate --scores` writes it.")
@click.option(
    "--score/--no-score",
    "scored",
    default=True,
    show_default=True,
    help="Divide by the method's scores, or by --by alone.",
)
@method_options
@map_option
@scope_options
@data_dir_option
def sample(
    file: Path | None,
    output: Path,
    number: int,
    seed: int,
    by: tuple[str, ...],
    scores: Path | None,
    scored: bool,
    judge: Judge,
    names: dict[str, str],
    scope: Scope,
    data_dir: Path,
) -> None:
    """Draw answers into a sheet for a person to fill in: of FILE, or without it of the stored calls.

    As many with low scores are drawn as with high ones. The sheet does not show the score. Each row has the weight that it
    stands for; the plan is beside it, OUTPUT.plan.json.
    """
    from otel_cert.cli._outputs import check_outputs
    from otel_cert.cli._progress import progress
    from otel_cert.evaluation.run import sample_answers
    from otel_cert.report.text import plural

    check_outputs([output], [file, scores])
    with progress() as update, answers(file, names, by, scope, data_dir) as source:
        asked = judge if scored else None
        plan = sample_answers(source, output, number, seed=seed, by=by, scores=scores, judge=asked, progress=update)
    click.echo(
        f"{plan.drawn:,} of {plural(sum(one.size for one in plan.strata), 'answer')} drawn into {output}", err=True
    )


@command.command("import")
@click.argument("file", type=FILE)
@click.option("--rater", required=True, help="Who labelled.")
@click.option("--guideline", required=True, metavar="FILE|TEXT", help="What the rater was told to do.")
@map_option
@data_dir_option
def import_(file: Path, rater: str, guideline: str, names: dict[str, str], data_dir: Path) -> None:
    """Keep the labels of a filled-in sheet: nothing is ever changed, and nothing is kept when a row is bad."""
    from otel_cert.evaluation.labels import import_labels
    from otel_cert.evaluation.records import File
    from otel_cert.report.text import plural
    from otel_cert.store.layout import Layout

    told = _guideline(guideline)
    batch, empty = import_labels(Layout.create(data_dir), File(file, names), rater=rater, guideline=told)
    left = f"; {plural(empty, 'row')} without a label" if empty else ""
    click.echo(f"{plural(len(batch.rows), 'label')} of {rater} kept as {batch.sha256[:12]}{left}", err=True)


def _guideline(given: str) -> str:
    """Return what a file says, or the text itself; raises when it is plainly the name of a file that is not there."""
    if _is_file(given):
        try:
            return Path(given).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise UsageError(f"the guideline {given} is not UTF-8 text", hint="give a text file, or the text") from None
    if _FILE_NAME.fullmatch(given):
        raise NotFound(f"there is no guideline {given}", hint="give a file that is there, or the text in a few words")
    return given


_FILE_NAME = re.compile(r"\S*\w\.(md|txt|rst|html?|pdf|docx?|odt)", re.IGNORECASE)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a long text is no name of a file
        return False


@command.command()
@click.option("--output", type=FILE, help="Where to write; default standard output.")
@data_dir_option
def export(output: Path | None, data_dir: Path) -> None:
    """Write one row per answer with the label of most raters (JSON Lines), as `calibrate` reads it."""
    from otel_cert.cli._outputs import check_outputs
    from otel_cert.evaluation.labels import export_labels
    from otel_cert.store.files import write_text
    from otel_cert.store.labels import batches
    from otel_cert.store.layout import Layout

    check_outputs([output], [])
    text = "".join(json.dumps(row) + "\n" for row in export_labels(batches(Layout.open(data_dir))))
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)


@command.command("agreement")
@format_option
@data_dir_option
def agreement_(output_format: str, data_dir: Path) -> None:
    """Say how far the raters agree: Cohen's kappa per pair, Krippendorff's alpha over all."""
    from otel_cert.cli._output import emit
    from otel_cert.evaluation import shown
    from otel_cert.evaluation.labels import agreement
    from otel_cert.store.labels import batches
    from otel_cert.store.layout import Layout

    found = agreement(batches(Layout.open(data_dir)))
    if output_format == "json":
        click.echo(found.model_dump_json(indent=1))
        return
    emit(shown.AGREEMENT_COLUMNS, shown.agreement(found), output_format)
    for line in shown.agreement_sentences(found):
        click.echo(line, err=True)
