"""Advice on savings on stdout: a table, what each saving rests on, and on request the SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._answer import nothing_in_window
from otel_cert.cli._output import emit
from otel_cert.report import text

if TYPE_CHECKING:
    from otel_cert.costs.optimize import Advice, Saving

WHAT = {
    "repeated": "Answer repeated requests from a store",
    "caching": "Use the provider's prompt cache",
    "batch": "Process as a batch",
    "models": "Cheaper model",
    "overlong": "Shorten",
}
"""What is proposed, by kind."""

_HEADERS = ("", "What", "Task", "Saves", "Share", "At least", "At most", "Alone", "Calls", "Confidence")
_RIGHT = (True, False, False, True, True, True, True, True, True, False)


def show(advice: Advice, data_dir: Path, output_format: str, *, limit: int, with_sql: bool) -> None:
    """Print the advice; on stderr, what it rests on."""
    if output_format == "json":
        click.echo(json.dumps(advice.model_dump(mode="json"), ensure_ascii=False, indent=2))
    elif output_format == "csv":
        _csv(advice)
    elif advice.savings:
        _people(advice, output_format, limit)
    if with_sql and output_format in ("table", "markdown"):
        _sql(advice)
    for line in _basis(advice, data_dir):
        click.echo(line, err=True)


def _csv(advice: Advice) -> None:
    names = (
        "rank",
        "kind",
        "variant",
        "currency",
        "amount",
        "share",
        "alone",
        "low",
        "high",
        "calls",
        "tokens",
        "confidence",
    )
    task = ("service", "operation", "agent", "provider", "model")
    rows = [[*(getattr(s, n) for n in names), *(getattr(s.task, n) for n in task)] for s in advice.savings]
    emit((*names, *task), rows, "csv")


def _people(advice: Advice, output_format: str, limit: int) -> None:
    shown, rest = advice.savings[:limit], advice.savings[limit:]
    rows = [*(_row(saving) for saving in shown), *_others(advice, rest)]
    emit(_HEADERS, rows, output_format, right=_RIGHT)
    for paragraph in _explanations(shown):
        click.echo(f"\n{paragraph}")


def _row(saving: Saving) -> list[str]:
    what = WHAT[saving.kind] + (f": {saving.variant}" if saving.variant else "")
    amounts = (saving.low, saving.high, saving.alone)
    return [
        str(saving.rank), what, _task(saving), f"{text.money(saving.amount)} {saving.currency}", text.percent(saving.share),
        *(text.money(amount) for amount in amounts), text.count(saving.calls), saving.confidence,
    ]  # fmt: skip


def _task(saving: Saving) -> str:
    task = saving.task
    return " / ".join(part for part in (task.service, task.operation, task.agent, task.model) if part) or text.UNKNOWN


def _others(advice: Advice, rest: Sequence[Saving]) -> Iterator[list[str]]:
    for spend in advice.spend:
        amounts = [saving.amount for saving in rest if saving.currency == spend.currency]
        if amounts:
            total = sum(amounts, Decimal(0))
            what, saved = f"{len(amounts)} others (--limit)", f"{text.money(total)} {spend.currency}"
            yield ["", what, "", saved, text.percent(float(total / spend.cost)), "", "", "", "", ""]


def _explanations(savings: Sequence[Saving]) -> Iterator[str]:
    """Yield what is the same for several savings once, with their ranks."""
    same: dict[tuple[str, ...], list[Saving]] = {}
    for saving in savings:
        same.setdefault((saving.basis, *saving.check), []).append(saving)
    for (basis, *check), group in same.items():
        ranks = ", ".join(str(saving.rank) for saving in group)
        trace, span = group[0].examples[0]
        evidence = [line for saving in group for line in _evidence(saving)]
        lines = [
            f"{ranks}. {basis}",
            *evidence,
            *(f"Check: {item}" for item in check),
            f"E.g. trace {trace}, span {span}",
        ]
        yield "\n   ".join(lines)


def _evidence(saving: Saving) -> Iterator[str]:
    for e in saving.evidence:
        bounds = "" if e.low is None else f", 95 % interval {e.low:+.3g} to {e.high:+.3g}"
        yield (
            f"{e.evaluation} by {e.evaluator}: {e.current.mean:.3g} (n {e.current.n:,}) now, {e.target.mean:.3g}"
            f" (n {e.target.n:,}) with {saving.variant}; difference {e.difference:+.3g}{bounds}: {e.verdict}"
        )
    if saving.alternatives:
        others = (f"{a.target} {text.money(a.amount)} ({a.verdict})" for a in saving.alternatives)
        yield f"Others for {_task(saving)}, alone: {', '.join(others)}"


def _sql(advice: Advice) -> None:
    used = {saving.evidence_id for saving in advice.savings}
    for query in advice.queries:
        if query.evidence_id in used:
            given = "".join(f"\n--   ${name} = {json.dumps(value)}" for name, value in query.params.items())
            click.echo(f"\n-- {query.name}, evidence {query.evidence_id}{given}\n{query.sql.rstrip()}")


def _basis(advice: Advice, data_dir: Path) -> Iterator[str]:
    filters = "".join(f", {name}: {json.dumps(given)}" for name, given in advice.filters.items())
    window = text.window(advice.since_ns, advice.until_ns)
    yield f"{text.plural(advice.calls, 'call')}, {window}{filters}; snapshot {advice.snapshot}"
    if not advice.calls:
        yield nothing_in_window(data_dir)
        return
    for spend in advice.spend:
        saved = f"{text.money(spend.saved)} of {text.money(spend.cost)} {spend.currency}"
        share = text.percent(float(spend.saved / spend.cost))
        yield f"Savings together: {saved} ({share}), of {text.plural(spend.calls, 'priced call')}"
    if advice.unpriced_calls:
        reasons = text.counts(advice.unpriced_reasons)
        yield f"{advice.unpriced_calls:,} of {text.plural(advice.calls, 'call')} unpriced: {reasons}"
    if not advice.savings:
        yield f"Nothing found. Looked for: {', '.join(what.lower() for what in WHAT.values())}."
    yield from advice.notes
