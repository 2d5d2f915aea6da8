import json

from click.testing import CliRunner

from otel_cert.cli import cli
from otel_cert.component import Kind
from otel_cert.registry import Entry, Registry
from tests.components import REGISTRY


def test_json_has_the_schema_of_the_settings(run):
    rows = json.loads(run("components", "--format", "json").stdout)
    otlp = next(row for row in rows if (row["kind"], row["type"]) == ("receiver", "otlp"))
    assert (otlp["stability"], otlp["signals"], otlp["provided_by"]) == ("beta", "traces, logs, metrics", "given")
    settings = otlp["settings"]["properties"]
    assert settings["max_request_bytes"]["description"] == "Limit after decompression."
    assert settings["max_request_bytes"]["format"] == "size"
    assert otlp["settings"]["additionalProperties"] is False


def test_the_table_has_a_line_per_component(run):
    result = run("components")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["type", "kind", "stability", "signals", "doc", "provided_by"]
    types = [line.split()[0] for line in lines[2:]]
    assert types == ["files", "otlp", "cost", "entropy", "genai", "redact", "forward", "prometheus"]


def test_a_component_that_cannot_be_loaded_does_not_hide_the_others():
    def broken():
        raise ImportError("no heavy")

    registry = Registry([*REGISTRY.entries(), Entry(Kind.EXPORTER, "heavy", "acme 1.0", broken)])
    result = CliRunner().invoke(cli, ["components", "--format", "json"], obj=registry)
    assert result.exit_code == 0
    by_type = {row["type"]: row for row in json.loads(result.stdout)}
    assert "ImportError: no heavy" in by_type["heavy"]["doc"]
    assert by_type["heavy"]["stability"] is None
    assert by_type["otlp"]["stability"] == "beta"
