"""`otel-cert evaluate`: how many answers are supported by their context, and which are not."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._accuracy import FILE, answers, judge_options, map_option, print_rows
from otel_cert.cli._options import data_dir_option, format_option, scope_options
from otel_cert.errors import CheckFailed, UsageError

if TYPE_CHECKING:
    from otel_cert.costs import Scope
    from otel_cert.evaluation import Evaluation
    from otel_cert.evaluation.run import Judge


@click.command()
@click.argument("file", required=False, type=FILE)
@judge_options
@click.option("--optimize-threshold", is_flag=True, help="Choose the threshold on the labels of --labels first.")
@click.option("--labels", type=FILE, help="Labelled answers for --optimize-threshold.")
@click.option(
    "--objective", default="balanced-accuracy", show_default=True, help="What is chosen for, as in `calibrate`."
)
@map_option
@click.option("--by", metavar="FIELD", help="Also per value of this field of FILE; of calls: model, service, user ...")
@click.option("--scores", type=FILE, help="Write id, score and unsupported spans of every row here (JSON Lines).")
@click.option("--unscored-as", type=float, metavar="SCORE", help="Write this for unscored rows. [default: left out]")
@click.option("--check", type=click.FloatRange(0, 1), metavar="RATE", help="Exit with 3 when the rate may be lower.")
@scope_options
@format_option
@data_dir_option
def command(
    file: Path | None,
    judge: Judge,
    optimize_threshold: bool,
    labels: Path | None,
    objective: str,
    names: dict[str, str],
    by: str | None,
    scores: Path | None,
    unscored_as: float | None,
    check: float | None,
    scope: Scope,
    output_format: str,
    data_dir: Path,
) -> None:
    """Say how many answers are supported by their context, and show those that are not.

    Without FILE the answers are those of the stored calls; their context is found as the processor `accuracy` finds it.
    FILE is JSON Lines, JSON, CSV, TSV or Parquet with the fields answer, context (a text or a list of texts) and, as far as
    they are known, id, question, label (1 = supported, 0 = not), document or conversation. It needs no data directory.

    Without labels the rate is a proxy. With labels the method is compared with them: accuracy, sensitivity and more.

    \b
    Examples:
      otel-cert evaluate --since 7d --by model
      otel-cert evaluate answers.jsonl --by model
      otel-cert evaluate answers.csv --map answer=output --preset financial --scores scores.jsonl
      otel-cert evaluate answers.jsonl --optimize-threshold --labels labels.jsonl --check 0.9
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._outputs import check_outputs
    from otel_cert.cli._progress import progress
    from otel_cert.evaluation.records import File
    from otel_cert.evaluation.run import evaluate_answers, optimized
    from otel_cert.evaluation.scoring import write_scores

    if optimize_threshold != (labels is not None):
        raise UsageError("--optimize-threshold and --labels FILE go together")
    if unscored_as is not None and not isfinite(unscored_as):
        raise UsageError("--unscored-as is no number that JSON can hold", hint="write e.g. --unscored-as 0")
    check_outputs([scores], [file, labels, click.get_current_context().params["calibration"]])
    with progress() as update, answers(file, names, (by,) if by else (), scope, data_dir) as source:
        if labels is not None:
            judge = optimized(File(labels, names), judge, objective, update)
        found, outcomes = evaluate_answers(source, judge, group_by=by, data_dir=data_dir, progress=update)
    try:
        if scores is not None:
            write_scores(scores, outcomes, unscored_as)
    finally:  # a disk that is full costs the file, not the figures
        _show(found, output_format)
    _check(found, check)


def _show(found: Evaluation, output_format: str) -> None:
    from otel_cert.evaluation import shown

    if output_format == "json":
        click.echo(found.model_dump_json(indent=1))
    else:
        print_rows(shown.COLUMNS, shown.figures(found), output_format)
        if found.groups:
            click.echo()
            print_rows(shown.GROUP_COLUMNS, shown.groups(found), output_format)
        if output_format != "csv":
            click.echo("\n" + "\n".join(shown.examples(found)))
    for line in shown.sentences(found):
        click.echo(line, err=True)


def _check(found: Evaluation, least: float | None) -> None:
    """Judge by the interval's lower bound: a rate that only might be high enough does not pass."""
    if least is None:
        return
    if found.support_rate is None or found.support_rate.low is None:
        raise CheckFailed("there is no support rate with an interval to check")
    if not found.support_rate.low >= least:  # also when `least` is no number
        raise CheckFailed(
            f"the support rate (proxy) is {found.support_rate.value:.3f}, its lower bound {found.support_rate.low:.3f},"
            f" below {least:g}"
        )
