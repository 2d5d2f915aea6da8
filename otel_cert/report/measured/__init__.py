"""Measured blocks: for each kind of evidence of the law pack, what the tables say about it.

A function takes the context and returns blocks: figures, tables, charts, each with its source. An empty result says that
nothing was recorded that could show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from otel_cert.report.context import Context
from otel_cert.report.model import Block, Gap

Measure = Callable[[Context], tuple[Block, ...]]

MEASURES: Mapping[str, Measure] = {}
"""Id of an evidence kind (`models_seen`) -> what measures it. What is missing here is not yet measured."""

HOW: Mapping[str, str] = {}
"""Id -> what an application has to record so that there is something to measure."""


def measured(context: Context, kind: str) -> tuple[Block, ...]:
    """Return the blocks of one kind of evidence; a gap with its reason where there are none."""
    what = next(one.what for one in context.pack.evidence if one.id == kind)
    measure = MEASURES.get(kind)
    if measure is None:
        return (Gap(what, "Not yet measured by this version of otel-cert.", kind),)
    return measure(context) or (Gap(what, HOW.get(kind, "Nothing was recorded that could show it."), kind),)
