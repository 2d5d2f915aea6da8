import fcntl

import pytest

from otel_cert.demo.directory import MARKER, prepare
from otel_cert.errors import Locked, UsageError
from otel_cert.store.layout import Layout


def test_a_new_directory_is_marked_and_private(tmp_path):
    prepare(tmp_path / "a" / "data", keep=False)
    assert (tmp_path / "a" / "data" / MARKER).is_file()
    assert (tmp_path / "a" / "data").stat().st_mode & 0o077 == 0


def test_a_demonstration_is_replaced_or_kept(tmp_path):
    data = tmp_path / "data"
    prepare(data, keep=False)
    (data / "old").touch()
    prepare(data, keep=True)
    assert (data / "old").exists()
    prepare(data, keep=False)
    assert [p.name for p in data.iterdir()] == [MARKER]


@pytest.mark.parametrize("keep", [True, False])
def test_anything_else_is_left_alone(tmp_path, keep):
    (tmp_path / "precious").write_text("data")
    with pytest.raises(UsageError, match="something else"):
        prepare(tmp_path, keep=keep)
    assert [p.name for p in tmp_path.iterdir()] == ["precious"]


def test_a_directory_in_use_is_left_alone(tmp_path):
    data = tmp_path / "data"
    prepare(data, keep=False)
    lock = Layout.create(data).lock("writer")
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(Locked, match="in use"):
            prepare(data, keep=False)
    prepare(data, keep=False)
    assert not lock.exists()
