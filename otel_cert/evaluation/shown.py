"""Evaluations and calibrations as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from otel_cert.evaluation.calibrate import Calibrating
from otel_cert.evaluation.estimate import Estimate
from otel_cert.evaluation.evaluate import Evaluation, Example, Registration
from otel_cert.evaluation.labels import Agreement
from otel_cert.evaluation.quality import Quality
from otel_cert.report import text
from otel_cert.report.registration import registered

OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
"""Around unsupported words, where nothing can be underlined."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of text: an answer may hold what a terminal would obey."""
_LONGEST = 400


def printable(value: str) -> str:
    """Return text that is safe to print, with the same offsets."""
    return _UNPRINTABLE.sub("\ufffd", value)


def marked(answer: str, spans: Sequence[tuple[int, int]], opening: str = OPEN, closing: str = CLOSE) -> str:
    """Return an answer, safe to print, with marks around spans; spans that overlap or touch are one."""
    parts, at = [], 0
    for start, end in _merged(spans, len(answer)):
        parts += [printable(answer[at:start]), opening, printable(answer[start:end]), closing]
        at = end
    return "".join([*parts, printable(answer[at:])])


def _merged(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        end = min(end, length)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:
            found.append((start, end))
    return found


def figures(found: Evaluation) -> list[list[str]]:
    """Return the rows of figure, value, interval, n, and how the interval was computed."""
    rows = [_row(found.term.capitalize(), found.support_rate)]
    if found.quality is not None:
        rows += _quality(found.quality)
    return rows


def _quality(found: Quality) -> list[list[str]]:
    shown = {
        "Accuracy": found.accuracy,
        "Balanced accuracy": found.balanced_accuracy,
        "Sensitivity (unsupported answers flagged)": found.sensitivity,
        "Specificity (supported answers passed)": found.specificity,
        "Precision (flagged answers unsupported)": found.precision,
        "F1 of unsupported answers": found.f1,
    }
    areas = {"Kappa with labels": found.kappa, "ROC AUC": found.roc_auc, "Average precision": found.average_precision}
    return [
        *(_row(name, one) for name, one in shown.items()),
        *(_row(name, one, share=False) for name, one in areas.items()),
    ]


def _row(name: str, one: Estimate | None, *, share: bool = True) -> list[str]:
    if one is None:
        return [name, text.UNKNOWN, text.UNKNOWN, text.UNKNOWN, "not defined: a kind of answer is missing"]
    if share:
        return [name, text.percent(one.value), text.interval(one.low, one.high), text.count(one.n), one.interval]
    bounds = text.UNKNOWN if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
    return [name, f"{one.value:.3f}", bounds, text.count(one.n), one.interval]


COLUMNS = ("Figure", "Value", "95 % interval", "n", "Interval from")
GROUP_COLUMNS = ("Group", "Answers", "Support rate (proxy)", "95 % interval")


def groups(found: Evaluation) -> list[list[str]]:
    """Return the rows of the groups."""
    return [
        [
            printable(one.key),
            text.count(one.n),
            text.percent(one.support_rate.value if one.support_rate else None),
            text.interval(*((one.support_rate.low, one.support_rate.high) if one.support_rate else (None, None))),
        ]
        for one in found.groups
    ]


def examples(found: Evaluation) -> Iterator[str]:
    """Yield the worst and the typical answers with their unsupported words."""
    for title, of in (("Least supported", found.worst), ("Typical", found.typical)):
        if of:
            yield f"{title}:"
            for one in of:
                yield from _example(one)


def _example(one: Example) -> Iterator[str]:
    label = "" if one.label is None else f", labelled {'supported' if one.label else 'unsupported'}"
    answer = marked(one.answer, [(mark.start, mark.end) for mark in one.unsupported])
    shown = answer if len(answer) <= _LONGEST else f"{answer[:_LONGEST]}..."
    yield f"  {one.score:.3f}  {printable(str(one.id))}{label}"
    yield f"         {' '.join(shown.split())}"
    for message in dict.fromkeys(mark.message for mark in one.unsupported[:3]):
        yield f"         - {printable(message)}"


def sentences(found: Evaluation) -> Iterator[str]:
    """Yield what the figures rest on."""
    kept = f"{found.scored:,} of {text.plural(found.rows, 'row')} scored"
    versions = ", ".join(f"{name} {value}" for name, value in found.versions.items())
    yield f"{kept} by {found.method}" + (f" ({versions})" if versions else "")
    yield f"threshold {found.threshold:g}: {found.threshold_source}" + _registered(found.registration)
    if found.clusters is not None:
        yield f"{found.clusters:,} different documents or conversations: answers of one are resampled together"
    if found.unscored:
        yield f"{text.plural(found.unscored, 'row')} not scored, part of no rate: {text.counts(found.unscored_reasons)}"
    if found.bad:
        yield f"{text.plural(found.bad, 'bad row')} left out: " + "; ".join(_bad(found))
    if found.quality is None:
        yield "No labels: the rate says what the method finds, not how often it is right."
    elif found.quality.weighted:
        yield "Figures are weighted as the sampling plan says."
    yield from found.notes


def _bad(found: Evaluation) -> Iterator[str]:
    for one in found.bad_rows[:3]:
        yield printable(f"{one.place}: {one.why}")
    if found.bad > 3:
        yield f"and {found.bad - 3:,} more"


def _registered(found: Registration | None) -> str:
    if found is None:
        return ""
    if not found.registered:
        return "; not registered"
    return "; " + registered(found.time or "", printable(found.who or ""), found.before_window)


def calibration_figures(found: Calibrating) -> list[list[str]]:
    """Return the rows of the calibration: what to expect, on answers that the threshold was not chosen on."""
    return _quality(found.reported)


def calibration_sentences(found: Calibrating) -> Iterator[str]:
    """Yield how the threshold was chosen, and what became of the model."""
    one = found.calibration
    yield (
        f"threshold {one.threshold:.6g} for {one.method}: best {one.objective} on {text.plural(one.n_chosen, 'answer')};"
        f" the figures are of {one.n_reported:,} others, of other documents (seed {one.seed})"
    )
    if found.unscored:
        yield f"{text.plural(found.unscored, 'labelled answer')} without a score: part of no figure"
    gain = "" if found.model.gain is None else f" (gain {found.model.gain.value:+.3f}, {_three(found.model.gain)})"
    yield f"model over part scores {'used' if found.model.used else 'not used'}: {found.model.why}{gain}"
    reliability = found.reliability
    yield f"expected calibration error {reliability.expected_calibration_error:.3f}, Brier {reliability.brier:.3f}"


def _three(one: Estimate) -> str:
    return "no interval" if one.low is None or one.high is None else f"{one.low:+.3f} to {one.high:+.3f}"


AGREEMENT_COLUMNS = ("Raters", "Coefficient", "Value", "95 % interval", "Answers of both", "Labelled alike")


def agreement(found: Agreement) -> list[list[str]]:
    """Return a row per pair of raters, and one over all."""
    rows = [
        [
            printable(" and ".join(one.raters)),
            "Cohen's kappa",
            text.UNKNOWN if one.value is None else f"{one.value:.3f}",
            _range(one.low, one.high),
            text.count(one.n),
            text.count(one.agreed),
        ]
        for one in found.kappa
    ]
    value = text.UNKNOWN if found.alpha is None else f"{found.alpha:.3f}"
    bounds = _range(found.alpha_low, found.alpha_high)
    return [*rows, ["all", "Krippendorff's alpha", value, bounds, text.count(found.by_several), text.UNKNOWN]]


def agreement_sentences(found: Agreement) -> Iterator[str]:
    """Yield how much was labelled, by whom, and what casts doubt on it."""
    yield f"{text.plural(found.answers, 'answer')} labelled by {printable(text.counts(found.raters)) or 'nobody'}"
    if found.disputed:
        yield f"{text.plural(found.disputed, 'answer')} with as many labels for as against: exported without a label"
    if len(found.guidelines) > 1:
        yield f"{len(found.guidelines)} different guidelines were used: raters were not told the same"


def _range(low: float | None, high: float | None) -> str:
    return text.UNKNOWN if low is None or high is None else f"{low:.3f} to {high:.3f}"
