"""`otel-cert calibrate`: a threshold chosen on labelled answers, and what to expect of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._accuracy import FILE, map_option, method_options, print_rows
from otel_cert.cli._options import data_dir_option, format_option
from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from otel_cert.evaluation import Calibrating
    from otel_cert.evaluation.run import Judge


@click.command()
@click.option(
    "--labels", type=FILE, required=True, help="Answers with labels; as FILE of `evaluate`, or a `label export`."
)
@click.option("--scores", type=FILE, help="Take the scores from here, as `evaluate --scores` writes them.")
@method_options
@map_option
@click.option(
    "--objective",
    default="balanced-accuracy",
    show_default=True,
    help="What the threshold is best for: balanced-accuracy, f1, precision>=X or recall>=X of unsupported answers.",
)
@click.option("--seed", default=0, show_default=True, help="Of the split by document or conversation.")
@click.option("--output", type=FILE, help="Write the calibration here, for --calibration of other commands.")
@click.option("--chart", type=FILE, help="Write the reliability diagram here: .svg, .png or .json (Vega-Lite).")
@click.option("--register", is_flag=True, help="Register the threshold in the data directory.")
@click.option("--who", help="Who is responsible for it; needed to register.")
@click.option("--purpose", default="support of answers", show_default=True, help="What it is to judge.")
@format_option
@data_dir_option
def command(
    labels: Path,
    scores: Path | None,
    judge: Judge,
    names: dict[str, str],
    objective: str,
    seed: int,
    output: Path | None,
    chart: Path | None,
    register: bool,
    who: str | None,
    purpose: str,
    output_format: str,
    data_dir: Path,
) -> None:
    """Choose a threshold on one half of labelled answers, and report on the other half.

    No document or conversation is in both halves. From 100 labels on, a model over the method's part scores is tried too; it
    is used only if it is better on the answers that are reported on, beyond doubt.

    \b
    Examples:
      otel-cert calibrate --labels labels.jsonl --output calibration.json
      otel-cert calibrate --labels labels.jsonl --scores scores.jsonl --objective "recall>=0.9"
      otel-cert calibrate --labels labels.jsonl --output calibration.json --register --who "Ada L."
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._outputs import check_outputs
    from otel_cert.cli._progress import progress
    from otel_cert.evaluation.records import File
    from otel_cert.evaluation.run import calibrate_file
    from otel_cert.store.files import write_text

    if register and not who:
        raise UsageError("a registration says who is responsible", hint="give --who NAME")
    check_outputs([output, chart], [labels, scores])
    if chart is not None:
        _kind(chart)
    with progress() as update:
        rows = File(labels, names)
        found = calibrate_file(rows, judge, scores=scores, objective=objective, seed=seed, progress=update)
    try:
        if output is not None:
            write_text(output, found.calibration.model_dump_json(indent=1) + "\n")
        if chart is not None:
            _draw(found, chart)
    finally:  # a chart that cannot be drawn costs the chart, not the figures
        _show(found, output_format)
    if register:
        _register(found, data_dir, who or "", purpose)


def _show(found: Calibrating, output_format: str) -> None:
    from otel_cert.evaluation import shown

    if output_format == "json":
        click.echo(found.model_dump_json(indent=1))
    else:
        print_rows(shown.COLUMNS, shown.calibration_figures(found), output_format)
    for line in shown.calibration_sentences(found):
        click.echo(line, err=True)


_CHARTS = (".json", ".svg", ".png")


def _kind(path: Path) -> str:
    """Return the ending of a chart; raises UsageError."""
    if path.suffix.lower() not in _CHARTS:
        raise UsageError(f"{path.name}: its ending says no format", hint=f"use one of: {', '.join(_CHARTS)}")
    return path.suffix.lower()


def _draw(found: Calibrating, path: Path) -> None:
    import json

    from otel_cert.evaluation.charts import reliability_diagram
    from otel_cert.exporters import _vega

    spec = reliability_diagram(found.reliability)
    kinds: dict[str, Callable[[], str | bytes | None]] = {
        ".json": lambda: json.dumps(spec, indent=1),
        ".svg": lambda: _vega.svg(spec),
        ".png": lambda: _vega.png(spec),
    }
    if (drawn := kinds[_kind(path)]()) is None:
        raise UsageError(_vega.MISSING)
    path.write_bytes(drawn.encode() if isinstance(drawn, str) else drawn)


def _register(found: Calibrating, data_dir: Path, who: str, purpose: str) -> None:
    from otel_cert.store.layout import Layout
    from otel_cert.store.thresholds import register

    one = found.calibration
    entry = register(
        Layout.create(data_dir),
        who=who,
        purpose=purpose,
        method=one.method,
        threshold=one.threshold,
        chosen_on=one.source,
        calibration=one.sha256,
    )
    click.echo(f"registered {entry.sha256[:12]} at {entry.time}: {one.method} from {one.threshold:g}", err=True)
