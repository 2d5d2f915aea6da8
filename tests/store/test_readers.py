"""Readers beside a writer that seals, compacts and cleans all the time: each sees one snapshot, whole and unchanged."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import duckdb
import pytest

import otel_cert
from otel_cert.errors import NotFound
from otel_cert.store import snapshots
from tests.cli.serving import COMMAND, ENVIRONMENT
from tests.stored import Store, body, chat

READERS, SEALS, GRACE_S, PAUSE_S = 8, 9, 1.0, 0.2
SUMS = "SELECT count(*), count(DISTINCT span_id), sum(end_unix_ns - start_unix_ns), max(sequence) FROM spans"


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    made.take(body(chat(1)))
    return made


def write(store):
    """Seal, compact and clean again and again, with a grace period that ends while readers read."""
    maintenance = store.maintenance(hot_files=3, grace_s=GRACE_S)
    for n in range(2, SEALS + 2):
        store.send(body(chat(n)))
        store.seal()
        if maintenance.run():
            store.sealer.publish()
        maintenance.clean()


def read(store, ended):
    """Ask again and again; return how often. Who takes longer than the grace period may be told that it is over."""
    asked = 0
    while not ended.wait(PAUSE_S) or not asked:
        began = time.monotonic()
        try:
            ask(store)
            asked += 1
        except (duckdb.IOException, NotFound):
            assert time.monotonic() - began > GRACE_S
    return asked


def ask(store):
    """Ask the newest snapshot twice, on one connection and by its number."""
    with otel_cert.connect(store.layout.root) as con:
        ((number,),) = con.execute("SELECT number FROM snapshot").fetchall()
        ((count, distinct, nanoseconds, newest),) = first = con.execute(SUMS).fetchall()
        assert count == distinct == newest == snapshots.load(store.layout, number).sealed["otlp"]
        assert nanoseconds == count * 10**9
        assert con.execute(SUMS).fetchall() == first
    with otel_cert.connect(store.layout.root, snapshot=number) as again:
        assert again.execute(SUMS).fetchall() == first


def test_readers_see_whole_snapshots_while_files_are_compacted_and_deleted(store):
    pinned = snapshots.pin(store.layout, store.snapshot().number).number
    ended = Event()
    with ThreadPoolExecutor(READERS + 1) as pool:
        readers = [pool.submit(read, store, ended) for _ in range(READERS)]
        try:
            write(store)
        finally:
            ended.set()
        assert all(reader.result(60) for reader in readers)
    assert store.rows("SELECT count(*) FROM spans", snapshot=pinned) == [(1,)], "a pin outlives everything"
    assert store.rows(SUMS)[0][0] == SEALS + 1


def test_one_whose_snapshot_is_gone_is_told_so(store):
    old = store.snapshot().number
    con = otel_cert.connect(store.layout.root)
    maintenance = store.maintenance(hot_files=2)
    store.take(body(chat(2)))
    maintenance.run()
    store.sealer.publish()
    maintenance.clean()
    with pytest.raises(NotFound, match=f"snapshot {old} does not exist or was retired"):
        store.rows(SUMS, snapshot=old)
    with con, pytest.raises(duckdb.IOException, match=r"No files found|Cannot open file"):
        con.execute(SUMS).fetchall()
    command = [*COMMAND, "sql", SUMS, "--snapshot", str(old), "--data-dir", store.layout.root]
    refused = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)
    assert refused.returncode == 1
    assert f"snapshot {old} does not exist or was retired" in refused.stderr
    assert "snapshots kept now" in refused.stderr
