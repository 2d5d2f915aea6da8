"""How much, when and with what the system is used."""

from __future__ import annotations

from otel_cert.questions import HOURS, PARAMETERS, PERIOD, PROFILE, SUMMARY
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import figure, table
from otel_cert.report.model import Block, Figures, Table
from otel_cert.report.tables import left, right

_MOST_VALUES = 20
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def volume(context: Context) -> tuple[Block, ...]:
    """Return calls, traces, conversations and users of the window."""
    answer = context.ask(PERIOD)
    row = next(answer.dicts())
    if not row["calls"]:
        return ()
    named = {"conversations": row["in_conversations"], "users": row["of_users"]}
    shown = [
        figure(context, answer, "Calls", "calls", text.count),
        figure(context, answer, "Traces", "traces", text.count),
    ]
    shown += [
        figure(
            context, answer, f"Distinct {name}", name, text.count, n=known,
            note=f"of {known:,} calls that name one" if known else "no call names one: not known",
        )
        for name, known in named.items()
        if known
    ]  # fmt: skip
    return (Figures(tuple(shown)),)


def activity(context: Context) -> tuple[Block, ...]:
    """Return when the system was used last, and on how many days."""
    answer = context.ask(PERIOD)
    row = next(answer.dicts())
    if row["last_call"] is None:
        return ()
    days = f"of {text.plural(row['days'], 'day')} from the first to the last call (UTC)"
    return (
        Figures(
            (
                figure(context, answer, "First call", "first_call", text.spoken),
                figure(context, answer, "Last call", "last_call", text.spoken),
                figure(context, answer, "Days with calls", "active_days", text.count, note=days),
                figure(
                    context, answer, "Days since the last call", "idle_days", text.tenths,
                    note="when the snapshot was published; a system may be used and not recorded",
                ),
            )
        ),
    )  # fmt: skip


def frequency(context: Context) -> tuple[Block, ...]:
    """Return the calls per hour of the day and day of the week."""
    answer = context.ask(HOURS)
    if not answer.rows:
        return ()
    rows = list(answer.dicts())
    dated = sum(row["calls"] for row in rows if row["part"] == "hour")
    hours = [{"part": f"{row['number']:02}:00", "calls": row["calls"]} for row in rows if row["part"] == "hour"]
    days = [{"part": _WEEKDAYS[row["number"] - 1], "calls": row["calls"]} for row in rows if row["part"] == "weekday"]
    columns = (right("Calls", "calls"),)
    note = "Where a sampler chose among traces, the stored calls are fewer than those made."
    return (
        table(context, "Calls by hour of the day, UTC", answer, (left("Hour", "part"), *columns), rows=hours, n=dated,
              note=note),
        table(context, "Calls by day of the week, UTC", answer, (left("Day", "part"), *columns), rows=days, n=dated,
              note=note),
    )  # fmt: skip


def resources(context: Context) -> tuple[Block, ...]:
    """Return the tokens that were used."""
    answer = context.ask(SUMMARY)
    row = next(answer.dicts())
    pairs = (("Input tokens", "input_tokens", "input_known"), ("Output tokens", "output_tokens", "output_known"))
    shown = [
        figure(
            context, answer, label, column, text.count, n=row[known], note=f"of {row[known]:,} calls that report them"
        )
        for label, column, known in pairs
        if row[known]
    ]
    note = "Inference as the provider reports it. Computing power of training, energy and hardware are not measured."
    return (Figures(tuple(shown)), *_lengths(context, "Tokens per call", note)) if shown else ()


def inputs(context: Context) -> tuple[Block, ...]:
    """Return how long inputs are."""
    return _lengths(context, "Length of inputs", "Content and topics are not looked at here.", "input tokens")


def outputs(context: Context) -> tuple[Block, ...]:
    """Return how long answers are."""
    note = "Whether the form of an answer is valid is not measured."
    return _lengths(context, "Length of outputs", note, "output tokens", "reasoning tokens")


def _lengths(context: Context, caption: str, note: str, *measures: str) -> tuple[Table, ...]:
    answer = context.ask(PROFILE)
    rows = [row for row in answer.dicts() if not measures or row["measure"] in measures]
    if not rows:
        return ()
    columns = (
        left("Measure", "measure"), right("n", "n"), right("Mean", "mean", text.rounded), right("p5", "p05", text.rounded),
        right("p50", "p50", text.rounded), right("p95", "p95", text.rounded), right("Most", "most"),
    )  # fmt: skip
    method = "Calls that did not fail and report the number; percentiles interpolate between the two nearest."
    return (
        table(context, caption, answer, columns, rows=rows, n=max(row["n"] for row in rows), note=note, method=method),
    )


def parameters(context: Context) -> tuple[Block, ...]:
    """Return the request parameters that were sent."""
    answer = context.ask(PARAMETERS)
    rows = []
    for row in answer.dicts():
        if row["distinct_values"] <= _MOST_VALUES:
            rows.append(row)
        elif not rows or rows[-1]["name"] != row["name"]:
            varying = f"{row['distinct_values']:,} different values"
            rows.append(row | {"value": varying, "calls": row["with_any"]})
    if not rows:
        return ()
    columns = (left("Parameter", "name"), left("Value", "value"), right("Calls", "calls"))
    note = "Where a parameter was not sent, the provider's default holds, which is not known."
    return (table(context, "Request parameters", answer, columns, rows=rows, note=note),)


MEASURES = {
    "request_volume": volume, "activity_status": activity, "usage_frequency": frequency, "resource_use": resources,
    "input_profile": inputs, "output_profile": outputs, "request_parameters": parameters,
}  # fmt: skip
HOW = {
    "request_volume": "No call is stored for this window.",
    "activity_status": "No call with a known start is stored for this window.",
    "usage_frequency": "No call with a known start is stored for this window.",
    "resource_use": "No call reports tokens: the instrumentation has to record `gen_ai.usage.input_tokens` and"
    " `.output_tokens`.",
    "input_profile": "No call reports tokens: the instrumentation has to record `gen_ai.usage.input_tokens`.",
    "output_profile": "No call reports tokens: the instrumentation has to record `gen_ai.usage.output_tokens`.",
    "request_parameters": "No call has a parameter recorded: the instrumentation has to record `gen_ai.request.*`.",
}
