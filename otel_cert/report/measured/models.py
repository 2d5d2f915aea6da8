"""Which models were asked and which answered."""

from __future__ import annotations

from otel_cert.questions import MODELS, RATES
from otel_cert.report import tables, text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import WILSON, figure, numbered, of, table
from otel_cert.report.model import Block, Figures
from otel_cert.report.tables import right

_NOTE = (
    "Asked for and answered are shown apart: an alias such as `name-latest` hides that the provider replaced the"
    " model. A dash as the model that answered: the call failed, or it was not recorded."
)


def seen(context: Context) -> tuple[Block, ...]:
    """Return every model with its share of the calls, and how often another name answered than was asked for."""
    answer = context.ask(MODELS)
    if not answer.rows:
        return ()
    rows = [row | {"share": row["calls"] / answer.n} for row in answer.dicts()]
    columns = (*tables.models(), right("Share of calls", "share", text.share))
    return (*_renamed(context), table(context, "Models and versions seen", answer, columns, rows=rows, note=_NOTE))


def _renamed(context: Context) -> tuple[Block, ...]:
    rates = context.ask(RATES, by="total")
    shown = tuple(
        figure(
            context, rates, "Answered under another name than was asked for", "share", text.share, row=number, n=row["n"],
            note=of(row["hits"], row["n"], "call", row), method=WILSON,
        )
        for number, row in numbered(rates, rate="other_model")
    )  # fmt: skip
    return (Figures(shown),) if shown else ()


MEASURES = {"models_seen": seen}
HOW = {"models_seen": "No call is stored for this window."}
