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
_UNKNOWN = (
    "Of models that are used over an interface of their provider, the training data are unknown to whoever wrote this document;"
    " what is known of them is what the supplier states (Annex XII)."
)
_NOTE = "What is not declared in `suppliers` of system.yaml is shown as not declared, not as not received."


def suppliers(context: Context) -> tuple[Block, ...]:
    """Return a row per model of the traces, and one per declared supplier whose model was not seen."""
    answer = context.ask(MODELS)
    declared = {one.model: one for one in context.system.suppliers}
    points = [one.id.removeprefix(_POINT) for one in context.pack.requirements if one.id.startswith(_POINT)]
    rows, known = [], set[str]()
    seen: dict[tuple[str | None, str | None], int] = {}
    for row in answer.dicts():
        for name in dict.fromkeys((row["request_model"], row["response_model"])):
            if name is not None:
                seen[row["provider"], name] = seen.get((row["provider"], name), 0) + row["calls"]
    for (provider, name), calls in sorted(seen.items(), key=lambda item: (-item[1], str(item[0]))):
        known.add(str(name))
        rows.append(
            (text.words(name), text.words(provider), text.count(calls), *_state(declared.get(str(name)), points))
        )
    rows += [
        (one.model, text.words(one.provider), "not seen", *_state(one, points))
        for one in declared.values()
        if one.model not in known
    ]
    if not rows:
        return ()
    heads = ("Information of the supplier", "Contract", "Systemic risk", "Annex XII received", "Annex XII missing")
    columns = (Column("Model"), Column("Provider"), Column("Calls", "right"), *map(Column, heads))
    table = Table(
        "Models seen and what their suppliers gave", columns, tuple(rows), context.source(answer, method=CENSUS), _NOTE
    )
    return (table, Paragraph(_UNKNOWN))


def _state(supplier: Supplier | None, points: list[str]) -> Iterator[str]:
    if supplier is None:
        yield from (_OPEN, _OPEN, "unknown", text.UNKNOWN, ", ".join(points))
        return
    received = [point for point in points if supplier.annex_xii.get(point, "").strip()]
    yield supplier.document or _OPEN
    yield supplier.contract or _OPEN
    yield supplier.systemic_risk
    yield ", ".join(received) or text.UNKNOWN
    yield ", ".join(point for point in points if point not in received) or "none"
