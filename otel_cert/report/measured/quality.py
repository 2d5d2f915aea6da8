"""How good answers are: accuracy where people labelled them, else proxies that are called so; groups and thresholds."""

from __future__ import annotations

from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.questions import COMPONENTS, ENTROPY, EVALUATIONS, MODELS, RATES, SUPPORT, Answer
from otel_cert.report import entropy, support, text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import SUPPRESSED, WILSON, completed, interval, table
from otel_cert.report.model import Block, Column, Gap, Paragraph, Table
from otel_cert.report.registration import registrations
from otel_cert.report.tables import Shown, left, right
from otel_cert.store import thresholds

_PROXY = (
    "A proxy, no accuracy: how often an automatic score said so. It supports no statement on accuracy before"
    " people's labels of the same answers show how far it agrees with them."
)
_SCORED = (
    "A proxy: weighted share of the scored answers; Wilson score interval at 95 % for the effective number of"
    " independent answers."
)
_ANY_FIGURES = "SELECT 1 FROM token_entropy WHERE n_known > 0 LIMIT 1"
_SURPRISAL = (
    "Means over all tokens with a known probability; normal interval at 95 %, by the variance over users, else"
    " conversations, else traces."
)
_SUPPRESSED = (
    "Groups of fewer than 10 calls are suppressed. Of several intervals at 95 % one misses more often than of one:"
    " of two in up to 10 % of such tables, of five in 23 %, of twenty in 64 %. A group that stands out is a reason"
    " to look, not a finding. Groups of persons by protected attributes are not formed; who forms them needs a legal"
    " ground."
)
_OF_LANGUAGE = ("refused", "cut_off", "supported")
_GROUPS = ("model", "service", "environment", "agent", "language")
_MEASURED_BY = {
    "failed": "Error rate",
    "refused": "Stopped or refused",
    "cut_off": "Cut off",
    "supported": "Supported by its context (proxy)",
}


def quality_proxy(context: Context) -> tuple[Block, ...]:
    """Return automatic scores: support of answers by their context, and received evaluations."""
    blocks: list[Block] = []
    if context.ask(SUPPORT, by="total").rows:
        section = support.section(context.ask, quote=context.quote, registered=registrations(context.layout))
        blocks += completed(context, section.blocks, _SCORED)
    answer = context.ask(EVALUATIONS)
    if answer.rows:
        blocks.append(_evaluations(context, answer, "Automatic scores (proxy)"))
    return tuple(blocks)


def subgroups(context: Context) -> tuple[Block, ...]:
    """Return error, refusal, cut-off and support rates per group, small groups suppressed."""
    blocks: list[Block] = []
    for by in _GROUPS:
        if not _several(context, by):
            continue
        answer = context.ask(RATES, by=by)
        rows = [row for row in answer.dicts() if row["rate"] in _MEASURED_BY]
        if by == "language":  # only answers that were scored have one
            rows = [row for row in rows if row["key"] is not None and row["rate"] in _OF_LANGUAGE]
        if len({row["key"] for row in rows}) > 1:
            blocks.append(_groups(context, answer, by, rows))
    return tuple(blocks)


def _several(context: Context, by: str) -> bool:
    """Return whether there may be more than one group: what others asked already says so, and costs nothing."""
    if by == "language":
        return bool(context.ask(SUPPORT, by="total").rows)
    if by == "model":
        return len({row["request_model"] or row["response_model"] for row in context.ask(MODELS).dicts()}) > 1
    kinds = {"agent": ("agent", "workflow")}.get(by, (by,))
    names = {row["name"] for row in context.ask(COMPONENTS).dicts() if row["kind"] in kinds}
    return len(names) > (0 if by == "agent" else 1)


