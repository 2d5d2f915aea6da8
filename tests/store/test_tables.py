"""Delta repair: a commit that a power cut broke is removed, and its rows come back from the log, exactly once."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable, Field
from deltalake.schema import PrimitiveType

from otel_cert.errors import Permanent
from otel_cert.store import tables
from otel_cert.store.files import read_json, write_json
from otel_cert.store.tables import DeltaStore
from tests.stored import Store, body, chat


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def spans(store):
    return store.rows("SELECT span_id, count(*) FROM spans GROUP BY 1 ORDER BY 1")


def power_cut(store, damage):
    """Seal two requests, then go back to when only the first one was durable, with the second one's commit damaged."""
    store.send(body(chat(1)))
    store.seal()
    before = read_json(store.layout.sealed)
    log = store.layout.log("otlp")
    store.send(body(chat(2), chat(3)))
    kept = store.layout.root / "kept"
    shutil.copytree(log, kept)
    store.seal()
    shutil.rmtree(log)
    kept.rename(log)
    write_json(store.layout.sealed, before)
    for snapshot in sorted(store.layout.snapshots.glob("*.json"))[1:]:
        snapshot.unlink()
    commit = max((store.layout.table("spans") / "_delta_log").glob("*.json"))
    newest = max(store.layout.table("spans").rglob("*.parquet"), key=lambda p: p.stat().st_mtime_ns)
    damage(commit, newest)


def cut(path, size):
    with path.open("r+b") as file:
        file.truncate(size)


DAMAGES = {
    "zero-length commit": lambda commit, _: cut(commit, 0),
    "half a commit": lambda commit, _: cut(commit, commit.stat().st_size // 2),
    "zero-length data": lambda _, data: cut(data, 0),
    "half the data": lambda _, data: cut(data, data.stat().st_size // 2),
    "data gone": lambda _, data: data.unlink(),
    "data of the right size, zeros at its end": lambda _, data: data.write_bytes(data.read_bytes()[:-100] + bytes(100)),
    "data of the right size, a hole in its middle": lambda _, data: data.write_bytes(
        data.read_bytes()[:100] + bytes(4000) + data.read_bytes()[4100:]
    ),
    "nothing": lambda *_: None,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_rows_of_a_broken_commit_come_back_exactly_once(store, damage):
    power_cut(store, damage)
    store.reopen()
    store.seal()
    assert spans(store) == [(f"{n:016x}", 1) for n in (1, 2, 3)]
    assert store.layout.sealed.exists()
    store.send(body(chat(4)))
    store.seal()
    assert len(spans(store)) == 4, "and the next seal works"


def test_commits_behind_a_broken_one_go_too(store):
    for n in (1, 2, 3):
        store.send(body(chat(n)))
        store.seal()
    log = store.layout.table("spans") / "_delta_log"
    cut(log / f"{2:020d}.json", 0)
    delta = DeltaStore(store.layout)
    assert delta.repair("spans", durable=1) == [2, 3]
    assert delta.version("spans") == 1
    assert delta.repair("spans", durable=1) == []


def test_repair_believes_what_is_durable(store):
    store.send(body(chat(1)))
    store.seal()
    assert DeltaStore(store.layout).repair("spans", durable=1) == []
    assert DeltaStore(store.layout).repair("never written", durable=-1) == []


def test_the_tables_can_be_read_by_old_readers(store):
    store.take(body(chat(1)))
    for table in ("spans", "genai_calls"):
        protocol = DeltaTable(str(store.layout.table(table))).protocol()
        assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)


def test_a_table_of_a_newer_version_is_not_written(store):
    store.take(body(chat(1)))
    store.sealer.delta.get("spans").alter.add_columns([Field("colour", PrimitiveType("string"), nullable=True)])
    store.send(body(chat(2)))
    with pytest.raises(Permanent, match="table spans was written by a newer otel-cert: it has colour"):
        store.reopen()
    assert store.rows("SELECT count(*) FROM spans") == [(1,)], "reading goes on"


@pytest.mark.parametrize("failing", ["spans/receive_day", "_delta_log/00000000000000000001.json"])
def test_what_a_failed_sync_may_have_lost_is_written_anew(store, monkeypatch, failing):
    """A second sync of the same file may succeed without its bytes having reached the disk."""
    refused, real = [], tables.sync

    def sync(path):
        if failing in str(path) and not refused:
            refused.append(path.open("rb"))  # open, so that no other file gets its inode
            raise OSError(errno.EIO, "Input/output error")
        real(path)

    monkeypatch.setattr(tables, "sync", sync)
    store.send(body(chat(1), chat(2)))
    with pytest.raises(OSError, match="Input/output"):
        store.seal()
    store.reopen()
    store.seal()
    assert spans(store) == [(f"{n:016x}", 1) for n in (1, 2)]
    log = store.layout.table("spans") / "_delta_log"
    live = {Path(path).stat().st_ino for path in (*tables.paths(store.sealer.delta.get("spans")), *log.glob("*.json"))}
    (kept,) = refused
    with kept:
        assert os.fstat(kept.fileno()).st_ino not in live


def test_a_checkpoint_that_does_not_reach_the_disk_is_none(store, monkeypatch):
    store.take(body(chat(1)))

    def refuse(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(tables, "sync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        store.sealer.delta.checkpoint("spans")
    assert store.sealer.delta.checkpoints("spans") == []
    assert spans(store) == [(f"{1:016x}", 1)]


@pytest.mark.parametrize("name", ["with space", "größe", "100%", "a#b"])
def test_a_data_directory_may_have_any_name(tmp_path, name):
    store = Store(tmp_path / name)
    for n in (1, 2, 1):
        store.take(body(chat(n)))
    store.maintenance(hot_files=2).run()
    store.sealer.publish()
    assert spans(store) == [(f"{n:016x}", 1) for n in (1, 2)]
    assert store.rows("SELECT count(*) FROM genai_calls") == [(2,)]
