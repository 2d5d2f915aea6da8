from otel_cert.config.loader import load
from tests.components import REGISTRY


def test_the_written_file_validates_and_equals_the_defaults(run, tmp_path):
    file = tmp_path / "otel-cert.yaml"
    result = run("init", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"otel-cert validate {file}" in result.stderr
    assert run("validate", file).stdout == f"{file}: ok\n"
    assert load(file, REGISTRY) == load(None, REGISTRY)


def test_an_existing_file_is_kept_unless_forced(run, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("mine")
    result = run("init", file)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert file.read_text() == "mine"
    assert run("init", file, "--force").exit_code == 0
    assert file.read_text() != "mine"


def test_a_path_that_cannot_be_written(run, tmp_path):
    result = run("init", tmp_path / "no" / "such" / "folder.yaml")
    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr


def test_the_default_path_is_in_the_working_directory(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("init").exit_code == 0
    assert (tmp_path / "otel-cert.yaml").exists()
