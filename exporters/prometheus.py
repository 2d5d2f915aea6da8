"""The exporter `prometheus`: answers of the store as metrics on the receiver's page `/metrics`.

All are gauges over a trailing window: a late span or a new price corrects a sum downwards too, which a counter cannot say.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.units import Seconds, format_duration
from otel_cert.exposition import Family
from otel_cert.questions import EVALUATIONS, UNMEASURED, USAGE, Answer, ask
from otel_cert.store import page, snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

Label = Literal["provider", "model", "operation", "service", "environment"]

METRICS: Mapping[str, tuple[str, str]] = {
    "genai_calls": ("", "Calls to model providers, failed ones included."),
    "genai_failed_calls": ("", "Calls that failed."),
    "genai_call_errors": ("error_class", "Calls that failed, by class of the error; a class without calls has no value."),
    "genai_duplicated_calls": ("", "Calls that more than one instrumentation recorded; each is counted once."),
    "genai_tokens": (
        "kind", "Tokens of the calls that report them. cache_read and cache_write are part of input, reasoning of output.",
    ),
    "genai_cost": ("currency", "Cost of the priced calls, in the currency of the price."),
    "genai_priced_calls": ("", "Calls with a known cost."),
    "genai_unpriced_calls": ("reason", "Calls without a known cost, by reason; a reason without calls has no value."),
    "genai_call_duration_seconds": ("percentile", "Duration of the calls that succeeded."),
    "genai_time_to_first_token_seconds": ("percentile", "Time to first token of the calls that succeeded."),
    "genai_calls_without_token_entropy": (
        "provider, reason", "Calls whose tokens have no figures, by reason; see docs/entropy.md.",
    ),
    "evaluations": ("evaluation, evaluator", "Evaluations of calls, failed ones included."),
    "evaluation_score": ("evaluation, evaluator", "Mean of the scores; the scale is the evaluator's."),
    "figures_timestamp_seconds": ("", "When these figures were computed, seconds since 1970."),
    "figures_snapshot": ("", "Number of the store's snapshot that they were computed from."),
    "figures_window_seconds": ("", "How far back they reach."),
    "figures_other_label_sets": ("", "Label sets that are put together as `other` because of `max_series`."),
}  # fmt: skip
"""Name without `otel_cert_` -> (labels beside `window` and the configured ones, meaning)."""
_TOKENS = ("input", "cache_read", "cache_write", "output", "reasoning")


class PrometheusSettings(Settings):
    """Settings of the exporter `prometheus`."""

    window: Seconds = Field(default=3600.0, gt=0)
    """How far back the figures reach: calls that started within this time."""
    every: Seconds = Field(default=30.0, gt=0)
    """How often they are computed."""
    labels: tuple[Label, ...] = ("provider", "model", "service")
    """What to tell calls apart by."""
    max_series: int = Field(default=500, ge=1)
    """Most label sets; those with the fewest calls beyond it are put together as `other`."""


class PrometheusExporter:
    """Computes the figures and leaves them for the page; has no state."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings

    @property
    def every_s(self) -> float:
        """Seconds between two computations."""
        return self._settings.every

    def run(self, layout: Layout, id_: str) -> None:
        """Compute the figures of the window that ends now; nothing before the first data."""
        if not snapshots.latest(layout).number:
            return
        now_ns = time.time_ns()
        window = {"since_ns": now_ns - int(self._settings.window * 1e9), "until_ns": now_ns}
        with connect(layout.root) as con:
            usage = ask(
                con, USAGE, **window, labels=",".join(self._settings.labels), max_sets=self._settings.max_series
            )
            evaluations = ask(con, EVALUATIONS, **window)
            unmeasured = ask(con, UNMEASURED, **window)
        page.show(layout, id_, self.families(usage, evaluations, unmeasured, now_ns))

    def families(self, usage: Answer, evaluations: Answer, unmeasured: Answer, now_ns: int) -> Iterator[Family]:
        """Yield the metrics of three answers, without those that have no value."""
        found = {name: _family(name, doc) for name, (_, doc) in METRICS.items()}
        window = {"window": format_duration(self._settings.window)}
        others = 0
        for row in usage.dicts():
            others += row["sets_in_other"]
            _add_usage(found, row, window | {name: row[name] or "" for name in self._settings.labels})
        for row in evaluations.dicts():
            _add_evaluation(found, row, window | {"evaluation": row["evaluation_name"], "evaluator": row["evaluator"]})
        for row in unmeasured.dicts():
            if row["reason"] is not None:
                labels = {"provider": row["provider"] or "", "reason": row["reason"]}
                found["genai_calls_without_token_entropy"].add(row["calls"], **window, **labels)
        found["figures_timestamp_seconds"].add(now_ns / 1e9, **window)
        found["figures_snapshot"].add(usage.snapshot, **window)
        found["figures_window_seconds"].add(self._settings.window, **window)
        found["figures_other_label_sets"].add(others, **window)
        return (family for family in found.values() if family.samples)


def _family(name: str, doc: str) -> Family:
    return Family(f"otel_cert_{name}", "gauge", doc, "seconds" if name.endswith("_seconds") else "")


def _add_usage(found: Mapping[str, Family], row: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    for name, column in (
        ("genai_calls", "calls"),
        ("genai_failed_calls", "errors"),
        ("genai_duplicated_calls", "duplicated_calls"),
        ("genai_priced_calls", "priced_calls"),
    ):
        found[name].add(row[column], **labels)
    for kind in _TOKENS:
        found["genai_tokens"].add(row[f"{kind}_tokens"], **labels, kind=kind)
    for name, column, label in (
        ("genai_call_errors", "error_classes", "error_class"),
        ("genai_unpriced_calls", "unpriced_reasons", "reason"),
        ("genai_cost", "cost", "currency"),
    ):
        for key, value in (row[column] or {}).items():
            found[name].add(value, **labels, **{label: key})
    for percentile in ("50", "95", "99"):
        found["genai_call_duration_seconds"].add(row[f"p{percentile}_s"], **labels, percentile=percentile)
    for percentile in ("50", "95"):
        found["genai_time_to_first_token_seconds"].add(row[f"ttft_p{percentile}_s"], **labels, percentile=percentile)


def _add_evaluation(found: Mapping[str, Family], row: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    found["evaluations"].add(row["evaluations"], **labels)
    found["evaluation_score"].add(row["mean_score"], **labels)


FACTORY = Factory(
    type="prometheus",
    kind=Kind.EXPORTER,
    config=PrometheusSettings,
    create=PrometheusExporter,
    stability=Stability.BETA,
    doc="Shows cost, tokens, calls, errors, latency and evaluations for Prometheus at `/metrics` of the HTTP port.",
    signals=(Signal.ANALYSIS,),
)
