import time

import pytest
from deltalake import Field
from deltalake.schema import PrimitiveType

from otel_cert import pipeline
from otel_cert.errors import Backpressure, Permanent
from otel_cert.ingest import import_files
from otel_cert.store import log as ack_log
from otel_cert.store.seal import Sealer
from tests.stored import Store, body, chat

COUNTS = "SELECT count(*), count(DISTINCT span_id) FROM spans"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def import_(store, *paths, **limits):
    settings = store.config.store.model_copy(update={"min_free_bytes": 0} | limits)
    config = store.config.model_copy(update={"store": settings})
    return import_files(store.layout, config, store.registry, paths, signal=None, progress=lambda *_: None)


@pytest.fixture
def impatient(monkeypatch):
    """Look at the limits at every append, and wait for nothing."""
    monkeypatch.setattr(ack_log, "_SPACE_CHECK_S", 0.0)
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


def write_requests(folder, n, monkeypatch):
    """Write `n` files that are appended one by one."""
    monkeypatch.setattr("otel_cert.receivers.files._BATCH_REQUESTS", 1)
    folder.mkdir()
    for number in range(1, n + 1):
        (folder / f"{number:02}.traces.pb").write_bytes(body(chat(number)))


def test_an_import_larger_than_the_log_is_sealed_in_between(store, tmp_path, monkeypatch, impatient):
    write_requests(tmp_path / "recorded", 7, monkeypatch)
    size = len(body(chat(1)))
    report = import_(store, tmp_path / "recorded", max_backlog_bytes=2 * size, segment_bytes=size)
    assert (report.requests, report.failed) == (7, [])
    assert len(impatient) >= 2
    assert store.rows(COUNTS) == [(7, 7)]
    assert store.rows("SELECT count(*) FROM genai_calls") == [(7,)]


def test_an_import_onto_a_full_disk_ends_and_can_be_repeated(store, tmp_path, monkeypatch, impatient):
    write_requests(tmp_path / "recorded", 3, monkeypatch)
    with pytest.raises(Backpressure, match="disk is nearly full"):
        import_(store, tmp_path / "recorded", min_free_bytes=1 << 60)
    assert len(impatient) == 1
    import_(store, tmp_path / "recorded")
    assert store.rows(COUNTS) == [(3, 3)]


def test_a_store_of_a_newer_version_is_left_alone(store, tmp_path, monkeypatch):
    store.take(body(chat(1)))
    store.sealer.delta.get("spans").alter.add_columns([Field("colour", PrimitiveType("string"), nullable=True)])
    write_requests(tmp_path / "recorded", 1, monkeypatch)
    with pytest.raises(Permanent, match="newer otel-cert"):
        import_(store, tmp_path / "recorded")
    assert not store.layout.log("files").exists()


def test_quarantined_requests_can_be_imported_when_the_fault_is_mended(store):
    bad = body(chat(2))

    def picky(signal, pending):
        if any(p.record.request.body == bad for p in pending):
            raise ValueError("cannot")
        return pipeline.decode_pending(signal, pending)

    store.send(body(chat(1)), bad)
    Sealer(store.layout, picky).seal()
    assert store.rows(COUNTS) == [(1, 1)]
    quarantine = store.layout.quarantine("otlp")
    (quarantine / f"{3:020d}-{'ab' * 16}-0.torn").write_bytes(b"\x00\xff half a record")
    store.reopen()
    report = import_(store, quarantine)
    assert (report.requests, report.failed) == (1, [])
    assert sorted(path.suffix for path, _ in report.skipped) == [".json", ".torn"]  # why it was kept; half a record
    assert store.rows(COUNTS) == [(2, 2)]
    assert store.rows("SELECT span_id FROM genai_calls ORDER BY 1") == [(f"{1:016x}",), (f"{2:016x}",)]
