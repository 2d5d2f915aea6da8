from datetime import UTC, datetime, timedelta

import pytest

import otel_cert
from otel_cert.errors import NotFound, UsageError
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from tests.stored import Store, body, chat


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def names(store, **options):
    return store.rows("SELECT span_id FROM spans ORDER BY 1", **options)


def test_nothing_stored_is_snapshot_zero(tmp_path):
    assert snapshots.latest(Layout.create(tmp_path)) == snapshots.Snapshot(0, 0)


def test_an_old_snapshot_shows_what_it_showed(store):
    store.take(body(chat(1)))
    old = store.snapshot()
    store.take(body(chat(2)))
    assert len(names(store)) == 2
    assert len(names(store, snapshot=old.number)) == 1
    assert len(names(store, as_of=old.created + timedelta(milliseconds=1))) == 1
    assert len(names(store, as_of=datetime.now(UTC))) == 2
    assert store.rows("SELECT number FROM snapshot", snapshot=old.number) == [(old.number,)]


def test_a_naive_time_is_utc(store):
    store.take(body(chat(1)))
    assert len(names(store, as_of=datetime.now(UTC).replace(tzinfo=None))) == 1


def test_a_time_before_everything_has_no_snapshot(store):
    store.take(body(chat(1)))
    with pytest.raises(NotFound, match="no snapshot was published by 2020"):
        otel_cert.connect(store.layout.root, as_of=datetime(2020, 1, 1))
    with pytest.raises(UsageError, match="fresh"):
        otel_cert.connect(store.layout.root, as_of=datetime.now(UTC), fresh=True)


def test_a_retired_snapshot_is_not_found_with_what_is_kept(store):
    store.take(body(chat(1)))
    first = store.snapshot().number
    store.take(body(chat(2)))
    store.maintenance().clean()
    newest = store.snapshot().number
    with pytest.raises(NotFound, match=f"snapshot {first} .*retired") as caught:
        names(store, snapshot=first)
    assert f"{newest} to {newest}" in caught.value.hint


def test_publishing_the_same_again_makes_no_new_snapshot(store):
    store.take(body(chat(1)))
    before = store.snapshot()
    assert snapshots.publish(store.layout, before.tables, sealed=before.sealed, analysed=before.analysed) == before
    store.sealer.publish()
    store.runner.publish()
    assert store.snapshot() == before


def test_writer_and_analysis_do_not_lose_what_the_other_published(store):
    snapshots.publish(store.layout, {"spans": 3}, sealed={"otlp": 9})
    snapshots.publish(store.layout, {"costs": 1}, analysed={"otlp": 8})
    last = store.snapshot()
    assert (last.tables, last.sealed, last.analysed) == ({"spans": 3, "costs": 1}, {"otlp": 9}, {"otlp": 8})


def test_pinning_twice_is_pinning_once(store):
    store.take(body(chat(1)))
    number = store.snapshot().number
    assert snapshots.pin(store.layout, number) == snapshots.pin(store.layout, number)
    assert [s.number for s in snapshots.pinned(store.layout)] == [number]


def test_a_pin_survives_moving_the_data_directory(store, tmp_path):
    store.take(body(chat(1)))
    number = store.snapshot().number
    snapshots.pin(store.layout, number)
    moved = tmp_path.rename(tmp_path.with_name("moved elsewhere"))
    with otel_cert.connect(moved, snapshot=number) as con:
        assert con.execute("SELECT count(*) FROM spans").fetchone() == (1,)


def test_a_clock_that_is_set_back_is_flagged_and_numbers_go_on(store, monkeypatch):
    store.take(body(chat(1)))
    first = store.snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(snapshots.time, "time_ns", lambda: first.created_unix_ns - 86400 * 10**9)
        store.take(body(chat(2)))
    back = [snapshots.load(store.layout, n) for n in snapshots.numbers(store.layout) if n > first.number]
    assert [s.clock_set_back for s in back] == [True, None], "the first after the jump, and no other"
    assert snapshots.as_of(store.layout, first.created_unix_ns).number == back[-1].number
