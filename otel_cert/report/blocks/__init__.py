"""Blocks that documents name and code makes, each from the context of the set."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from otel_cert.report.blocks.annex_iv import annex_iv
from otel_cert.report.blocks.classification import classification, exemption
from otel_cert.report.blocks.datasets import datasets
from otel_cert.report.blocks.glossary import glossary
from otel_cert.report.blocks.incidents import incidents
from otel_cert.report.blocks.law import law
from otel_cert.report.blocks.limits import limits
from otel_cert.report.blocks.matrix import matrix
from otel_cert.report.blocks.sign_off import sign_off
from otel_cert.report.blocks.thresholds import thresholds
from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.measured import declared_observed, missing_data, suppliers
from otel_cert.report.model import Block

BLOCKS: Mapping[str, Callable[[Context], tuple[Block, ...]]] = {
    "annex_iv": annex_iv,
    "changes": lambda context: shown(context, "change_log"),
    "classification": classification,
    "datasets": datasets,
    "declared_observed": declared_observed,
    "evidence": lambda _context: (),  # of one document, not of the set: made by `build`
    "exemption": exemption,
    "glossary": glossary,
    "incidents": incidents,
    "law": law,
    "limits": limits,
    "matrix": matrix,
    "missing_data": missing_data,
    "sign_off": sign_off,
    "suppliers": suppliers,
    "thresholds": thresholds,
}
"""Name in an outline -> what makes it."""

BACK: Mapping[str, str] = {
    "law": "Law and dates",
    "limits": "Limits of this document",
    "sign_off": "Sign-off",
    "evidence": "Evidence",
}
"""Blocks that end every document that does not place them itself, with the title of their section."""
