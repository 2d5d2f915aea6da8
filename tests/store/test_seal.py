from hashlib import sha256
from unittest.mock import Mock

import duckdb
import pytest

from otel_cert import pipeline
from otel_cert.otlp.requests import JSON, PROTOBUF
from otel_cert.store import snapshots
from otel_cert.store.files import read_json
from otel_cert.store.log import AckLog, Request, segments
from otel_cert.store.seal import Sealer
from tests.stored import Store, body, chat, log_body

COUNTS = "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM logs)"


class Crash(BaseException):
    """As if the process died here."""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("point", ["append", "make_durable", "publish", "release"])
@pytest.mark.parametrize("call", [0, 1])
def test_a_crash_at_any_point_of_a_seal_loses_and_repeats_nothing(store, monkeypatch, point, call):
    """`append` call 1 dies between the commits of two tables."""
    store.send(body(chat(1), chat(2)))
    store.send(log_body(1, "hello"), signal="logs")
    owner = {"publish": snapshots, "release": store.sealer._backlog}.get(point, store.sealer.delta)
    calls, real = [], getattr(owner, point)

    def dying(*args, **kwargs):
        calls.append(args)
        if len(calls) > call:
            raise Crash
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, point, dying)
        if call and point in ("publish", "release"):
            store.seal()  # these run once per seal
        else:
            with pytest.raises(Crash):
                store.seal()
    store.reopen()
    store.seal()
    assert store.rows(COUNTS) == [(2, 1)]
    assert store.snapshot().sealed == {"otlp": 2}


def test_a_crash_while_old_rows_are_flagged_flags_them_once(store, monkeypatch):
    store.take(body(chat(1)))
    store.send(body(chat(1, gen_ai__usage__input_tokens=5)))
    with monkeypatch.context() as patch:
        patch.setattr(store.sealer.delta, "append", lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            store.seal()
    store.reopen()
    store.seal()
    assert store.rows("SELECT flags FROM spans") == [(["id_conflict"],), (["id_conflict"],)]


def test_a_request_that_cannot_become_rows_is_kept_aside_alone(store):
    def picky(signal, pending):
        if any(p.record.request.body == bad for p in pending):
            raise ValueError("cannot")
        return pipeline.decode_pending(signal, pending)

    bad = body(chat(2))
    sealer = Sealer(store.layout, picky)
    store.send(body(chat(1)), bad, body(chat(3)))
    done = sealer.seal()
    assert (done.requests, done.rows, done.quarantined) == (3, 2, 1)
    folder = store.layout.quarantine("otlp")
    assert {path.name for path in folder.iterdir()} == {f"{2:020d}.traces.pb", f"{2:020d}.reason.json"}
    assert (folder / f"{2:020d}.traces.pb").read_bytes() == bad
    reason = read_json(folder / f"{2:020d}.reason.json")
    assert (reason["reason"], reason["signal"], reason["sha256"]) == ("ValueError", "traces", sha256(bad).hexdigest())
    assert store.rows("SELECT span_id FROM spans ORDER BY 1") == [(f"{1:016x}",), (f"{3:016x}",)]
    assert sealer.seal() is None, "it is not tried for ever"


@pytest.mark.parametrize(
    ("error", "broken"), [(ValueError, (1, 2)), (MemoryError, (2,)), (duckdb.OutOfMemoryException, (2,))]
)
def test_a_fault_of_ours_keeps_requests_in_the_log(store, error, broken):
    """Nothing of several requests can be decoded, or memory is wanting."""
    bad = {body(chat(n)) for n in broken}

    def faulty(signal, pending):
        if any(p.record.request.body in bad for p in pending):
            raise error("cannot")
        return pipeline.decode_pending(signal, pending)

    store.send(body(chat(1)), body(chat(2)))
    with pytest.raises(error, match="cannot"):
        Sealer(store.layout, faulty).seal()
    assert not store.layout.quarantine("otlp").exists()
    store.reopen()
    store.seal()
    assert store.rows(COUNTS) == [(2, 0)]


def test_a_seal_takes_at_most_max_bytes(store):
    bodies = [body(chat(n)) for n in range(1, 5)]
    sealer = Sealer(store.layout, pipeline.decode_pending, max_bytes=len(bodies[0]) + 1)
    store.send(*bodies)
    assert [sealer.seal().requests, sealer.seal().requests, sealer.seal()] == [2, 2, None]
    assert store.rows(COUNTS) == [(4, 0)]


def test_all_signals_and_both_encodings_in_one_seal(store):
    store.send(body(chat(1)))
    spans = b'[{"spanId":"00000000000000aa","name":"j"}]'
    store.send(b'{"resourceSpans":[{"scopeSpans":[{"spans":' + spans + b"}]}]}", content_type=JSON)
    store.send(log_body(1, "hello"), signal="logs")
    assert store.seal().rows == 3
    assert store.rows("SELECT span_id FROM spans ORDER BY 1") == [("0000000000000001",), ("00000000000000aa",)]


def test_who_sent_a_request_is_a_column_and_nobody_is_null(store):
    log = AckLog(store.layout, "otlp", min_free_bytes=0)
    for n, subject in enumerate(("checkout", ""), 1):
        log.append([Request("traces", PROTOBUF, body(chat(n)), n, subject)])
    log.close()
    store.seal()
    assert store.rows("SELECT subject FROM spans ORDER BY span_id") == [("checkout",), (None,)]


def test_an_empty_request_and_no_request_make_no_rows(store):
    assert store.seal() is None
    store.send(b"")
    assert store.seal().rows == 0
    assert store.rows(COUNTS) == [(0, 0)]
    assert store.seal() is None


def test_half_a_seal_is_not_published(store, monkeypatch):
    """Readers of the log's tail would see its rows twice."""
    store.send(body(chat(1)))
    store.send(log_body(1, "hello"), signal="logs")
    real, calls = store.sealer.delta.append, []

    def dying(*args):
        calls.append(args)
        if len(calls) > 1:
            raise Crash
        return real(*args)

    monkeypatch.setattr(store.sealer.delta, "append", dying)
    with pytest.raises(Crash):
        store.seal()
    store.reopen()
    assert store.rows(COUNTS) == [(0, 0)]
    store.seal()
    assert store.rows(COUNTS) == [(1, 1)]


def test_the_number_of_a_request_that_the_log_lost_is_not_given_out_again(store, monkeypatch):
    """Its sync failed, it was sealed from memory, and the power failed before that was recorded."""
    store.send(body(chat(1)))
    store.seal()
    store.send(body(chat(2)))
    (unsynced,) = segments(store.layout.log("otlp"))
    with monkeypatch.context() as patch:
        patch.setattr(store.sealer.delta, "make_durable", Mock(side_effect=Crash))
        with pytest.raises(Crash):
            store.seal()
    unsynced.unlink()
    store.send(body(chat(3)))
    store.reopen()
    store.seal()
    assert store.rows("SELECT trace_id FROM spans ORDER BY ALL") == [(f"{trace:032x}",) for trace in (1, 2, 3)]
