import yaml


def test_the_effective_configuration_has_the_file_laid_over_the_defaults(run, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("store: {hot_files: 9}\n")
    shown = yaml.safe_load(run("print-config", "--config", file).stdout)
    assert shown["store"]["hot_files"] == 9
    assert shown["store"]["seal_bytes"] == "64MiB"
    assert shown["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] == "127.0.0.1:4317"


def test_the_file_may_come_from_the_environment(run, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("store: {hot_files: 9}\n")
    for name in ("OTEL_CERT_CONFIG", "OTEL_CERT_PRINT_CONFIG_CONFIG"):
        assert "hot_files: 9" in run("print-config", env={name: str(file)}).stdout


def test_secrets_are_masked(run, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("exporters: {forward: {url: u, api_token: hunter2, credential: hunter2}}\n")
    result = run("print-config", "--config", file)
    assert result.exit_code == 0
    assert "hunter2" not in result.output
    assert result.stdout.count("'**********'") == 2


def test_a_wrong_file_exits_4_with_every_problem(run, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("a: 1\nb: 2\n")
    result = run("print-config", "--config", file)
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"error: {file}: 2 problems" in result.stderr
    assert "line 1: a" in result.stderr
    assert "line 2: b" in result.stderr
