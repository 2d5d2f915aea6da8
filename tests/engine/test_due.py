import pytest

from otel_cert.engine import due as due_module
from otel_cert.engine.due import DueTraces
from otel_cert.schema import LOGS, SPANS
from otel_cert.store import snapshots
from otel_cert.store.query import show_table, utc_connection
from tests.stored import Store, body, chat, log_body, plain

SECOND = 10**9


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def observed(store, due):
    """Show `due` what is sealed, and return the newest time of reception."""
    snapshot = store.snapshot()
    with utc_connection() as con:
        con.execute("CREATE SCHEMA stored")
        for table in (SPANS, LOGS):
            show_table(con, table, snapshots.table_files(store.layout, snapshot, table.name), schema="stored")
        due.observe(con, snapshot.sealed)
    return store.rows("SELECT max(received_unix_ns) FROM spans")[0][0]


def ids(traces):
    return [int(t, 16) for t in traces["trace_id"].to_pylist()]


def test_a_trace_waits_until_it_is_quiet_or_old(store):
    due = DueTraces({}, quiet_s=15, max_age_s=300)
    store.send(body(chat(1)))
    store.seal()
    first = observed(store, due)
    assert ids(due.due(first + 14 * SECOND, limit_rows=100)) == []
    assert ids(due.due(first + 15 * SECOND, limit_rows=100)) == [1]
    assert ids(due.due(first, limit_rows=100, force=True)) == [1]
    assert due.waiting() == 1


def test_a_waiting_trace_holds_the_position_back(store):
    due = DueTraces({}, quiet_s=0, max_age_s=0)
    store.send(body(chat(1)), body(chat(2)), body(chat(1, 11)))
    store.seal()
    observed(store, due)
    assert due.positions() == {"otlp": 0}
    both = due.due(2**62, limit_rows=100)
    due.done(both.slice(0, 1))
    assert due.positions() == {"otlp": 1}
    due.done(both)
    assert due.positions() == {"otlp": 3}
    observed(store, due)
    assert due.waiting() == 0


def test_a_late_log_record_makes_its_trace_due_again(store):
    due = DueTraces({}, quiet_s=0, max_age_s=0)
    store.send(body(chat(1)))
    store.seal()
    observed(store, due)
    due.done(due.due(2**62, limit_rows=100))
    store.send(log_body(1, "late"), signal="logs")
    store.seal()
    observed(store, due)
    assert ids(due.due(2**62, limit_rows=100)) == [1]


def test_rows_without_a_trace_are_never_due(store):
    due = DueTraces({}, quiet_s=0, max_age_s=0)
    store.send(body(plain(1, trace_id=bytes(16)), plain(2, trace_id=b"")))
    store.send(log_body(0, "alone", trace_id=b""), signal="logs")
    store.seal()
    observed(store, due)
    assert due.waiting() == 0
    assert due.positions() == {"otlp": 2}


def test_a_round_takes_whole_traces_up_to_a_number_of_rows(store):
    due = DueTraces({}, quiet_s=0, max_age_s=0)
    store.send(*(body(*(chat(t, 10 * t + n) for n in range(3))) for t in (1, 2, 3)))
    store.seal()
    observed(store, due)
    taken = due.due(2**62, limit_rows=4)
    assert len(ids(taken)) == 2
    due.done(taken)
    assert len(ids(due.due(2**62, limit_rows=4))) == 1


@pytest.mark.parametrize(("back_s", "due_now"), [(0, False), (14, False), (16, True), (86400, True), (315576000, True)])
def test_nobody_waits_for_a_clock_that_was_set_back(store, monkeypatch, back_s, due_now):
    due = DueTraces({}, quiet_s=15, max_age_s=300)
    store.send(body(chat(1)))
    store.seal()
    now = observed(store, due) - back_s * SECOND
    monkeypatch.setattr(due_module.time, "time_ns", lambda: now)
    assert ids(due.due(now, limit_rows=100)) == ([1] if due_now else [])
    assert ids(due.due(now, limit_rows=100, force=True)) == [1]
