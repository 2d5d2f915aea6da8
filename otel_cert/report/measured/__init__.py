"""Measured blocks: for each kind of evidence of the law pack, what the tables say about it.

A function takes the context and returns blocks: figures, tables, charts, each with its source. An empty result says that
nothing was recorded that could show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from otel_cert.report.context import Context
from otel_cert.report.measured import (
    components,
    declared_incidents,
    drift,
    integrity,
    labelled,
    models,
    quality,
    record,
    reliability,
    signals,
    usage,
    versions,
)
from otel_cert.report.measured.observed import declared_observed
from otel_cert.report.measured.record import missing_data
from otel_cert.report.measured.suppliers import suppliers
from otel_cert.report.measured.versions import changes
from otel_cert.report.model import Block, Gap

Measure = Callable[[Context], tuple[Block, ...]]

_FAMILIES = (models, versions, components, usage, reliability, labelled, quality, drift, record, integrity, signals,
             declared_incidents)  # fmt: skip

MEASURES: Mapping[str, Measure] = {kind: measure for family in _FAMILIES for kind, measure in family.MEASURES.items()}
"""Id of an evidence kind (`models_seen`) -> what measures it. What is missing here is not yet measured."""

HOW: Mapping[str, str] = {kind: how for family in _FAMILIES for kind, how in family.HOW.items()}
"""Id -> what an application has to record so that there is something to measure, or why nothing does."""

__all__ = ["HOW", "MEASURES", "Measure", "changes", "declared_observed", "measured", "missing_data", "suppliers"]


def measured(context: Context, kind: str) -> tuple[Block, ...]:
    """Return the blocks of one kind of evidence; a gap with its reason where there are none."""
    what = next(one.what for one in context.pack.evidence if one.id == kind)
    measure = MEASURES.get(kind)
    if measure is None:
        return (Gap(what, HOW.get(kind, "Not yet measured by this version of otel-cert."), kind),)
    return measure(context) or (Gap(what, HOW.get(kind, "Nothing was recorded that could show it."), kind),)
