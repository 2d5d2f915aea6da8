from datetime import date

import duckdb
import pyarrow as pa
import pytest

from otel_cert.engine import earlier
from otel_cert.engine.earlier import Earlier

DAY = date(2026, 1, 1)


def traces(*numbers):
    return pa.table({"trace_id": pa.array([f"{n:032x}" for n in numbers], pa.string())})


@pytest.fixture
def con():
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE spans AS SELECT printf('%032x', i) AS trace_id,"
        " DATE '2026-01-01' + (i % 10)::INTEGER AS receive_day FROM range(100) t(i)"
    )
    return con


def test_new_traces_are_told_from_stored_and_from_computed_ones(con):
    known = Earlier()
    known.fill(con, ["spans"], DAY)
    known.add(traces(500))
    assert known.among(traces(7, 200, 500, 300), DAY) == traces(7, 500)


def test_what_is_too_old_to_be_looked_at_is_not_remembered(con):
    known = Earlier()
    known.fill(con, ["spans"], date(2026, 1, 6))
    assert known.among(traces(*range(10)), date(2026, 1, 6)) == traces(5, 6, 7, 8, 9)
    assert known.among(traces(*range(10)), date(2026, 1, 5)) == traces(*range(10)), "asked about days before"


def test_without_a_full_memory_every_trace_may_be_an_earlier_one(con, monkeypatch):
    assert Earlier().among(traces(1, 200), DAY) == traces(1, 200)
    monkeypatch.setattr(earlier, "CAPACITY", 10)
    known = Earlier()
    known.fill(con, ["spans"], DAY)
    assert known.among(traces(1, 200), DAY) == traces(1, 200)
