"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ablation import Without
from claim import Rebuilt
from data import CONSTRUCTED, GROUPS
from metrics import Reached

_HEAD = """\
# Accuracy: what each method reaches

Made by `python bench/accuracy/run.py DATA --write`; the answers, contexts and labels are other people's and no part of the
project. *Held out*: every figure of `aligned` is of documents that its weights were not fitted on, every threshold is chosen
on other documents. Sources marked * are under open licences, and only these were ever fitted on. Intervals: 95 %, documents
resampled.
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that should be reached."""

    name: str
    sources: tuple[str, ...]
    """Beginnings of the names of sources; their mean counts."""
    least: float
    bold: float
    figure: str = "auc"


GOALS = (
    Goal("SQuAD, answer of another article, AUC", ("squad_random",), 0.995, 0.999),
    Goal("SQuAD, answer of another paragraph, AUC", ("squad_samearticle",), 0.99, 0.998),
    Goal("number swaps, AUC", ("squad_numswap",), 0.97, 0.995),
    Goal("name swaps, AUC", ("squad_entswap",), 0.95, 0.98),
    Goal("number templates, AUC", ("numeric_templates",), 0.97, 0.995),
    Goal("RAGTruth QA, AUC", ("ragtruth_qa",), 0.80, 0.86),
    Goal("RAGTruth QA, F1 of the unsupported", ("ragtruth_qa",), 0.50, 0.62, "f1"),
    Goal("RAGTruth QA, F1 of characters", ("ragtruth_qa",), 0.40, 0.50, "span_f1"),
    Goal("HaluEval QA, AUC", ("halueval_qa",), 0.88, 0.95),
    Goal("AttributionBench, mean AUC", ("attr_",), 0.80, 0.86),
    Goal("SummEdits, mean AUC", ("summedits_",), 0.62, 0.72),
    Goal("FaithBench, AUC", ("faithbench",), 0.62, 0.70),
    Goal("BUMP, AUC", ("bump",), 0.69, 0.78),
    Goal("XQuAD Spanish, AUC", ("xquad_es",), 0.98, 0.99),
    Goal("XQuAD German, AUC", ("xquad_de",), 0.98, 0.99),
    Goal("XQuAD Greek, AUC", ("xquad_el",), 0.98, 0.99),
    Goal("SQuAD, plausible answer, AUC", ("squad_plausible",), 0.0, 0.75),
    Goal("SQuAD, answer to another question, AUC", ("squad_sameparagraph",), 0.0, 0.75),
)


def results(found: Mapping[str, Mapping[str, Reached]], rebuilt: Sequence[Rebuilt], without: Sequence[Without]) -> str:
    """Return the page."""
    parts = [_HEAD, _goals(found), _sources(found), _groups(found), _rebuilt(rebuilt), _without(without)]
    return "\n".join(parts)


def _goals(found: Mapping[str, Mapping[str, Reached]]) -> str:
    rows = []
    for goal in GOALS:
        seed, aligned = (_mean(found[method], goal.sources, goal.figure) for method in ("seed", "aligned"))
        least = f"{goal.least:.3g}" if goal.least else "no goal"
        rows.append((goal.name, _number(seed), _number(aligned), least, f"{goal.bold:.3g}", _said(aligned, goal)))
    for name, constructed, least, bold in (
        ("mean of all sources, AUC", True, 0.80, 0.85),
        ("mean of the sources that nobody constructed, AUC", False, 0.75, 0.80),
    ):
        seed, aligned = (_macro(found[method], constructed=constructed) for method in ("seed", "aligned"))
        rows.append(
            (
                name,
                _number(seed),
                _number(aligned),
                f"{least:.3g}",
                f"{bold:.3g}",
                _said(aligned, Goal(name, (), least, bold)),
            )
        )
    return "## Goals\n\n" + _table(("", "seed", "aligned", "least", "bold", "reached"), rows)


def _said(value: float | None, goal: Goal) -> str:
    if value is None:
        return "no data"
    return (
        "bold" if value >= goal.bold else "yes" if goal.least and value >= goal.least else "no" if goal.least else "-"
    )


def _sources(found: Mapping[str, Mapping[str, Reached]]) -> str:
    from data import OPEN

    rows = []
    for source, one in found["aligned"].items():
        seed = found["seed"][source]
        star = "*" if source.startswith(OPEN) else ""
        rows.append((
            source + star, str(one.n), _number(one.supported, 2), _with_interval(seed), _with_interval(one),
            _number(one.pr_auc), _number(one.f1), _number(one.balanced), _number(one.span_f1),
            _number(found["shorter is better"][source].auc), _number(found["copied"][source].auc),
        ))  # fmt: skip
    return "## Each source\n\n" + _table(
        ("source", "n", "supported", "seed AUC", "aligned AUC", "PR AUC of the unsupported", "F1 of the unsupported",
         "balanced accuracy", "F1 of characters", "shorter is better, AUC", "copied, AUC"), rows
    ) + (
        "\nThe last two columns are controls: how far the length of the answer, or the share of its words that stand in the"
        "\ncontext in a run of four, would do by itself.\n"
    )  # fmt: skip


def _groups(found: Mapping[str, Mapping[str, Reached]]) -> str:
    rows = [
        (name, *(_number(_mean(found[method], (beginning,), "auc")) for method in found))
        for name, beginning in GROUPS.items()
    ]
    return "## Means of sources, AUC\n\n" + _table(("", *found), rows)


def _rebuilt(rebuilt: Sequence[Rebuilt]) -> str:
    rows = [
        (
            one.protocol,
            str(one.n),
            f"{one.auc:.3f} ({_number(one.low)} to {_number(one.high)})",
            f"{one.at_default:.1%}",
            f"{one.best:.1%}",
        )
        for one in rebuilt
    ]
    return (
        '## "ROC AUC 0.961, accuracy 95.3 %"\n\nWhat the method `seed` reaches under each protocol on SQuAD 2.0. Answers of '
        "another article give about the\nnumber that was claimed; what is hard about SQuAD 2.0 does not.\n\n"
        + _table(("protocol", "n", "AUC", "accuracy at 0.7", "accuracy at the best threshold for these answers"), rows)
    )


def _without(without: Sequence[Without]) -> str:
    rows = [
        (f"`{one.name}`", f"{one.macro:+.4f}", one.source, f"{one.before:.3f}", f"{one.after:.3f}") for one in without
    ]
    return "## Without each feature\n\nFitted again without it, held out as above.\n\n" + _table(
        ("without", "mean AUC", "loses most", "with", "without"), rows
    )


def _mean(sources: Mapping[str, Reached], beginnings: tuple[str, ...], figure: str) -> float | None:
    values = [getattr(one, figure) for name, one in sources.items() if name.startswith(beginnings)]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _macro(sources: Mapping[str, Reached], *, constructed: bool) -> float | None:
    chosen = {name: one for name, one in sources.items() if constructed or not name.startswith(CONSTRUCTED)}
    return _mean(chosen, ("",), "auc")


def _with_interval(one: Reached) -> str:
    return "-" if one.auc is None else f"{one.auc:.3f} ({_number(one.low)} to {_number(one.high)})"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
