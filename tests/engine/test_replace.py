from datetime import date, timedelta

import pyarrow as pa
import pytest

from otel_cert.engine.replace import replace
from otel_cert.schema import COSTS
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect
from otel_cert.store.tables import DeltaStore

DAY = date(2026, 1, 1)


@pytest.fixture
def delta(tmp_path):
    return DeltaStore(Layout.create(tmp_path))


def put(delta, traces, *rows, number=1):
    """Replace the rows of `traces` by (trace, span, reason[, day]); return all stored ones."""
    filled = [dict(zip(("trace_id", "span_id", "reason", "receive_day"), (*r, DAY)[:4], strict=True)) for r in rows]
    table = pa.Table.from_pylist(filled, COSTS.arrow)
    replace(delta, COSTS, pa.table({"trace_id": traces}), table, {"analysis/x": number})
    snapshots.publish(delta._layout, delta.versions([COSTS]))
    with connect(delta._layout.root) as con:
        return con.execute("SELECT trace_id, span_id, reason FROM costs ORDER BY ALL").fetchall()


def test_new_rows_are_appended_and_others_left_alone(delta):
    put(delta, ["a"], ("a", "1", "x"))
    assert put(delta, ["b"], ("b", "1", "y")) == [("a", "1", "x"), ("b", "1", "y")]


def test_rows_change_vanish_and_appear_in_one_commit(delta):
    put(delta, ["a", "b"], ("a", "1", "old"), ("a", "2", "goes"), ("b", "1", "stays"))
    version = delta.version("costs")
    after = put(delta, ["a"], ("a", "1", "new"), ("a", "3", "comes"))
    assert after == [("a", "1", "new"), ("a", "3", "comes"), ("b", "1", "stays")]
    assert delta.version("costs") == version + 1
    assert delta.marker("costs", "analysis/x") == 1


def test_all_rows_of_a_trace_can_vanish(delta):
    put(delta, ["a"], ("a", "1", "x"))
    assert put(delta, ["a"]) == []
    assert put(delta, ["a"]) == [], "and doing it again changes nothing"


def test_nothing_computed_for_traces_without_rows_writes_no_commit(delta):
    put(delta, ["a"])
    assert delta.version("costs") is None


def test_a_row_that_moves_to_another_day_is_one_row(delta):
    put(delta, ["a"], ("a", "1", "x"))
    assert put(delta, ["a"], ("a", "1", "y", DAY + timedelta(days=1))) == [("a", "1", "y")]


def test_a_key_that_comes_twice_is_one_row(delta):
    assert len(put(delta, ["a"], ("a", "1", "x"), ("a", "1", "y"))) == 1
    assert len(put(delta, ["a"], ("a", "1", "x"), ("a", "1", "y"))) == 1


def test_null_becomes_a_value_and_a_value_null(delta):
    put(delta, ["a"], ("a", "1", None))
    assert put(delta, ["a"], ("a", "1", "x")) == [("a", "1", "x")]
    assert put(delta, ["a"], ("a", "1", None)) == [("a", "1", None)]
