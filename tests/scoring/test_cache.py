"""Caches keep to their limits, and give back what they were given or nothing."""

import sqlite3
import subprocess
import sys
import threading

import numpy as np
import pytest
from structlog.testing import capture_logs

from otel_cert.scoring.cache import MemoryCache
from otel_cert.scoring.disk import DiskCache, cache_folder
from otel_cert.scoring.encoded import Damaged, Encoded


def encoded(n, width=8):
    rng = np.random.default_rng(n)
    offsets = np.arange(2 * n, dtype=np.int32).reshape(n, 2)
    return Encoded(offsets, rng.random((n, width)).astype(np.float16), rng.random(width).astype(np.float32))


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("offsets", "half", "pooled"))


def entries(*numbers):
    return {bytes([n]): encoded(n) for n in numbers}


def test_bytes_give_back_the_same_arrays():
    for n in (0, 1, 254):
        data = encoded(n).to_bytes()
        assert len(data) == 12 + encoded(n).nbytes == 12 + n * 8 + n * 16 + 32
        assert same(Encoded.from_bytes(data), encoded(n))


def test_every_damaged_byte_is_found():
    data = encoded(3).to_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Damaged):
            Encoded.from_bytes(bytes(changed))
    for size in range(len(data)):
        with pytest.raises(Damaged):
            Encoded.from_bytes(data[:size])


def test_memory_keeps_what_was_used_last():
    size = encoded(5).nbytes  # 40 + 80 + 32
    assert size == 152
    cache = MemoryCache(limit=2 * size)
    first, second, third = (bytes([n]) for n in range(3))
    cache.put({first: encoded(5), second: encoded(5)})
    assert set(cache.get([first])) == {first}
    cache.put({third: encoded(5)})
    assert set(cache.get([first, second, third])) == {first, third}
    assert cache.nbytes == 2 * size
    cache.put({third: encoded(5)})
    assert cache.nbytes == 2 * size
    cache.put({second: encoded(100)})  # larger than everything
    assert set(cache.get([first, second, third])) == {first, third}


def test_disk_gives_back_what_another_process_kept(tmp_path):
    DiskCache(tmp_path).put(entries(1, 2, 3))
    code = (
        "import sys; from pathlib import Path; from otel_cert.scoring.disk import DiskCache; "
        "found = DiskCache(Path(sys.argv[1])).get([bytes([n]) for n in range(5)]); "
        "print({key[0]: len(value.half) for key, value in found.items()})"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{1: 1, 2: 2, 3: 3}"
    found = DiskCache(tmp_path).get([b"\2", b"\7"])
    assert list(found) == [b"\2"]
    assert same(found[b"\2"], encoded(2))


def test_disk_keeps_to_its_limit_and_drops_the_oldest(tmp_path, monkeypatch):
    limit = 20 * (12 + encoded(100).nbytes)
    cache = DiskCache(tmp_path, limit=limit)
    for n in range(100):
        monkeypatch.setattr("time.time", lambda n=n: 1_000_000.0 + 10_000 * n)
        cache.put({bytes([n]): encoded(100)})
        cache.get([b"\0"])  # used all the time
    found = cache.get([bytes([n]) for n in range(100)])
    assert 15 <= len(found) <= 20
    assert {b"\0", bytes([99]), bytes([98])} <= set(found)
    assert bytes([50]) not in found
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1.5 * limit + 32_768


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path):
    cache = DiskCache(tmp_path, limit=1_000)
    cache.put({b"small": encoded(1), b"large": encoded(100), b"other": encoded(2)})
    assert set(cache.get([b"small", b"large", b"other"])) == {b"small", b"other"}


def test_only_the_owner_can_read_it(tmp_path):
    folder = tmp_path / "new" / "cache"
    DiskCache(folder).put(entries(1))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "vectors-1.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_damaged_entry_is_not_given(tmp_path):
    DiskCache(tmp_path).put(entries(1, 2))
    with sqlite3.connect(tmp_path / "vectors-1.sqlite") as connection:
        connection.execute("UPDATE entries SET data = zeroblob(length(data)) WHERE key = x'01'")
    connection.close()
    assert list(DiskCache(tmp_path).get([b"\1", b"\2"])) == [b"\2"]


@pytest.mark.parametrize("damage", [b"no database at all", b"\0" * 100_000, b""])
def test_a_damaged_file_is_begun_again(tmp_path, damage):
    DiskCache(tmp_path).put(entries(1))
    (tmp_path / "vectors-1.sqlite").write_bytes(damage)
    cache = DiskCache(tmp_path)
    with capture_logs() as logs:
        assert cache.get([b"\1"]) == {}
        cache.put(entries(2))
        assert list(cache.get([b"\1", b"\2"])) == [b"\2"]
    assert len(logs) <= 1


def test_a_torn_file_loses_entries_and_nothing_else(tmp_path):
    DiskCache(tmp_path).put({bytes([n]): encoded(200) for n in range(20)})
    path = tmp_path / "vectors-1.sqlite"
    data = bytearray(path.read_bytes())
    data[8_192:40_960] = b"\xff" * 32_768
    path.write_bytes(data)
    cache = DiskCache(tmp_path)
    for value in cache.get([bytes([n]) for n in range(20)]).values():
        assert same(value, encoded(200))
    cache.put(entries(1))
    cache.put(entries(1))  # the first may have found the damage
    assert same(cache.get([b"\1"])[b"\1"], encoded(1))


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path):
    (tmp_path / "file").write_text("")
    cache = DiskCache(tmp_path / "file" / "cache")
    with capture_logs() as logs:
        cache.put(entries(1))
        assert cache.get([b"\1"]) == {}
    assert [entry["event"] for entry in logs] == ["vectors are not kept on disk"]
    assert "NotADirectoryError" in logs[0]["problem"]


def test_two_writers_at_once_lose_nothing(tmp_path):
    caches = [DiskCache(tmp_path) for _ in range(2)]
    groups = [range(100), range(100, 200)]

    def write(cache, numbers):
        for n in numbers:
            cache.put(entries(n))

    threads = [threading.Thread(target=write, args=each) for each in zip(caches, groups, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(DiskCache(tmp_path).get([bytes([n]) for n in range(200)])) == 200


def test_the_default_folder_follows_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "otel-cert"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "otel-cert"
