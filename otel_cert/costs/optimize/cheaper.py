"""Tasks that a cheaper model could do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

from otel_cert.costs.optimize.model import VERDICTS, Alternative, Evidence, Verdict
from otel_cert.costs.optimize.prices import Listed, rates_json, seller
from otel_cert.costs.optimize.quality import ENOUGH, Quality
from otel_cert.costs.optimize.study import TASK_COLUMNS, Explanation, Finder, Found, Row, Study, TaskKey, task_key
from otel_cert.errors import UsageError
from otel_cert.questions import QUALITY, ask
from otel_cert.questions.question import run
from otel_cert.questions.savings import CHEAPER

_SIZES = re.compile(
    r"nano|micro|mini|lite|flash|small|medium|large|pro|premier|haiku|sonnet|opus|fable|mythos|luna|terra|sol|astra"
    r"|scout|maverick|\d+b|latest|20\d{6}"
)
"""Words by which providers tell the sizes of one generation apart, and dates."""
_SUFFIX = re.compile(r"-20\d\d-\d\d-\d\d$|-v\d+(:\d+)?$")


@cache
def generation(price_id: str) -> tuple[str, ...]:
    """Return a model's id without its size: the same for gpt-4o and gpt-4o-mini, claude-opus-4-5 and claude-haiku-4-5."""
    words = re.split(r"[-./: ]", _SUFFIX.sub("", price_id.lower()))
    return tuple(word for word in words if not _SIZES.fullmatch(word))


@dataclass(frozen=True)
class Choice:
    """One task with one other model."""

    task: TaskKey
    price_id: str
    target: str
    evidence: Sequence[Evidence]
    named: bool
    """Whether the user asked for it."""
    output_ratio: float = 1.0
    """How much more the target writes, as seen in the same service, operation and agent."""

    @cached_property
    def verdict(self) -> Verdict:
        """The least favourable of the evaluations; `not known` without any."""
        return min((e.verdict for e in self.evidence), key=VERDICTS.index, default="not known")

    def params(self) -> dict[str, object]:
        """Return the row of the parameter `targets`."""
        names = dict(zip(TASK_COLUMNS, self.task, strict=True))
        known = {"certain": 1.0 if self.verdict == "holds" else 0.0, "output_ratio": self.output_ratio}
        return {**names, "price_id": self.price_id, "target": self.target, **known}


def finder(study: Study) -> Finder:
    """Return what finds the calls of tasks for which a cheaper model was chosen."""
    listed = _listed(study)
    choices = _choices(study, listed)
    amounts = _amounts(study, choices, listed)
    by_task: dict[tuple[TaskKey, str], list[Choice]] = {}
    for choice in choices:
        if amounts.get((choice.task, choice.price_id, choice.target), 0) > 0:
            by_task.setdefault((choice.task, choice.price_id), []).append(choice)

    def amount(choice: Choice) -> Decimal:
        return amounts[choice.task, choice.price_id, choice.target]

    chosen = {task: best for task, options in by_task.items() if (best := _best(options, amount))}

    def explain(found: Found) -> Explanation:
        best = chosen[found.task, found.price_id]
        others = [c for c in by_task[found.task, found.price_id] if c is not best]
        alternatives = [
            Alternative(target=c.target, amount=amount(c), verdict=c.verdict)
            for c in sorted(others, key=amount, reverse=True)
        ]
        return _explain(best, listed[best.target], alternatives, study.options.margin)

    return Finder("models", CHEAPER, _params(chosen.values(), listed), explain, _notes(study))


def _params(choices: Iterable[Choice], listed: dict[str, Listed]) -> dict[str, object]:
    choices = list(choices)
    targets = sorted({choice.target for choice in choices})
    rates = rates_json((name, listed[name]) for name in targets)
    return {"targets": json.dumps([choice.params() for choice in choices]), "rates": rates}


def _listed(study: Study) -> dict[str, Listed]:
    """Return every model that may be a target."""
    used = study.price_ids()
    for name in study.options.candidates:
        if study.prices.listed(name) is None:
            known = sorted(study.prices.ids(seller(name)))
            hint = f"that seller's: {', '.join(known)}" if known else "write SELLER/MODEL, e.g. openai/gpt-4o-mini"
            raise UsageError(f"the price list has no model {name!r}", hint=hint)
    generations = {generation(name) for name in used}
    siblings = [n for s in {seller(name) for name in used} for n in study.prices.ids(s) if generation(n) in generations]
    names = {*used, *siblings, *study.options.candidates}
    return {name: model for name in sorted(names) if (model := study.prices.listed(name))}


