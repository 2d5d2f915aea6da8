"""Every file in collector-config loads: ours with our loader, the Collector's by its structure."""

from pathlib import Path

import pytest
import yaml

from otel_cert.config.loader import check, load
from otel_cert.registry import Registry

FOLDER = Path(__file__).parent.parent / "collector-config"
THEIRS = "opentelemetry-collector.yaml"
OURS = sorted(p.name for p in FOLDER.glob("*.yaml") if p.name != THEIRS)


@pytest.fixture(scope="module")
def registry():
    return Registry.installed()


@pytest.mark.parametrize("name", OURS)
def test_ours_loads_without_a_warning(name, registry):
    checked = check((FOLDER / name).read_text(), registry, {})
    assert [str(p) for p in (*checked.problems, *checked.warnings)] == []


def test_full_is_the_defaults(registry):
    assert load(FOLDER / "full.yaml", registry) == load(None, registry)


def test_every_reference_of_the_collectors_side_is_defined():
    config = yaml.safe_load((FOLDER / THEIRS).read_text())
    assert set(config["service"]["extensions"]) <= config["extensions"].keys()
    assert set(config["service"]["pipelines"]) == {"traces", "logs", "metrics"}
    for pipeline in config["service"]["pipelines"].values():
        for role in ("receivers", "processors", "exporters"):
            assert set(pipeline[role]) <= config[role].keys()


def test_the_collectors_side_sends_to_ours_and_keeps_what_we_push_back(registry):
    exporter = yaml.safe_load((FOLDER / THEIRS).read_text())["exporters"]["otlp/otel-cert"]
    ours = check((FOLDER / "behind-collector.yaml").read_text(), registry, {}).config
    assert exporter["endpoint"] == ours.receivers["otlp"].protocols.grpc.endpoint
    assert exporter["sending_queue"]["storage"] == "file_storage"
    assert exporter["retry_on_failure"]["max_elapsed_time"] == 0
