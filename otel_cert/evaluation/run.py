"""Evaluating and calibrating from end to end: read, score, sum up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from otel_cert.errors import UsageError
from otel_cert.evaluation.calibrate import Calibrating
from otel_cert.evaluation.calibrate import calibrate as calibrate_outcomes
from otel_cert.evaluation.evaluate import Evaluation, Registration, evaluation
from otel_cert.evaluation.records import File, Source, clean
from otel_cert.evaluation.sample import Plan, check_sheet, draw, write_sheet
from otel_cert.evaluation.scoring import Outcomes, joined, read_scores, score
from otel_cert.measures.accuracy.calibrated import Calibration, calibrated
from otel_cert.measures.accuracy.measure import threshold_of
from otel_cert.measures.accuracy.method import Method
from otel_cert.measures.accuracy.method import method as find_method
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import registered_before

Progress = Callable[[str, int, int], None]


_MAP = "say which one holds the answers: --map answer=NAME; a CSV file has commas between its columns"


def _silent(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Judge:
    """A method and the threshold that it is judged by; of the threshold's sources the first that is given holds."""

    method: str | Method = "aligned"
    options: Mapping[str, Any] = field(default_factory=dict)
    threshold: float | None = None
    calibration: Calibration | None = None
    preset: str | None = None

    def made(self) -> tuple[Method, tuple[float, str]]:
        """Return the method, and the threshold with where it comes from; raises UsageError."""
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError(f"the threshold {self.threshold} is not between 0 and 1")
        if self.calibration is not None and self.preset is not None:
            raise UsageError("a calibration and a preset both choose a threshold", hint="give one of them")
        made = find_method(self.method, **self.options) if isinstance(self.method, str) else self.method
        if self.calibration is not None:
            made = calibrated(self.calibration, made)
        return made, threshold_of(made, self.threshold, self.preset)


def evaluate_answers(
    source: Source,
    judge: Judge | None = None,
    *,
    group_by: str | None = None,
    data_dir: Path | None = None,
    progress: Progress = _silent,
) -> tuple[Evaluation, Outcomes]:
    """Score the answers of a file, or stored ones, and sum up.

    Args:
        source: of which `groups` holds `group_by`.
        judge: how they are scored and judged; the default method and threshold if not given.
        group_by: a field of the source.
        data_dir: the data directory whose registered thresholds are asked; it need not exist.
        progress: told (what, done, total) on the way.

    Raises:
        NotFound: there is no such file.
        UsageError: it cannot be read, or the judge makes no sense.

    """
    judge = judge or Judge()
    method, threshold = judge.made()
    outcomes = score(source, method, threshold[0], progress=progress)
    check_any(source, outcomes)
    known = registration(Layout(data_dir), threshold[0], method.name, source.start_ns) if data_dir else None
    found = evaluation(
        outcomes,
        source=source.name,
        source_sha256=source.sha256,
        method=method.name,
        versions=method.versions,
        threshold=threshold,
        registration=known,
        group_by=group_by,
        notes=tuple(_notes(source, judge)),
    )
    return found, outcomes


def calibrate_file(
    file: File,
    judge: Judge | None = None,
    *,
    scores: Path | None = None,
    objective: str = "balanced-accuracy",
    seed: int = 0,
    progress: Progress = _silent,
) -> Calibrating:
    """Choose a threshold from the labels of a file.

    Args:
        file: rows with labels; answers and contexts are needed only without `scores`.
        judge: whose method scores them; its threshold is of no matter.
        scores: a file of scores, as `evaluate --scores` writes it, instead of scoring.
        objective: what to make greatest.
        seed: of the split.
        progress: told (what, done, total) on the way.

    Raises:
        NotFound: there is no such file.
        UsageError: there are too few labels, or something cannot be read.
        CheckFailed: no threshold reaches what is asked for.

    """
    judge = replace(judge or Judge(), threshold=None, calibration=None, preset=None)
    if scores is None:
        method, threshold = judge.made()
        outcomes = score(file, method, threshold[0], progress=progress)
        name, versions = method.name, dict(method.versions)
    else:
        outcomes = joined(file, read_scores(scores))
        name, versions = judge.method if isinstance(judge.method, str) else judge.method.name, {}
    check_any(file, outcomes)
    return calibrate_outcomes(
        outcomes,
        method=name,
        versions=versions,
        source=clean(file.path.name),
        source_sha256=file.sha256 or "",
        objective=objective,
        seed=seed,
    )


