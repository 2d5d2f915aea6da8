import time

import pytest

from otel_cert.engine.runner import Runner
from otel_cert.errors import NotFound
from otel_cert.store import maintain, snapshots
from otel_cert.store.maintain import Maintenance
from otel_cert.store.tables import files
from tests.stored import Store, body, chat

ROWS = "SELECT span_id, attributes, flags, receive_day FROM spans ORDER BY span_id"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def data_files(store, table="spans"):
    return sorted(store.layout.table(table).rglob("*.parquet"))


def fill(store, first, last):
    for n in range(first, last):
        store.send(body(chat(n)))
        store.seal()


def test_compaction_changes_no_row_and_leaves_one_file(store):
    fill(store, 1, 6)
    before = store.rows(ROWS)
    maintenance = store.maintenance(hot_files=5)
    assert maintenance.run()
    store.sealer.publish()
    assert store.rows(ROWS) == before
    snapshot = store.snapshot()
    assert len(files(store.layout.table("spans"), snapshot.tables["spans"]).paths) == 1
    assert not maintenance.run(), "one file is not compacted again"


def test_a_pin_reads_the_same_rows_after_compaction_and_cleaning_while_data_arrive(store):
    fill(store, 1, 6)
    pinned = snapshots.pin(store.layout, store.snapshot().number)
    before = store.rows(ROWS)
    with_connection_open = store.rows
    maintenance = store.maintenance(hot_files=3)
    for n in range(6, 10):
        fill(store, n, n + 1)
        if maintenance.run():
            store.sealer.publish()
        maintenance.clean()
        assert with_connection_open(ROWS, snapshot=pinned.number) == before
    assert len(store.rows(ROWS)) == 9
    assert {f"{store.layout.table('spans')}/{name}" for name in pinned.files["spans"]} <= set(
        map(str, data_files(store))
    )


def test_without_a_pin_superseded_files_go_and_the_newest_snapshot_stays_readable(store):
    fill(store, 1, 6)
    maintenance = store.maintenance(hot_files=5)
    maintenance.run()
    store.sealer.publish()
    assert len(data_files(store)) == 6
    maintenance.clean()
    assert len(data_files(store)) == 1
    assert len(store.rows(ROWS)) == 5


def test_the_grace_period_keeps_files_for_readers(store):
    fill(store, 1, 4)
    old = store.snapshot().number
    maintenance = store.maintenance(hot_files=3, grace_s=3600.0)
    maintenance.run()
    store.sealer.publish()
    maintenance.clean()
    assert len(store.rows(ROWS, snapshot=old)) == 3


@pytest.mark.parametrize("folder", ["state", "snapshots", "tables/spans", "tables/spans/_delta_log"])
def test_what_a_killed_process_was_writing_goes_after_a_grace(store, folder):
    fill(store, 1, 2)
    left = store.layout.root / folder / ".name.4711.tmp"
    left.write_bytes(b"half")
    maintenance = store.maintenance()
    left_of_others = left.with_name("name.tmp")
    left_of_others.write_bytes(b"not ours")
    maintenance.clean()
    assert not left.exists()
    assert left_of_others.exists()


@pytest.mark.parametrize("jump_s", [86400, -86400, 315576000])
def test_a_jump_of_the_clock_takes_no_file_from_a_reader(store, monkeypatch, jump_s):
    fill(store, 1, 4)
    old = store.snapshot().number
    maintenance = store.maintenance(hot_files=3, grace_s=100.0)
    now_s, wall_ns = time.monotonic(), time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: wall_ns + jump_s * 10**9)
    monkeypatch.setattr(time, "time", lambda: wall_ns / 1e9 + jump_s)
    maintenance.run()
    store.sealer.publish()
    maintenance.clean()
    assert len(store.rows(ROWS, snapshot=old)) == 3
    for later_s in (101, 202):  # the snapshot that superseded it is seen, and a grace later it is gone
        monkeypatch.setattr(time, "monotonic", lambda later_s=later_s: now_s + later_s)
        maintenance.clean()
    with pytest.raises(NotFound, match="retired"):
        store.rows(ROWS, snapshot=old)
    assert len(data_files(store)) == 1


def test_a_crash_after_compaction_is_recovered(store):
    fill(store, 1, 4)
    store.maintenance(hot_files=3).run()  # and dies before publishing
    store.reopen()
    assert len(store.rows(ROWS)) == 3
    fill(store, 4, 5)
    assert len(store.rows(ROWS)) == 4


def test_many_commits_write_a_checkpoint_and_lose_nothing(store, monkeypatch):
    monkeypatch.setattr(maintain, "_CHECKPOINT_EVERY", 4)
    maintenance = store.maintenance(hot_files=4)
    for n in range(1, 9):
        fill(store, n, n + 1)
        if maintenance.run():
            store.sealer.publish()
    log = store.layout.table("spans") / "_delta_log"
    assert list(log.glob("*.checkpoint*.parquet"))
    store.reopen()
    assert len(store.rows(ROWS)) == 8


def test_derived_tables_are_maintained_by_their_writer(store):
    for n in range(1, 4):
        store.take(body(chat(n)))
    runner: Runner = store.runner
    maintenance = Maintenance(store.layout, runner.delta, runner.tables, hot_files=3, grace_s=0)
    assert maintenance.run()
    runner.publish()
    maintenance.clean()
    assert len(data_files(store, "genai_calls")) == 1
    assert store.rows("SELECT count(*) FROM genai_calls JOIN costs USING (trace_id, span_id)") == [(3,)]
    store.take(body(chat(1, 77, parent=1)))
    assert store.rows("SELECT count(*) FROM genai_calls") == [(4,)], "compacted rows are replaced as well"
