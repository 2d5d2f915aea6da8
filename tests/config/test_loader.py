"""Every file in data/config says in its own comments what is wrong with it: `# error: ...`, `# warning: ...`."""

import re
from pathlib import Path

import pytest

from otel_cert.component import Kind
from otel_cert.config import AnalysisSettings, StoreSettings
from otel_cert.config.loader import check, configured_data_dir, load
from otel_cert.errors import ConfigError
from otel_cert.registry import Entry, Registry
from tests.components import REGISTRY

BAD = sorted((Path(__file__).parent.parent / "data" / "config").glob("*.yaml"))


def expected(text, severity):
    return re.findall(rf"^# {severity}: (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_every_problem_is_found_in_one_pass(path):
    text = path.read_text()
    checked = check(text, REGISTRY, {})
    assert [str(p) for p in checked.problems] == expected(text, "error")
    assert [str(p) for p in checked.warnings] == expected(text, "warning")
    assert (checked.config is None) == bool(checked.problems)
    assert checked.problems or checked.warnings


def test_without_a_file_everything_useful_runs():
    config = load(None, REGISTRY)
    pipelines = config.service.pipelines
    assert config.receivers["otlp"].protocols.grpc.endpoint == "127.0.0.1:4317"
    assert list(config.processors) == ["genai", "cost", "entropy"]
    assert list(config.exporters) == ["prometheus"]
    for pipeline in (pipelines.traces, pipelines.logs, pipelines.metrics):
        assert (pipeline.receivers, pipeline.processors, pipeline.exporters) == (("otlp",), (), ("store",))
    assert (pipelines.analysis.processors, pipelines.analysis.exporters) == (
        ("genai", "cost", "entropy"),
        ("prometheus",),
    )
    assert (config.store.seal_bytes, config.store.seal_interval_s) == (64 << 20, 5.0)
    assert (config.analysis.quiet_s, config.analysis.max_age_s, config.analysis.lookback_s) == (15, 300, 604800)


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "service:", "receivers:\n  otlp:\n    protocols:\n      grpc:\n      http:\n"]
)
def test_what_has_no_value_keeps_its_default(text):
    assert check(text, REGISTRY).config == load(None, REGISTRY)


def test_mappings_are_laid_over_the_defaults_and_lists_replace_them():
    text = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}, otlp/b: {protocols: {grpc: {endpoint: "10.0.0.5:4317"}}}}
processors: {redact: }
service:
  pipelines:
    traces: {receivers: [otlp, otlp/b], processors: [redact]}
    metrics: {receivers: [], exporters: []}
    analysis: {processors: [genai]}
store: {grace: 90, hot_files: 8}
"""
    config = check(text, REGISTRY).config
    assert config.receivers["otlp"].protocols.http.endpoint == "127.0.0.1:0"
    assert config.receivers["otlp/b"].protocols.http.endpoint == "127.0.0.1:4318"
    assert config.receivers["otlp"].protocols.grpc.endpoint == "127.0.0.1:4317"
    assert config.receivers["otlp/b"].protocols.grpc.endpoint == "10.0.0.5:4317"
    assert set(config.components(Kind.PROCESSOR)) == {"genai", "redact"}, "cost is no longer used"
    assert config.service.pipelines.metrics.receivers == ()
    assert config.service.pipelines.logs.receivers == ("otlp",)
    assert (config.store.grace_s, config.store.hot_files, config.store.seal_bytes) == (90.0, 8, 64 << 20)


def test_variables_are_expanded_as_the_collector_does():
    text = """
service: {data_dir: "${env:HOME_DIR}/a$$b"}
store: {hot_files: "${env:FILES}", grace: "${GRACE}", seal_bytes: "${env:MISSING:-1KiB}"}
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:EMPTY:-x}"}}}}
"""
    config = check(text, REGISTRY, {"HOME_DIR": "/srv", "FILES": "12", "GRACE": "2h", "EMPTY": ""}).config
    assert str(config.service.data_dir) == "/srv/a$b"
    assert (config.store.hot_files, config.store.grace_s, config.store.seal_bytes) == (12, 7200.0, 1024)
    assert config.receivers["otlp"].protocols.grpc.endpoint == "", "set to nothing is set"


def test_merge_keys_and_anchors_work():
    text = """
receivers:
  otlp: &base {max_request_bytes: 1MiB}
  otlp/b: {<<: *base, protocols: {grpc: {endpoint: "127.0.0.1:5"}}}
service: {pipelines: {logs: {receivers: [otlp/b]}}}
"""
    checked = check(text, REGISTRY)
    assert checked.problems == ()
    assert checked.config.receivers["otlp/b"].max_request_bytes == 1 << 20


def test_a_component_that_cannot_be_imported_is_one_of_the_problems():
    def broken():
        raise ImportError("no module named heavy")

    entries = [*REGISTRY.entries(), Entry(Kind.PROCESSOR, "heavy", "acme 1.0", broken)]
    text = "processors: {heavy: {}}\nservice: {pipelines: {analysis: {processors: [heavy]}}}\nstore: {nope: 1}"
    checked = check(text, Registry(entries))
    assert [p.path for p in checked.problems] == ["processors.heavy", "store.nope"]
    assert "acme 1.0 cannot be loaded: ImportError: no module named heavy" in checked.problems[0].message


def test_only_named_components_are_imported():
    def broken():
        raise AssertionError("imported")

    registry = Registry([*REGISTRY.entries(), Entry(Kind.PROCESSOR, "unused", "acme 1.0", broken)])
    assert load(None, registry)


def test_load_raises_every_problem_with_the_file_name(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("stor: {}\nanalysis: {quiet: x}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, REGISTRY)
    assert caught.value.exit_code == 4
    assert caught.value.source == str(file)
    assert [p.line for p in caught.value.problems] == [1, 2]
    assert caught.value.problems[0].closest == "store"


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff\xfe", "not UTF-8")])
def test_a_file_that_cannot_be_read(tmp_path, content, reason):
    file = tmp_path / "x.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        load(file, REGISTRY)


def test_the_data_dir_is_found_without_checking_components(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    file = tmp_path / "c.yaml"
    file.write_text("receivers: {nonsense: }\nservice: {data_dir: ~/data}\n")
    assert configured_data_dir(file) == Path("/home/ann/data")
    file.write_text("store: {}\n")
    assert configured_data_dir(file) is None
    file.write_text("service: [")
    with pytest.raises(ConfigError):
        configured_data_dir(file)


def test_checking_touches_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check("service: {data_dir: ./data}", REGISTRY).config
    assert list(tmp_path.iterdir()) == []


def test_settings_are_made_in_python_by_field_name():
    store = StoreSettings(seal_bytes=1000, seal_interval_s=0.1, grace_s="1h")
    assert (store.seal_bytes, store.seal_interval_s, store.grace_s) == (1000, 0.1, 3600.0)
    assert StoreSettings.model_validate_json(store.model_dump_json()) == store
    with pytest.raises(ValueError, match="quiet <= max_age"):
        AnalysisSettings(quiet_s=2, max_age_s=1)
