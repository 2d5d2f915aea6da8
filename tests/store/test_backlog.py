import os

import pytest

from otel_cert.store.backlog import Backlog, newest
from otel_cert.store.log import AckLog, segments
from otel_cert.store.segment import Request
from tests.stored import Store


@pytest.fixture
def layout(tmp_path):
    return Store(tmp_path).layout


def request(text):
    return Request("traces", "application/x-protobuf", text.encode(), 1)


def write(layout, *texts, receiver="otlp", **options):
    log = AckLog(layout, receiver, min_free_bytes=0, **options)
    for text in texts:
        log.append([request(text)])
    log.close()


def bodies(pending):
    return [p.record.request.body.decode() for p in pending]


def test_reading_goes_on_where_it_stopped(layout):
    write(layout, "a", "b")
    backlog = Backlog(layout)
    assert bodies(backlog.take({}, 1)) == ["a"]
    assert bodies(backlog.take({}, 100)) == ["b"]
    assert backlog.take({}, 100) == []
    assert backlog.size() == 0
    write(layout, "c")
    assert bodies(backlog.take({}, 100)) == ["c"]
    backlog.rewind()
    assert bodies(backlog.take({"otlp": 1}, 100)) == ["b", "c"]


def test_what_arrives_after_the_sync_waits_for_the_next_one(layout, monkeypatch):
    write(layout, "a")
    (path,) = segments(layout.log("otlp"))
    later = path.read_bytes()
    sync = os.fdatasync

    def then_more(descriptor):
        sync(descriptor)
        with path.open("ab") as file:
            file.write(later)

    backlog = Backlog(layout)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", then_more)
        assert bodies(backlog.take({}, 100)) == ["a"]
    assert len(backlog.take({}, 100)) == 1


def test_all_receivers_are_read(layout):
    write(layout, "a")
    write(layout, "b", receiver="files")
    assert sorted(bodies(Backlog(layout).take({}, 100))) == ["a", "b"]


def test_a_record_larger_than_a_read(layout):
    big = "x" * (9 << 20)
    write(layout, "a", big, "c")
    assert bodies(Backlog(layout).take({}, 1 << 30)) == ["a", big, "c"]


def test_only_sealed_segments_are_released_and_the_open_one_stays(layout):
    log = AckLog(layout, "otlp", min_free_bytes=0, segment_bytes=1)
    for text in "abc":
        log.append([request(text)])
    backlog = Backlog(layout)
    backlog.take({}, 100)
    backlog.release({"otlp": 1})
    assert len(segments(layout.log("otlp"))) == 2
    backlog.release({"otlp": 3})
    assert len(segments(layout.log("otlp"))) == 1, "the receiver still writes it"
    log.append([request("d")])
    log.close()
    assert bodies(backlog.take({"otlp": 3}, 100)) == ["d"]
    backlog.release({"otlp": 4})
    assert segments(layout.log("otlp")) == []


def test_what_was_not_read_is_not_released(layout):
    write(layout, "a")
    Backlog(layout).release({"otlp": 1})
    assert len(segments(layout.log("otlp"))) == 1


def test_damage_is_kept_aside_by_the_sealing_reader_only(layout):
    write(layout, "first", "second", "third")
    (path,) = segments(layout.log("otlp"))
    data = bytearray(path.read_bytes())
    data[data.index(b"second")] ^= 1
    path.write_bytes(data)
    assert bodies(Backlog(layout, quarantine=False).take({}, 100)) == ["first", "third"]
    assert not layout.quarantine("otlp").exists()
    assert bodies(Backlog(layout).take({}, 100)) == ["first", "third"]
    (kept,) = layout.quarantine("otlp").iterdir()
    assert kept.suffix == ".damaged"
    assert b"recond"[1:] in kept.read_bytes()


def test_the_newest_record_is_the_last_whole_one(layout):
    log = layout.log("otlp")
    assert newest(log) == 0
    write(layout, "a", "b", segment_bytes=1)
    write(layout, "c")
    assert newest(log) == 3
    torn = segments(log)[-1]
    torn.write_bytes(torn.read_bytes()[:-1])
    assert newest(log) == 2
