"""A source finds in the column of a batch what it finds in each span alone."""

from typing import Any

import pytest

from otel_cert.semconv.columns import UNREADABLE, Columns
from otel_cert.semconv.combinators import EVENTS, NAME, STATUS, derived, first, has
from otel_cert.semconv.computed import Computed, Source, possible
from otel_cert.semconv.read import _step
from otel_cert.semconv.sources import event, exception, json, numbered, path, prefixed, present
from otel_cert.semconv.table import LOGS_SQL, SPANS_SQL, Batch, Spans
from tests.processors.rows import connect, span

_FAILED = {"name": "exception", "unix_ns": 5, "attributes": [("exception.type", "Timeout")], "attribute_types": "s"}


def batch(*attributes: dict[str, Any], **fields: Any) -> Batch:
    """Return spans of one form as they are read from the store."""
    rows = [span(each, number=n, status_code=n % 3, **fields) for n, each in enumerate(attributes, start=1)]
    con = connect(rows)
    (only,) = Spans(con.sql(SPANS_SQL).to_arrow_table(), con.sql(LOGS_SQL).to_arrow_table()).batches()
    return only


def column(source: Source, spans: Batch) -> list[Any] | None:
    """Return what a source finds in a batch once it is bound to its form."""
    (bound,) = _step("operation", [source], spans, {}).sources or (source,)
    return Columns(spans).all(bound)


SENT = (
    {"a": "x", "j": '{"n": 1}', "m.0.role": "user", "m.0.content": "Hi", "p.t": 0.5, "p.k": float("inf")},
    {"a": "", "j": '{"n": null}', "m.0.role": "system", "m.0.content": "", "p.t": 1.0, "p.k": 2.0},
    {"a": "y", "j": "{broken", "m.0.role": "", "m.0.content": "Ho", "p.t": 0.0, "p.k": -1.5},
)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (derived("a", lambda a, n, none: (a, n["n"] if n else n, none), json("j"), "absent"),
         [("x", 1, None), ("", None, None), ("y", None, None)]),
        (derived(NAME, lambda name, status: f"{name} {status}", STATUS), ["chat 1", "chat 2", "chat 0"]),
        (derived("absent", str, "a"), None),
        (first("absent", path("j", "n"), "a"), [1, "", "y"]),
        (has("absent", "a"), [True] * 3),
        (has("absent"), None),
        (present("a", "there"), ["there", None, "there"]),
        (numbered("m"), [[{"role": r, "content": c}] for r, c in (("user", "Hi"), ("system", ""), ("", "Ho"))]),
        (prefixed("p."), [{"t": 0.5, "k": "inf"}, {"t": 1.0, "k": 2.0}, {"t": 0.0, "k": -1.5}]),
        (prefixed("p.", but=("t", "k")), None),
        (exception("exception.type"), [None, "Timeout", None]),
        (event("other", "exception.type"), None),
    ],
)  # fmt: skip
def test_a_column_is_what_each_span_has(source: Source, found: list[Any] | None) -> None:
    spans = batch(*SENT, events=[_FAILED])
    assert column(source, spans) == found
    assert isinstance(source, Computed)
    assert [source(each) for each in spans.spans()] == (found or [None] * len(SENT))


def test_nothing_is_asked_where_nothing_can_be() -> None:
    spans = batch(*SENT)
    assert not any(possible(source, spans) for source in (EVENTS, numbered("n"), has("b"), derived("b", str, "a"), "b"))
    assert all(possible(source, spans) for source in (NAME, numbered("m"), has("a"), first("b", "a"), lambda _: 1, "a"))


def test_what_fails_in_one_span_is_unreadable_there_and_not_there_for_others() -> None:
    failing = derived("a", lambda a: {"x": 1, "": 2}[a])
    assert column(failing, batch(*SENT)) == [1, 2, UNREADABLE]
    assert column(derived(NAME, lambda _, found: found, failing), batch(*SENT)) == [1, 2, None]
