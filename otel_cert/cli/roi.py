"""`otel-cert roi`: what the calls cost against what their tasks brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otel_cert.cli._options import data_dir_option, format_option, scope_options

if TYPE_CHECKING:
    from otel_cert.costs import Roi, Scope
    from otel_cert.costs.roi import Estimate


class AmountType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A positive amount of money; arrives as a Decimal."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount, or fail as wrong usage."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is no amount; write e.g. 2.50", param, ctx)
        return amount


@click.command()
@click.option("--value-per-task", type=AmountType(), required=True, help="What one task that succeeded is worth.")
@click.option(
    "--success",
    metavar="SQL",
    help="Condition over a call: when its task succeeded; NULL: not known. [default: it has no error]",
)
@click.option(
    "--task",
    type=click.Choice(["call", "conversation", "trace"]),
    default="call",
    show_default=True,
    help="What a task is; of its calls, the last one for which --success is known decides.",
)
@click.option("--currency", default="USD", show_default=True, help="Of the value and the investment, ISO 4217.")
@click.option("--investment", type=AmountType(), help="Show how long the net takes to pay this back.")
@click.option("--sampled", is_flag=True, help="Give intervals also when every task is known: of tasks to come.")
@scope_options
@format_option
@data_dir_option
def command(scope: Scope, output_format: str, data_dir: Path, **asked: Any) -> None:
    """Show what the calls cost against what their tasks brought.

    Spend is that of every call, value that of the tasks that succeeded. Where success is known for some tasks only, its
    rate is scaled to all of them, and every figure that rests on it has a 95 % interval.

    \b
    otel-cert roi --value-per-task 2.50
    otel-cert roi --value-per-task 2.50 --task conversation --success "score['resolved'] >= 0.5" --since 30d
    otel-cert roi --value-per-task 0.10 --success "list_contains(finish_reasons, 'stop')" --investment 5000

    A condition names columns of `genai_calls`, and model, total_cost, currency, score['EVALUATION'] and
    label['EVALUATION'].
    """  # noqa: D301 - click's own mark
    from otel_cert.cli._output import document, emit
    from otel_cert.costs import roi
    from otel_cert.store.query import connect

    with connect(data_dir) as con:
        found = roi(con, scope, **asked)
    if output_format == "json":
        document(found.model_dump())
    else:
        raw = output_format == "csv"
        emit(("figure", "value", "low", "high"), _rows(found, raw), output_format, right=(False, True, True, True))
    for line in _notes(found, data_dir):
        click.echo(line, err=True)


def _rows(found: Roi, raw: bool) -> Iterator[tuple[object, ...]]:
    """Yield the figures, as numbers or as people read them."""
    from otel_cert.report.text import UNKNOWN, count, money, percent

    def plain(value: float | None) -> str:
        return UNKNOWN if value is None else f"{value:,.{1 if value >= 1 else 3}f}".removesuffix(".0")

    def amount(value: Decimal | None) -> str:
        return UNKNOWN if value is None else f"{money(value)} {found.currency}"

    def bound(value: object, shown: Callable[[Any], str]) -> object:
        return value if raw else "" if value is None else shown(value)

    for name, number in (("tasks", found.tasks), ("known tasks", found.known_tasks)):
        yield name, number if raw else count(number), "", ""
    yield "spend", found.spend if raw else amount(found.spend), "", ""
    estimates: list[tuple[str, Estimate[Any], Callable[[Any], str]]] = [
        ("successes", found.successes, plain),
        ("success rate", found.success_rate, percent),
        ("value", found.value, amount),
        ("net", found.net, amount),
        ("ROI", found.roi, percent),
        ("cost per success", found.cost_per_success, amount),
        ("payback, days", found.payback_days, plain),
    ]
    for name, estimate, shown in estimates[: None if found.investment is not None else -1]:
        value = estimate.value if raw else shown(estimate.value)
        yield name, value, bound(estimate.low, shown), bound(estimate.high, shown)


def _notes(found: Roi, data_dir: Path) -> Iterator[str]:
    """Yield what the figures rest on, and what is missing."""
    from otel_cert.cli._answer import nothing_in_window
    from otel_cert.report.text import counts, money, plural, window

    yield (
        f"{found.calls:,} of {plural(found.n, 'call')}, {window(found.since_ns, found.until_ns)};"
        f" snapshot {found.snapshot}, evidence {found.evidence_id}"
    )
    if not found.n:
        yield nothing_in_window(data_dir)
        return
    yield f"success: {found.success}" + ("" if found.task == "call" else f", by the last known call of a {found.task}")
    if found.known_tasks < found.tasks:
        yield (
            f"success is known for {found.known_tasks:,} of {plural(found.tasks, 'task')}: the rate is scaled to all, as if"
            " the others were like them"
        )
    if found.sampled:
        yield "low and high: 95 % Wilson score interval of the success rate, carried through"
    if found.calls_without_task:
        yield f"{plural(found.calls_without_task, 'call')} without a {found.task}: in the spend, in no task"
    if found.unpriced_calls:
        yield f"{found.unpriced_calls:,} of {plural(found.calls, 'call')} unpriced: {counts(found.unpriced_reasons)}"
    for code, spend in found.other_currencies.items():
        yield f"also spent, and not added: {money(spend)} {code}"
    if found.spend_is_lower_bound:
        yield "so the spend is a lower bound, net and ROI upper bounds"
