"""`otel-cert anomalies`: when more, or less, was spent than was to be expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otel_cert.cli._options import data_dir_option, format_option, scope_options

if TYPE_CHECKING:
    from otel_cert.costs import Anomalies, Scope
    from otel_cert.costs.anomalies import Anomaly

_BY = "total, model, service, user, provider, operation, agent, environment or tag:KEY"


@click.command()
@click.option("--by", default="total", show_default=True, metavar="GROUP", help=f"A series for each: {_BY}.")
@click.option(
    "--metric",
    type=click.Choice(["cost", "calls", "tokens", "cost_per_call"]),
    default="cost",
    show_default=True,
    help="What is compared.",
)
@click.option(
    "--interval",
    type=click.Choice(["day", "hour"]),
    default="day",
    show_default=True,
    help="How long each compared time is; UTC.",
)
@click.option(
    "--direction",
    type=click.Choice(["both", "spike", "drop"]),
    default="both",
    show_default=True,
    help="What to show: more than expected, less, or both.",
)
@click.option(
    "--window",
    "window_days",
    type=click.IntRange(7, 3650),
    default=28,
    show_default=True,
    help="Days before each that make its baseline.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, min_open=True),
    default=3.5,
    show_default=True,
    help="Score beyond which it is unusual; twice that is critical.",
)
@click.option(
    "--min-change",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Leave out smaller differences from the expected, in the metric's unit.",
)
@click.option(
    "--top",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Look at so many groups, those with the greatest hours or days.",
)
@scope_options
@format_option
@data_dir_option
def command(scope: Scope, output_format: str, data_dir: Path, **asked: Any) -> None:
    """Show hours and days on which unusually much, or little, was spent.

    Each is compared with the days before it, never with itself: a range around their median, as wide as they vary. A day
    that is not over is shown only if it is already above the range of a whole day.

    \b
    otel-cert anomalies --since 30d
    otel-cert anomalies --by user --direction spike --min-change 5 --since 7d
    otel-cert anomalies --by tag:team --metric calls --interval hour --since 24h --format json
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.cli._output import document, emit
    from otel_cert.cli._progress import progress
    from otel_cert.costs import anomalies
    from otel_cert.store.query import connect

    with connect(data_dir) as con, progress() as update:
        found = anomalies(con, scope, **asked, progress=update)
    if output_format == "json":
        document(found.model_dump())
    elif output_format == "csv":
        emit(_COLUMNS, ([_flat(one).get(name) for name in _COLUMNS] for one in found.anomalies), "csv")
    else:
        emit(_HEADERS, (_cells(one, found) for one in found.anomalies), output_format, right=_RIGHT)
    for line in _notes(found, data_dir):
        click.echo(line, err=True)


_COLUMNS = (
    "start", "key", "currency", "direction", "severity", "actual", "expected", "low", "high", "factor", "score", "method",
    "baseline", "run", "complete", "calls", "unpriced_calls", "contributor_dimension", "contributor_value",
    "contributor_share", "contributor_usual_share",
)  # fmt: skip
_HEADERS = ("Start, UTC", "Group", "Severity", "", "Actual", "Usual range", "Times expected", "Score", "Stands out")
_SPANS = 3
"""How many spans of time a line names."""
_RIGHT = (False, False, False, False, True, True, True, True, False)


def _flat(one: Anomaly) -> dict[str, object]:
    fields = one.model_dump(exclude={"contributor", "contributions"})
    cause = one.contributor.model_dump() if one.contributor else {}
    return fields | {f"contributor_{name}": value for name, value in cause.items()}


def _cells(one: Anomaly, found: Anomalies) -> tuple[str, ...]:
    from otel_cert.report.text import UNKNOWN, percent, words

    cause = UNKNOWN
    if one.contributor is not None:
        share, usual = one.contributor.share, one.contributor.usual_share
        cause = f"{one.contributor.dimension} {words(one.contributor.value)}: {percent(share)} of the difference"
        cause += "" if usual is None else f", usually {percent(usual)}"
    return (
        _start(one.start, found),
        words(one.key),
        one.severity,
        one.direction + ("" if one.run == 1 else f", {one.run} in a row") + ("" if one.complete else ", not over"),
        " ".join(filter(None, [_amount(float(one.actual), found), one.currency])),
        f"{_amount(one.low, found)} to {_amount(one.high, found)}",
        UNKNOWN if one.factor is None else f"{one.factor:,.2f}",
        f"{one.score:+.1f}",
        cause,
    )


def _amount(value: float, found: Anomalies) -> str:
    from otel_cert.report.text import count, money

    return money(value) if found.metric in ("cost", "cost_per_call") else count(round(value))


def _notes(found: Anomalies, data_dir: Path) -> Iterator[str]:
    """Yield what the anomalies rest on, and what could not be judged."""
    from otel_cert.cli._answer import nothing_in_window
    from otel_cert.report.text import counts, plural

    since = "the first stored call" if found.since is None else _seconds(found.since)
    yield (
        f"{found.calls:,} of {plural(found.n, 'call')}, from {since} to before {_seconds(found.until)};"
        f" snapshot {found.snapshot}"
    )
    if not found.n:
        yield nothing_in_window(data_dir)
        return
    left_out = f"; {plural(found.groups_left_out, 'smaller group')} not looked at" if found.groups_left_out else ""
    yield (
        f"{plural(found.judged, found.interval)} judged, {len(found.anomalies):,} unusual"
        f" (score beyond {found.threshold:g} against the median of the {found.window_days} days before){left_out}"
    )
    if found.not_judged:
        yield f"not judged: {', '.join(_reasons(found))}"
    if found.unpriced_calls:
        yield f"{found.unpriced_calls:,} of {plural(found.calls, 'call')} unpriced: {counts(found.unpriced_reasons)}"
    if found.last_call and found.last_call[:10] < found.until[:10]:
        yield f"no call is stored after {_seconds(found.last_call)}: whether there were any is not known"


def _reasons(found: Anomalies) -> Iterator[str]:
    """Yield how many hours or days could not be judged for each reason, and which if they are few spans of time."""
    for reason in dict.fromkeys(one.reason for one in found.not_judged):
        of_reason = [one for one in found.not_judged if one.reason == reason]
        spans = sorted({(_start(one.first, found), _start(one.last, found)) for one in of_reason})
        which = ", ".join(first if first == last else f"{first} to {last}" for first, last in spans)
        shown = f" ({which})" if len(spans) <= _SPANS else ""
        yield f"{reason} {sum(one.intervals for one in of_reason):,}{shown}"


def _start(iso: str, found: Anomalies) -> str:
    from otel_cert.report.text import minute

    return minute(iso) if found.interval == "hour" else iso[:10]


def _seconds(iso: str) -> str:
    from otel_cert.report.text import spoken

    return spoken(iso[:19] + "Z")
