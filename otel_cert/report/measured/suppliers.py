"""Every model that the traces name beside what its supplier gave: Annex XII, contract, list of systemic risk."""

from __future__ import annotations

from collections.abc import Iterator

from otel_cert.questions import MODELS
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import CENSUS
from otel_cert.report.model import Block, Column, Paragraph, Table
from otel_cert.report.system import Supplier

_POINT = "annex-xii."
_OPEN = "not declared"
_HEADS = ("Information of the supplier", "Contract", "Systemic risk", "Annex XII received", "Annex XII missing")
_UNKNOWN = (
    "Of models that are used over an interface of their provider, the training data are unknown to whoever wrote"
    " this document; what is known of them is what the supplier states (Annex XII)."
)
_NOTE = "What is not declared in `suppliers` of system.yaml is shown as not declared, not as not received."


def suppliers(context: Context) -> tuple[Block, ...]:
    """Return a row per model that was asked for, and one per declared supplier whose model was not seen."""
    answer = context.ask(MODELS)
    declared = {one.model: one for one in context.system.suppliers}
    points = [one.id.removeprefix(_POINT) for one in context.pack.requirements if one.id.startswith(_POINT)]
    calls: dict[tuple[str | None, str | None], int] = {}
    answered: dict[tuple[str | None, str | None], list[str]] = {}
    for row in answer.dicts():
        asked = row["provider"], row["request_model"] or row["response_model"]
        calls[asked] = calls.get(asked, 0) + row["calls"]
        answered.setdefault(asked, []).extend(filter(None, [row["response_model"]]))
    rows, used = [], set[str]()
    for (provider, name), count in sorted(calls.items(), key=lambda item: (-item[1], str(item[0]))):
        names = [n for n in (name, *answered[provider, name]) if n is not None]
        supplier = next((declared[n] for n in names if n in declared), None)
        used |= set(names)
        seen = (
            text.words(name),
            ", ".join(dict.fromkeys(answered[provider, name])) or text.UNKNOWN,
            text.words(provider),
        )
        rows.append((*seen, text.count(count), *_state(supplier, points)))
    rows += [
        (one.model, text.UNKNOWN, text.words(one.provider), "not seen", *_state(one, points))
        for one in declared.values()
        if one.model not in used
    ]
    if not rows:
        return ()
    first = (Column("Model asked for"), Column("Answered by"), Column("Provider"), Column("Calls", "right"))
    columns = (*first, *map(Column, _HEADS))
    source = context.source(answer, method=CENSUS)
    return (
        Table("Models seen and what their suppliers gave", columns, tuple(rows), source, _NOTE),
        Paragraph(_UNKNOWN),
    )


def _state(supplier: Supplier | None, points: list[str]) -> Iterator[str]:
    """Yield the cells of what is declared; without a supplier every point is missing."""
    if supplier is None:
        yield from (_OPEN, _OPEN, "unknown", text.UNKNOWN, ", ".join(points))
        return
    received = [point for point in points if supplier.annex_xii.get(point, "").strip()]
    yield supplier.document or _OPEN
    yield supplier.contract or _OPEN
    yield supplier.systemic_risk
    yield ", ".join(received) or text.UNKNOWN
    yield ", ".join(point for point in points if point not in received) or "none"
