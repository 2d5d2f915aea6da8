import os

import pytest

from otel_cert.errors import Locked
from otel_cert.store import files


def test_json_is_replaced_in_one_step_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "state.json"
    assert files.read_json(path) is None
    files.write_json(path, {"a": 1})
    files.write_json(path, {"a": "ü"})
    assert files.read_json(path) == {"a": "ü"}
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_write_that_fails_keeps_what_was_there(tmp_path):
    path = tmp_path / "state.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        files.write_json(path, {"a": object()})
    assert files.read_json(path) == {"a": 1}


def test_a_lock_names_its_holder_and_ends_with_it(tmp_path):
    path = tmp_path / "writer.lock"
    with files.lock(path, "writer"):
        with pytest.raises(Locked, match=f"pid {os.getpid()}.*writer") as caught, files.lock(path, "writer"):
            pass
        assert str(path) in caught.value.hint
    with files.lock(path, "writer", wait_s=0.1):
        pass


def test_a_folder_is_made_with_those_above_it_for_its_owner_only(tmp_path, monkeypatch):
    synced, sync = [], files.sync
    monkeypatch.setattr(files, "sync", lambda path: (synced.append(path), sync(path)))
    for _ in range(2):  # also when it is there: its maker may have died before the name was durable
        synced.clear()
        files.make_folder(tmp_path / "a" / "b")
        assert synced[-1] == tmp_path / "a"
    assert [p.stat().st_mode & 0o777 for p in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700, 0o700]
