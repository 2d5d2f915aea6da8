"""The power shim itself: what it takes for lost is lost. The cuts of a sound disk are point 81 of the conformance tests."""

import os
import random

import pytest

from .cuts import Cuts
from .disk import Disk, Fate


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def left(disk, tmp_path, fate=None):
    """Return what a cut leaves: content by name, None for a folder."""
    target = tmp_path / "left"
    disk.cut(target, fate or Fate(None))
    return {str(p.relative_to(target)): None if p.is_dir() else p.read_text() for p in target.rglob("*")}


def sync(disk, *paths):
    """Sync as a process with the shim does."""
    os.spawnve(os.P_WAIT, "/usr/bin/sync", ["sync", *map(str, paths)], {**disk.environment})


def write(path, text):
    path.write_text(text)
    return path


def test_what_was_there_before_is_durable(shim, place, tmp_path):
    (place / "folder").mkdir()
    write(place / "folder" / "file", "old")
    disk = Disk(shim, place, tmp_path / "shadow")
    assert left(disk, tmp_path) == {"folder": None, "folder/file": "old"}


def test_a_new_file_needs_its_content_and_its_folder_synced(shim, place, tmp_path):
    disk = Disk(shim, place, tmp_path / "shadow")
    both, content, name, neither = (write(place / n, n) for n in ("both", "content", "name", "neither"))
    content.rename(tmp_path / "content")
    neither.rename(tmp_path / "neither")
    sync(disk, both, place)
    (tmp_path / "content").rename(content)
    (tmp_path / "neither").rename(neither)
    sync(disk, content)
    assert left(disk, tmp_path) == {"both": "both", "name": ""}
    assert name.read_text() == "name"


def test_what_was_appended_after_the_sync_is_lost(shim, place, tmp_path):
    file = write(place / "file", "synced")
    disk = Disk(shim, place, tmp_path / "shadow")
    write(file, "synced, more")
    sync(disk, file)
    write(file, "synced, more, lost")
    assert left(disk, tmp_path) == {"file": "synced, more"}


def test_a_removed_file_comes_back_and_a_renamed_one_has_its_old_name(shim, place, tmp_path):
    for name in ("removed", "renamed", "replaced"):
        write(place / name, name)
    disk = Disk(shim, place, tmp_path / "shadow")
    (place / "removed").unlink()
    (place / "renamed").rename(place / "other")
    sync(disk, write(place / "new", "new"))
    (place / "new").rename(place / "replaced")
    assert left(disk, tmp_path) == {"removed": "removed", "renamed": "renamed", "replaced": "replaced"}


def test_after_the_folder_was_synced_they_stay_removed_and_renamed(shim, place, tmp_path):
    for name in ("removed", "renamed", "replaced"):
        write(place / name, name)
    disk = Disk(shim, place, tmp_path / "shadow")
    (place / "removed").unlink()
    (place / "renamed").rename(place / "other")
    sync(disk, write(place / "new", "new"))
    (place / "new").rename(place / "replaced")
    sync(disk, place)
    assert left(disk, tmp_path) == {"other": "renamed", "replaced": "new"}


def test_by_chance_everything_that_can_happen_does(shim, place, tmp_path):
    file = write(place / "file", "ab")
    disk = Disk(shim, place, tmp_path / "shadow")
    write(file, "abcd")
    write(place / "new", "xy")
    seen = set()
    for seed in range(100):
        disk.cut(target := tmp_path / str(seed), Fate(random.Random(seed)))
        new = target / "new"
        seen.add(((target / "file").read_text(), new.read_text() if new.exists() else None))
    assert {content for content, _ in seen} == {"ab", "abc", "abcd", "abc\0", "ab\0\0"}
    assert {content for _, content in seen} == {None, "", "x", "xy", "x\0", "\0\0"}


@pytest.mark.slow
def test_a_disk_that_ignores_the_syncs_of_the_log_is_noticed(tmp_path, shim):
    """With one sync missing, the same cut loses what was acknowledged, and the checker says so."""
    cuts = Cuts(tmp_path, shim, 1, "store: {seal_interval: 60s}", lie=".seg")
    found = cuts.cut(1)
    assert len(cuts.acknowledged) > 0
    assert {check for _, check, *_ in found} == {"acknowledged is stored"}
