import stat

import pytest

from otel_cert.errors import NotFound, OtelCertError
from otel_cert.store.layout import Layout, default_data_dir


def test_a_new_directory_is_readable_by_its_owner_only(tmp_path):
    layout = Layout.create(tmp_path / "deep" / "data")
    folders = [layout.root, *(p for p in layout.root.iterdir())]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}
    assert Layout.open(layout.root) == Layout.create(layout.root)


def test_a_directory_that_cannot_be_made_says_why_and_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OtelCertError, match=r"cannot make the data directory .*: Not a directory") as caught:
        Layout.create(tmp_path / "file" / "data")
    assert "--data-dir" in caught.value.hint


def test_a_folder_without_data_is_not_opened_and_says_what_to_do(tmp_path):
    with pytest.raises(NotFound, match="no otel-cert data") as caught:
        Layout.open(tmp_path)
    assert "--data-dir" in caught.value.hint


def test_the_default_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("OTEL_CERT_DATA_DIR", raising=False)
    assert default_data_dir() == tmp_path / "xdg" / "otel-cert"
    monkeypatch.setenv("OTEL_CERT_DATA_DIR", str(tmp_path / "own"))
    assert default_data_dir() == tmp_path / "own"
    monkeypatch.delenv("OTEL_CERT_DATA_DIR")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local" / "share" / "otel-cert"
