import json


def write(folder, name, text):
    file = folder / name
    file.write_text(text)
    return file


def test_every_error_of_every_file_is_printed(run, tmp_path):
    good = write(tmp_path, "good.yaml", "store: {hot_files: 9}\n")
    bad = write(tmp_path, "bad.yaml", "stor: {}\nservice: {telemetry: {log_level: loud}}\n")
    result = run("validate", good, bad, tmp_path / "none.yaml")
    assert result.exit_code == 4
    lines = result.stdout.splitlines()
    assert lines[0] == f"{good}: ok"
    assert lines[1].startswith(f"{bad}: error: line 1: stor: unknown section; did you mean 'store'?")
    assert lines[2].startswith(f"{bad}: error: line 2: service.telemetry.log_level: 'loud' is not valid")
    assert lines[3] == f"{tmp_path / 'none.yaml'}: error: cannot read: No such file or directory"
    assert len(lines) == 4
    assert result.stderr == ""


def test_a_warning_is_printed_and_is_no_error(run, tmp_path):
    file = write(tmp_path, "w.yaml", "receivers: {otlp/x: {}}\n")
    result = run("validate", file)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{file}: warning: line 1: receivers.otlp/x: defined, but in no pipeline",
        f"{file}: ok",
    ]


def test_problems_as_json(run, tmp_path):
    file = write(tmp_path, "bad.yaml", "store: {hot_file: 9}\n")
    result = run("validate", file, "--format", "json")
    assert result.exit_code == 4
    (problem,) = json.loads(result.stdout)
    assert problem.pop("valid")[:2] == ["seal_bytes", "seal_interval"]
    assert problem == {
        "file": str(file),
        "severity": "error",
        "line": 1,
        "path": "store.hot_file",
        "message": "unknown key",
        "closest": "hot_files",
    }


def test_a_file_is_required(run):
    assert run("validate").exit_code == 2