def _groups(context: Context, answer: Answer, by: str, rows: list[dict[str, Any]]) -> Table:
    columns = (
        left(by.capitalize(), "key"), left("Rate", "rate", lambda name: _MEASURED_BY[name]),
        Shown("n", lambda row: SUPPRESSED if row["suppressed"] else text.count(row["n"])),
        right("Of these", "hits"), right("Share", "share", text.share), interval("95 % interval", "share_low", "share_high"),
    )  # fmt: skip
    return table(context, f"Rates by {by}", answer, columns, rows=rows, note=_SUPPRESSED, method=WILSON)


def evaluation_runs(context: Context) -> tuple[Block, ...]:
    """Return the evaluations of stored calls, by evaluator."""
    answer = context.ask(EVALUATIONS)
    return (_evaluations(context, answer, "Evaluations"),) if answer.rows else ()


def registered(context: Context) -> tuple[Block, ...]:
    """Return the thresholds that were registered, and whether before the answers that they judge."""
    try:
        entries = thresholds.registrations(context.layout)
    except OtelCertError as error:
        return (Gap("Registered thresholds", error.message, "thresholds_registered"),)
    if not entries:
        return ()
    columns = tuple(map(Column, ("Registered", "Who", "Purpose", "Method", "Threshold", "Chosen on", "SHA-256")))
    rows = tuple(
        (
            text.spoken(one.time[:19] + "Z"),
            one.who,
            one.purpose,
            one.method,
            f"{one.threshold:g}",
            one.chosen_on,
            one.sha256[:16],
        )
        for one in entries
    )
    note = "Each line has the hash of the one before; who may write the file can write all of it anew."
    told = registrations(context.layout)
    used = [
        f"{row['evaluator']}, threshold {row['threshold']:g}: {told(row)}."
        for row in context.ask(SUPPORT, by="total").dicts()
    ]
    return (Table("Registered thresholds", columns, rows, note=note), *map(Paragraph, used))


def certainty(context: Context) -> tuple[Block, ...]:
    """Return how sure the models were of their tokens."""
    if not context.con.execute(_ANY_FIGURES).fetchall() or not _measured(context):
        return ()
    return completed(context, entropy.section(context.ask, quote=context.quote).blocks, _SURPRISAL)


def _measured(context: Context) -> bool:
    return any(row["measured"] for row in context.ask(ENTROPY, by="total").dicts())


def _evaluations(context: Context, answer: Answer, caption: str) -> Table:
    columns = (
        left("Evaluation", "evaluation_name"), left("Evaluator", "evaluator"), right("Evaluations", "evaluations"),
        right("n", "scored"), right("Mean score", "mean_score", text.score), left("Labels", "labels", text.counts),
        right("Without a score", "errors"),
    )  # fmt: skip
    return table(context, caption, answer, columns, note=_PROXY, method="Mean of all scores; no weights.")


MEASURES = {
    "quality_proxy": quality_proxy,
    "subgroup_performance": subgroups, "eval_runs": evaluation_runs,
    "thresholds_registered": registered, "token_entropy": certainty,
}  # fmt: skip
HOW = {
    "quality_proxy": "No answer was scored: turn on the processor `accuracy`, or send events `gen_ai.evaluation.result`.",
    "subgroup_performance": "There are no two groups to compare: the calls are of one model, service and agent.",
    "eval_runs": "No evaluation of stored calls is recorded: use `otel-cert evaluate`, or send events"
    " `gen_ai.evaluation.result`.",
    "thresholds_registered": "No threshold was registered: `otel-cert threshold register` before the answers that it"
    " judges.",
    "token_entropy": "No call has log probabilities recorded: see docs/logprobs.md.",
    "repeatability": "Whether equal inputs get equal answers is not measured here: it needs a fixed and hashed set"
    " of inputs that is run again. `otel-cert entropy --semantic` compares the answers to requests that happened to"
    " be repeated.",
    "red_team_results": "Not yet measured: safety tests are not part of this version. Results of other tools belong"
    " in the expert fields, with suite, version and n.",
}
