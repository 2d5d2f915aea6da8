"""The ack log: group commit, restart, a disk that fails or is full, and reading it back."""

import errno
import os
import threading
from collections import namedtuple
from unittest.mock import Mock

import pytest

from otel_cert.errors import Backpressure, Locked
from otel_cert.store import log as log_module
from otel_cert.store.backlog import Backlog
from otel_cert.store.files import write_json
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog, Request, segments


def request(body=b"payload"):
    return Request("traces", "application/x-protobuf", body, 1)


@pytest.fixture
def layout(tmp_path):
    return Layout.create(tmp_path / "data")


@pytest.fixture
def opened(layout):
    """Open logs that are closed at the end."""
    logs = []

    def open_(**options):
        logs.append(AckLog(layout, "otlp", min_free_bytes=0, **options))
        return logs[-1]

    yield open_
    for log in logs:
        log.close()


def waiting(layout, sealed=0):
    return [(p.record.sequence, p.record.request.body) for p in Backlog(layout).take({"otlp": sealed}, 1 << 30)]


def seal(layout, sequence):
    """Do what the writer does when everything up to `sequence` is in the tables."""
    backlog = Backlog(layout)
    backlog.take({}, 1 << 30)
    write_json(layout.sealed, {"receivers": {"otlp": sequence}})
    backlog.release({"otlp": sequence})


