"""Every file in collector-config loads: ours with our loader, the Collector's by its structure."""

from pathlib import Path

import pytest
import yaml

from otel_cert.config.loader import check, load
from otel_cert.registry import Registry

FOLDER = Path(__file__).parent.parent / "collector-config"
BEFORE, AFTER = "opentelemetry-collector.yaml", "opentelemetry-collector-after.yaml"
OURS = sorted(p.name for p in FOLDER.glob("*.yaml") if p.name not in (BEFORE, AFTER))


@pytest.fixture(scope="module")
def registry():
    return Registry.installed()


@pytest.mark.parametrize("name", OURS)
def test_ours_loads_without_a_warning(name, registry):
    checked = check((FOLDER / name).read_text(), registry, {})
    assert [str(p) for p in (*checked.problems, *checked.warnings)] == []


def test_full_is_the_defaults(registry):
    assert load(FOLDER / "full.yaml", registry) == load(None, registry)


@pytest.mark.parametrize("name", [BEFORE, AFTER])
def test_every_reference_of_the_collectors_side_is_defined(name):
    config = yaml.safe_load((FOLDER / name).read_text())
    assert set(config["service"].get("extensions", ())) <= config.get("extensions", {}).keys()
    assert set(config["service"]["pipelines"]) == {"traces", "logs", "metrics"}
    for pipeline in config["service"]["pipelines"].values():
        for role in ("receivers", "processors", "exporters"):
            assert set(pipeline.get(role, ())) <= config.get(role, {}).keys()


def test_the_collectors_side_sends_to_ours_and_keeps_what_we_push_back(registry):
    exporter = yaml.safe_load((FOLDER / BEFORE).read_text())["exporters"]["otlp/otel-cert"]
    for name in ("behind-collector.yaml", "between-collectors.yaml"):
        ours = check((FOLDER / name).read_text(), registry, {}).config
        assert exporter["endpoint"] == ours.receivers["otlp"].protocols.grpc.endpoint
    assert exporter["sending_queue"]["storage"] == "file_storage"
    assert exporter["retry_on_failure"]["max_elapsed_time"] == 0


def test_ours_sends_on_what_the_collector_behind_it_takes(registry):
    receiver = yaml.safe_load((FOLDER / AFTER).read_text())["receivers"]["otlp/otel-cert"]["protocols"]["grpc"]
    ours = check((FOLDER / "between-collectors.yaml").read_text(), registry, {}).config
    (exporter,) = [settings for id_, settings in ours.exporters.items() if id_ == "otlp/after"]
    assert exporter.sends_to() == (receiver["endpoint"],)
    assert exporter.sending_queue.batch.max_bytes < receiver["max_recv_msg_size_mib"] << 20