def optimized(file: File, judge: Judge, objective: str, progress: Progress = _silent) -> Judge:
    """Return the judge with the calibration that the labels of `file` give; raises as `calibrate_file`."""
    found = calibrate_file(file, judge, objective=objective, progress=progress)
    return replace(judge, calibration=found.calibration, threshold=None, preset=None)


def sample_answers(
    source: Source,
    output: Path,
    number: int,
    *,
    seed: int = 0,
    by: Sequence[str] = (),
    judge: Judge | None = None,
    scores: Path | None = None,
    progress: Progress = _silent,
) -> Plan:
    """Draw answers into a sheet, and return the plan; strata are of scores, of a file or by a judge, and of fields.

    Args:
        source: of which `groups` holds `by`.
        output: the sheet; the plan is written beside it.
        number: how many to draw.
        seed: the same source and seed give the same answers.
        by: fields that divide strata further.
        judge: whose scores divide; None = no scores, unless `scores` has them.
        scores: a file of scores.
        progress: told (what, done, total) on the way.

    Raises:
        NotFound: there is no such file.
        UsageError: there is nothing to draw, the source is standard input, which cannot be read twice, or the sheet has
            another ending, or labels already.

    """
    if source.name == "-":
        raise UsageError("a sample is drawn from a file, which is read twice", hint="write the rows to a file first")
    check_sheet(output)
    if scores is not None:
        outcomes = joined(source, read_scores(scores))
    elif judge is not None:
        method, threshold = judge.made()
        outcomes = score(source, method, threshold[0], progress=progress)
    else:
        outcomes = joined(source, {})
    check_any(source, outcomes)
    if isinstance(source, File) and source.nameless and not outcomes.scored:
        raise UsageError(source.nameless, hint=_MAP)
    plan, drawn = draw(outcomes, number, seed=seed, source=source.name, source_sha256=source.sha256, by=by)
    write_sheet(output, source, drawn, plan)
    return plan


def _notes(source: Source, judge: Judge) -> Iterator[str]:
    if judge.calibration is not None and judge.calibration.labels_sha256 == source.sha256:
        yield "The threshold was chosen on half of these very answers: the figures are too good."
    if isinstance(source, File) and source.nameless:
        yield f"{source.nameless[0].upper()}{source.nameless[1:]}. {_MAP[0].upper()}{_MAP[1:]}."


def registration(layout: Layout, threshold: float, method: str, start_ns: int | None) -> Registration:
    """Return whether a threshold was registered, and when."""
    found = registered_before(layout, threshold, method, start_ns)
    if found is None:
        return Registration(registered=False, before_window=None, time=None, who=None, sha256=None)
    entry, before = found
    return Registration(registered=True, before_window=before, time=entry.time, who=entry.who, sha256=entry.sha256)


def check_any(source: Source, outcomes: Outcomes) -> None:
    """Raise UsageError when nothing at all could be read."""
    if outcomes.bad and not outcomes.scored and not outcomes.unscored:
        first = "; ".join(f"{one.place}: {one.why}" for one in outcomes.bad[:3])
        raise UsageError(
            f"no row of {source.name} could be read: {first}",
            hint='a row is e.g. {"id": "a", "answer": "...", "context": "..."}',
        )


def options(pairs: Sequence[str]) -> dict[str, Any]:
    """Return settings of a method from `KEY=VALUE`; values are read as in YAML, so 3 is a number."""
    import yaml

    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise UsageError(f"{pair!r} is no setting", hint="write e.g. --method-option model=PATH")
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            found[key] = value
    return found
