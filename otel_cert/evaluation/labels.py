"""People's labels: brought in with rater and guideline, kept as they came, given out as one label per answer."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from otel_cert.errors import NotFound, UsageError
from otel_cert.evaluation.formats import Bad
from otel_cert.evaluation.records import File, Row
from otel_cert.measures.accuracy.result import Model
from otel_cert.statistics.agreement import Agreement as Coefficient
from otel_cert.statistics.agreement import cohen_kappa, krippendorff_alpha
from otel_cert.store.files import lock, make_folder, write_json
from otel_cert.store.labels import Batch, batches, majority, votes
from otel_cert.store.layout import Layout

_WAIT_S = 5.0
_SHOWN = 5
_KEPT = ("stratum", "comment")


class Kappa(Model):
    """Agreement of two raters."""

    raters: tuple[str, str]
    """Who."""
    value: float | None
    """Cohen's kappa; null when they have no answer in common, or all their labels are the same."""
    low: float | None
    """Lower bound, 95 %; null where it cannot be told."""
    high: float | None
    """Upper bound."""
    n: int
    """Answers that both labelled."""
    agreed: int
    """Of these, labelled alike."""


class Agreement(Model):
    """How far raters agree."""

    raters: dict[str, int]
    """Rater -> answers labelled."""
    guidelines: tuple[str, ...]
    """SHA-256 of each guideline that was used; more than one means that raters were told different things."""
    answers: int
    """Answers with a label."""
    by_several: int
    """Of these, labelled by more than one rater."""
    disputed: int
    """Of these, with as many labels for as against."""
    alpha: float | None
    """Krippendorff's alpha, nominal, over all raters; null when nothing can be compared."""
    alpha_low: float | None
    """Lower bound, 95 %, bootstrap over answers."""
    alpha_high: float | None
    """Upper bound."""
    kappa: tuple[Kappa, ...]
    """Cohen's kappa of each pair of raters."""


def import_labels(layout: Layout, file: File, *, rater: str, guideline: str) -> tuple[Batch, int]:
    """Keep the labels of a file, and return them with the number of rows that have none.

    What is the same as the rater's import before is not kept again.

    Raises:
        NotFound: there is no such file.
        UsageError: a row is bad, or none has a label, or it is not said who labelled by what guideline: nothing is kept.

    """
    if not rater.strip() or not guideline.strip():
        raise UsageError("labels need a rater and a guideline", hint="give --rater NAME and --guideline FILE or TEXT")
    rows, empty = _read(File(file.path, file.names, _KEPT))
    told = hashlib.sha256(guideline.encode("utf-8", "replace")).hexdigest()
    draft = Batch(
        datetime.fromtimestamp(time.time_ns() / 1e9, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        rater, guideline, told, file.path.name, file.sha256, rows,
    )  # fmt: skip
    make_folder(layout.labels)
    with lock(layout.lock("labels"), "labels", wait_s=_WAIT_S):
        last = next((known for known in reversed(batches(layout)) if known.rater == rater), None)
        if last is not None and (last.guideline, last.rows) == (guideline, rows):
            return last, empty
        batch = Batch(**{**asdict(draft), "sha256": draft.hashed()})
        stamp = batch.time.replace("-", "").replace(":", "").replace(".", "")
        write_json(layout.labels / f"{stamp}-{batch.sha256[:16]}.json", asdict(batch))
    return batch, empty


def _read(file: File) -> tuple[list[dict[str, Any]], int]:
    """Return the labelled rows as they are kept, and how many have no label."""
    found, bad, empty = [], [], 0
    for row in file:
        if isinstance(row, Bad):
            bad.append(f"{row.place}: {row.why}")
        elif row.label is None:
            empty += 1
        else:
            found.append(_kept(row))
    if bad:
        more = f" and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
        raise UsageError(
            f"bad rows in {file.path}: {'; '.join(bad[:_SHOWN])}{more}", hint="nothing was kept; mend them"
        )
    if not found:
        raise UsageError(f"no row of {file.path} has a label", hint="label is 1 (supported) or 0 (unsupported)")
    return found, empty


def _kept(row: Row) -> dict[str, Any]:
    fields = {
        "id": row.id, "label": int(bool(row.label)),
        "spans": None if row.spans is None else [list(span) for span in row.spans],
        "document": row.cluster, "weight": row.weight, "question": row.question,
        "context": None if row.context is None else list(row.context), "answer": row.answer,
    }  # fmt: skip
    return fields | {name: value for name, value in row.groups.items() if value != "unknown"}


def export_labels(found: Sequence[Batch]) -> Iterator[dict[str, Any]]:
    """Yield a row per answer: the label of most raters, null where they are split evenly, and what each said.

    Raises NotFound when there are no labels.
    """
    if not found:
        raise NotFound("there are no labels here", hint="bring them in with `otel-cert label import FILE`")
    for by in votes(found).values():
        said = {rater: row["label"] for rater, row in by.items()}
        label = majority(said)
        # Spans and texts are of a rater who said the same as most.
        [row, *_] = [row for row in by.values() if row["label"] == label] or list(by.values())
        yield {**row, "label": label, "raters": said}


def agreement(found: Sequence[Batch]) -> Agreement:
    """Return how far the raters agree."""
    by_answer = votes(found)
    said = {id_: {rater: row["label"] for rater, row in by.items()} for id_, by in by_answer.items()}
    raters = Counter(rater for one in said.values() for rater in one)
    alpha = krippendorff_alpha(list(said.values()))
    return Agreement(
        raters=dict(raters.most_common()),
        guidelines=tuple(dict.fromkeys(batch.guideline_sha256 for batch in found)),
        answers=len(said),
        by_several=sum(len(one) > 1 for one in said.values()),
        disputed=sum(majority(one) is None for one in said.values()),
        alpha=alpha.value if alpha else None,
        alpha_low=alpha.low if alpha else None,
        alpha_high=alpha.high if alpha else None,
        kappa=tuple(_kappa(pair, list(said.values())) for pair in combinations(sorted(raters), 2)),
    )


def _kappa(pair: tuple[str, ...], said: Sequence[Mapping[str, int]]) -> Kappa:
    first, second = pair
    both = [(one[first], one[second]) for one in said if first in one and second in one]
    found: Coefficient | None = cohen_kappa([a for a, _ in both], [b for _, b in both])
    return Kappa(
        raters=(first, second),
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        n=len(both),
        agreed=sum(a == b for a, b in both),
    )