def _choices(study: Study, listed: dict[str, Listed]) -> list[Choice]:
    quality = Quality(ask(study.con, QUALITY, **study.scope.params()).dicts())
    seen = _Seen.of(study.tasks)
    return [
        Choice(
            task_key(row),
            row["price_id"],
            target,
            quality.compare(task_key(row), row["price_id"], target, study.options.margin),
            target in study.options.candidates,
            seen.output_ratio(row, target),
        )
        for row in study.tasks
        if row["cost"] and row["operation"] != "embeddings"  # another model's vectors do not compare with those stored
        for target, model in listed.items()
        if _possible(row, model) and _comparable(study, row, target, seen)
    ]


@dataclass(frozen=True)
class _Seen:
    """What other models do in the store."""

    models: Mapping[TaskKey, set[str]]
    """By service and operation: the prices that calls were priced with."""
    outputs: Mapping[tuple[TaskKey, str], int]
    """By service, operation and agent, and price: the longest mean output of a task with enough calls, tokens."""

    @classmethod
    def of(cls, tasks: Iterable[Row]) -> _Seen:
        models: dict[TaskKey, set[str]] = {}
        outputs: dict[tuple[TaskKey, str], int] = {}
        for row in tasks:
            if row["cost"]:
                models.setdefault(task_key(row)[:2], set()).add(row["price_id"])
                if row["calls"] >= ENOUGH and row["mean_output"]:
                    key = task_key(row)[:3], row["price_id"]
                    outputs[key] = max(outputs.get(key, 0), row["mean_output"])
        return cls(models, outputs)

    def output_ratio(self, row: Row, target: str) -> float:
        """Return how much more the target writes than the model of a task; 1 when that is not known."""
        output = self.outputs.get((task_key(row)[:3], target))
        return output / row["mean_output"] if output and row["mean_output"] else 1.0


def _possible(row: Row, target: Listed) -> bool:
    """Say whether a model can do a task, as far as is known."""
    fits: bool = target.context_window is None or row["longest"] is None or row["longest"] <= target.context_window
    return fits and target.price_id != row["price_id"] and target.currency == row["currency"]


def _comparable(study: Study, row: Row, target: str, seen: _Seen) -> bool:
    """Say whether a model is worth comparing: named, of the same generation, or used for the same operation."""
    if generation(target) == generation(row["price_id"]):
        return True
    considered = target in study.options.candidates or target in seen.models[task_key(row)[:2]]
    return considered and (study.options.any_provider or seller(target) == seller(row["price_id"]))


def _amounts(
    study: Study, choices: Sequence[Choice], listed: dict[str, Listed]
) -> dict[tuple[TaskKey, str, str], Decimal]:
    """Return what each choice would save alone, by (task, price, target)."""
    params = CHEAPER.bind({**study.scope.params(), **_params(choices, listed)})
    columns = ", ".join(TASK_COLUMNS)
    _, rows = run(
        study.con,
        f"SELECT {columns}, price_id, variant, CAST(sum(saved) AS DECIMAL(38, 18)) FROM ({CHEAPER.sql}) GROUP BY ALL",
        params,
    )
    return {(tuple(row[:5]), row[5], row[6]): row[7] for row in rows}


def _best(options: Sequence[Choice], amount: Callable[[Choice], Decimal]) -> Choice | None:
    """Return the most saving one whose quality holds, else that the user named, else the next smaller one."""
    if holding := [c for c in options if c.verdict == "holds"]:
        return max(holding, key=amount)
    unknown = [c for c in options if c.verdict == "not known"]
    if named := [c for c in unknown if c.named]:
        return max(named, key=amount)
    siblings = [c for c in unknown if generation(c.target) == generation(c.price_id)]
    return min(siblings or unknown, key=amount, default=None)


def _explain(best: Choice, target: Listed, alternatives: list[Alternative], margin: float) -> Explanation:
    basis = f"The same tokens at the list price of {best.target} at the time of each call, cached input at its price."
    check = ["Tokens are counted as the present model counts them; another model may need more, and write more."]
    if best.verdict == "holds":
        basis += (
            f" Evaluations of both models show that scores hold within {margin:.0%} of the mean; at least, with the output"
            f" {best.output_ratio:.2f} times as long."
        )
        check.append("Is a higher score better in these evaluations, and do they cover what matters?")
    else:
        if best.evidence:
            basis += " The evaluations of both models do not settle whether the quality holds: at least nothing."
        else:
            basis += " No evaluation scores both models on this task: at least nothing."
        check.insert(0, "Measure before switching: evaluate both models on the same requests.")
    if target.context_window is None:
        check.append("Its context window is not known: does the longest input fit?")
    check.append("Does it support the tools, formats and languages that the task uses? The price list does not say.")
    return Explanation("medium" if best.verdict == "holds" else "low", basis, check, list(best.evidence), alternatives)


def _notes(study: Study) -> list[str]:
    unknown = [name for name in study.price_ids() if study.prices.listed(name) is None]
    if not unknown:
        return []
    return [f"The price list does not have {', '.join(unknown)}: no other price to compare with."]