def test_threads_share_commits_and_lose_nothing(layout, opened, monkeypatch):
    log, syncs = opened(), []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: (syncs.append(descriptor), sync(descriptor)))
    bodies = [[f"{thread}-{n}".encode() for n in range(40)] for thread in range(8)]

    def append(mine):
        for body in mine:
            log.append([request(body)])

    threads = [threading.Thread(target=append, args=(mine,)) for mine in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert 0 < len(syncs) <= 320
    stored = waiting(layout)
    assert [sequence for sequence, _ in stored] == list(range(1, 321))
    for mine in bodies:  # each thread's requests in the order it sent them
        assert [body for _, body in stored if body in mine] == mine


def test_appends_that_wait_for_the_disk_are_committed_together(opened, monkeypatch):
    log, sync = opened(), os.fdatasync
    writing, go, syncs = threading.Event(), threading.Event(), []

    def slow(descriptor):
        syncs.append(descriptor)
        writing.set()
        assert go.wait(60)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    threads = [threading.Thread(target=log.append, args=([request()],)) for _ in range(9)]
    threads[0].start()
    assert writing.wait(60)
    for thread in threads[1:]:
        thread.start()
    while len(log._queue) < 8:
        pass
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(syncs) == 2
    assert log.last_sequence == 9


@pytest.mark.parametrize("call", ["fdatasync", "write"])
def test_a_failed_write_is_back_pressure_and_its_segment_is_never_used_again(layout, opened, monkeypatch, call):
    log = opened()
    log.append([request(b"kept")])
    (poisoned,) = segments(layout.log("otlp"))

    def fail(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(Backpressure, match="Input/output error"):
            log.append([request(b"refused")])
    size = poisoned.stat().st_size
    log.append([request(b"kept too")])
    assert poisoned.stat().st_size == size
    assert len(segments(layout.log("otlp"))) == 2
    bodies = [body for _, body in waiting(layout)]
    assert [b for b in bodies if b != b"refused"] == [b"kept", b"kept too"]


def test_all_that_shared_a_failed_commit_are_refused(opened, monkeypatch):
    log, errors = opened(), []

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", fail)

    def append():
        try:
            log.append([request()])
        except Backpressure as error:
            errors.append(error)

    threads = [threading.Thread(target=append) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 6
    assert all(error.retry_after_s > 0 for error in errors)


def test_an_interrupted_write_hides_nothing_that_follows(layout, opened, monkeypatch):
    """An exception that ends a thread in the middle of a record, e.g. KeyboardInterrupt, and then more appends."""
    log, write = opened(), os.write

    def interrupted(descriptor, data):
        write(descriptor, bytes(data[:100]))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            log.append([request(b"never acknowledged" * 10)])
    log.append([request(b"a")])
    log.append([request(b"b")])
    assert [body for _, body in waiting(layout)] == [b"a", b"b"]


def test_the_sequence_continues_after_a_restart(layout, opened):
    log = opened()
    log.append([request(b"1"), request(b"2")])
    log.close()
    log = opened()
    log.append([request(b"3")])
    assert waiting(layout) == [(1, b"1"), (2, b"2"), (3, b"3")]


def test_the_sequence_continues_after_all_segments_were_released(layout, opened):
    log = opened()
    log.append([request(), request()])
    log.close()
    seal(layout, 2)
    assert segments(layout.log("otlp")) == []
    log = opened()
    log.append([request(b"3")])
    assert waiting(layout, sealed=2) == [(3, b"3")]


def test_the_sequence_continues_after_a_torn_record(layout, opened):
    log = opened()
    log.append([request(b"1"), request(b"torn")])
    log.close()
    (path,) = segments(layout.log("otlp"))
    os.truncate(path, path.stat().st_size - 1)
    log = opened()
    log.append([request(b"3")])
    assert waiting(layout) == [(1, b"1"), (3, b"3")]
    assert [p.suffix for p in layout.quarantine("otlp").iterdir()] == [".torn"]


def test_segments_rotate_and_are_released_when_sealed_but_not_the_one_being_written(layout, opened):
    log = opened(segment_bytes=1)
    for _ in range(4):
        log.append([request()])
    assert len(segments(layout.log("otlp"))) == 4
    seal(layout, 2)
    assert [sequence for sequence, _ in waiting(layout)] == [3, 4]
    seal(layout, 4)
    assert len(segments(layout.log("otlp"))) == 1


def test_an_old_segment_ends_so_that_it_can_be_deleted(layout, opened, monkeypatch):
    log = opened()
    log.append([request()])
    log.roll()
    assert len(segments(layout.log("otlp"))) == 1, "it is new"
    monkeypatch.setattr(log_module, "SEGMENT_AGE_S", 0.0)
    log.roll()
    log.roll()
    (old, new) = segments(layout.log("otlp"))
    seal(layout, 1)
    assert segments(layout.log("otlp")) == [new]
    log.append([request()])
    assert [sequence for sequence, _ in waiting(layout)] == [2]
    assert not old.exists()


def test_a_segment_that_cannot_begin_is_abandoned(layout, opened, monkeypatch):
    monkeypatch.setattr(log_module, "SEGMENT_AGE_S", 0.0)
    log = opened()
    log.append([request()])
    with monkeypatch.context() as broken:
        broken.setattr(log_module, "sync", Mock(side_effect=OSError(errno.EIO, "broken")))
        log.roll()
    log.append([request()])
    assert [sequence for sequence, _ in waiting(layout)] == [1, 3]
    assert len({*segments(layout.log("otlp"))}) == 3


def test_a_backlog_that_is_not_sealed_is_back_pressure_until_it_is(layout, opened, monkeypatch):
    monkeypatch.setattr(log_module, "_SPACE_CHECK_S", 0.0)
    log = opened(segment_bytes=1, max_backlog_bytes=1000)
    log.append([request(b"x" * 1000)])
    with pytest.raises(Backpressure, match="sealing is behind"):
        log.append([request()])
    assert "sealing is behind" in log.problem()
    seal(layout, log.last_sequence)
    assert log.problem() is None
    log.append([request()])


def test_a_nearly_full_disk_is_back_pressure(layout, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(log_module.shutil, "disk_usage", lambda _: usage(100, 90, 10))
    log = AckLog(layout, "otlp", min_free_bytes=11)
    try:
        with pytest.raises(Backpressure, match="nearly full"):
            log.append([request()])
    finally:
        log.close()


def test_a_queue_that_is_too_long_is_back_pressure(opened, monkeypatch):
    log, writing, go = opened(max_queue_bytes=100), threading.Event(), threading.Event()
    sync = os.fdatasync

    def slow(descriptor):
        writing.set()
        assert go.wait(60)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    first = threading.Thread(target=log.append, args=([request(b"x" * 60)],))
    second = threading.Thread(target=log.append, args=([request(b"y" * 60)],))
    first.start()
    assert writing.wait(60)
    second.start()
    while not log._queue:
        pass
    with pytest.raises(Backpressure, match="waiting for the disk"):
        log.append([request(b"z" * 60)])
    go.set()
    first.join(10)
    second.join(10)
    assert log.last_sequence == 2


def test_a_second_log_of_the_same_receiver_is_refused(layout, opened, monkeypatch):
    opened()
    monkeypatch.setattr(log_module, "_PREDECESSOR_S", 0.1)
    with pytest.raises(Locked, match=f"pid {os.getpid()}"):
        AckLog(layout, "otlp")


def test_no_two_segments_begin_with_one_number(layout, opened, monkeypatch):
    """Else the empty one may be sorted last, and after a restart numbers would be given out twice."""
    log = opened()
    with monkeypatch.context() as patch:
        patch.setattr(log_module, "sync", _refuse)  # the folder's, when the segment is there but nothing is in it
        with pytest.raises(Backpressure):
            log.append([request(b"a")])
    log.append([request(b"b")])
    assert [int(path.name[:20]) for path in segments(layout.log("otlp"))] == [1, 2]
    assert waiting(layout) == [(2, b"b")]


def test_a_segment_that_stayed_empty_keeps_its_number(opened, monkeypatch):
    log = opened()
    monkeypatch.setattr(log_module, "pack", _refuse)
    with pytest.raises(Backpressure):
        log.append([request()])
    log.close()
    assert opened().last_sequence == 1


def _refuse(*_):
    raise OSError(errno.EIO, "Input/output error")
