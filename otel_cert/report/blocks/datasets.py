"""Cards of the data sets that an organisation declares."""

from __future__ import annotations

from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Box, Column, Kind, Paragraph, Table
from otel_cert.report.system import Dataset

BASE_MODEL = (
    "The data with which a model of another provider was trained is unknown to us; what its provider says about it belongs"
    " into the supplier file (Annex XII)."
)
_BOX = Box(
    Kind.DECLARED,
    "datasets",
    "Data sets",
    "Which data sets are used for training, validation, testing and retrieval? Origin, date, size, hash, labels, gaps,"
    " licence, personal data of each.",
    "Telemetry shows that a store was asked, not where its content comes from or who it is about.",
    "Write it into system.yaml under `datasets`: a test set of 600 questions drawn from last year's tickets, labelled by two"
    " people, without those in other languages than English.",
    "Art. 10, Annex IV point 2(d)",
)


def datasets(context: Context) -> tuple[Block, ...]:
    """Return a card per data set; an open field when none is declared."""
    cards = tuple(_card(one, *context.declarer) for one in context.system.datasets)
    return (*(cards or (_BOX,)), Paragraph(BASE_MODEL))


def _card(one: Dataset, by: str, on: str) -> Table:
    named = {name: getattr(one, name) for name in Dataset.model_fields if name != "name"}
    rows = tuple((_label(name), value or f"{text.UNKNOWN} (not declared)") for name, value in named.items())
    return Table(f"Data set: {one.name}", (Column("What"), Column("Declared")), rows, by=by, on=on)


def _label(name: str) -> str:
    return "SHA-256" if name == "sha256" else name.replace("_", " ").capitalize()
