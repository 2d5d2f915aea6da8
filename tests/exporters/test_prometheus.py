"""The figures on `/metrics`: right, well named, bounded, and what a real Prometheus makes of them."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

import otel_cert
from otel_cert.exporters.prometheus import METRICS, PrometheusExporter, PrometheusSettings
from otel_cert.questions import COSTS, LATENCY, ask
from otel_cert.telemetry import Metrics
from tests import calls
from tests.cli.serving import QUICK, eventually, serving
from tests.exporters.forwarding import closed_port
from tests.stored import body, chat
from tests.tools import tool

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
EVER = {"window": "36500d"}


def page(layout, *, accept="", **settings):
    """Return the page of a receiver over a store."""
    PrometheusExporter(PrometheusSettings(**(EVER | settings))).run(layout, "prometheus")
    metrics = Metrics()
    metrics.show_files([layout.metrics("prometheus")])
    return metrics.page(accept)[0].decode()


def series(text, name):
    """Return {labels without the window: value} of a metric."""
    found = {}
    for family in plain_text(text):
        for sample in family.samples:
            if sample.name == f"otel_cert_{name}":
                labels = {key: value for key, value in sample.labels.items() if key != "window"}
                found[tuple(sorted(labels.items()))] = sample.value
    return found


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    return calls.store(tmp_path_factory.mktemp("store"), *calls.some())


def test_the_figures_are_the_answers_to_the_questions(layout):
    text = page(layout, labels=["provider", "model"])
    with otel_cert.connect(layout.root) as con:
        costs, latency = list(ask(con, COSTS).dicts()), list(ask(con, LATENCY).dicts())
    for row in costs:
        labels = (("model", row["key"]), ("provider", row["provider"]))
        assert series(text, "genai_calls")[labels] == row["calls"]
        assert series(text, "genai_cost")[(("currency", row["currency"]), *labels)] == float(row["cost"])
        assert series(text, "genai_priced_calls")[labels] == row["priced_calls"]
        assert series(text, "genai_tokens")[(("kind", "input"), *labels)] == row["input_tokens"]
        for reason, count in row["unpriced_reasons"].items():
            assert series(text, "genai_unpriced_calls")[(*labels, ("reason", reason))] == count
    for row in latency:
        labels = (("model", row["model"]), ("percentile", "95"), ("provider", row["provider"]))
        assert series(text, "genai_call_duration_seconds")[labels] == row["p95_s"]
    assert sum(series(text, "genai_failed_calls").values()) == sum(row["errors"] for row in latency) == 2
    assert sum(series(text, "genai_call_errors").values()) == 2
    assert series(text, "genai_calls_without_token_entropy") == {
        (("provider", provider), ("reason", "not_computed")): n for provider, n in (("openai", 12), ("aws.bedrock", 2))
    }


def test_what_is_unknown_is_absent(layout):
    text = page(layout)
    kinds = {dict(labels)["kind"] for labels in series(text, "genai_tokens")}
    assert kinds == {"input", "output"}
    assert series(text, "genai_time_to_first_token_seconds") == {}
    assert "evaluation" not in text


def test_label_sets_are_bounded_and_the_others_counted(layout):
    text = page(layout, max_series=1)
    assert {dict(labels)["model"] for labels in series(text, "genai_calls")} == {"gpt-4o", "other"}
    assert series(text, "figures_other_label_sets") == {(): 1}
    assert sum(series(text, "genai_calls").values()) == 14


def test_every_metric_is_declared_and_says_how_old_it_is(layout):
    text = page(layout, accept="application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    ours = {f.name: f for f in openmetrics(text) if f.name.removeprefix("otel_cert_") in METRICS}
    assert len(ours) >= 10
    assert all(family.documentation and family.type == "gauge" for family in ours.values())
    assert ours["otel_cert_genai_call_duration_seconds"].unit == "seconds"
    (age,) = series(page(layout), "figures_timestamp_seconds").values()
    assert abs(time.time() - age) < 60


def test_two_windows_stand_side_by_side(layout):
    for name, window in (("prometheus", "36500d"), ("prometheus/day", "1d")):
        PrometheusExporter(PrometheusSettings(window=window)).run(layout, name)
    metrics = Metrics()
    metrics.show_files([layout.metrics("prometheus"), layout.metrics("prometheus/day")])
    text = metrics.page()[0].decode()
    assert text.count("# TYPE otel_cert_figures_snapshot gauge") == 1
    assert 'otel_cert_figures_window_seconds{window="1d"} 86400.0' in text


def test_promtool_has_no_complaint(layout):
    promtool = tool("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=page(layout), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    for what, name in (("rules", "prometheus-alerts.yml"), ("config", "prometheus.yml")):
        subprocess.run([promtool, "check", what, EXAMPLES / name], capture_output=True, check=True)


def test_every_metric_of_the_alerts_exists():
    shown = {*METRICS, "forward_oldest_timestamp_seconds", "forward_items_total"}
    text = (EXAMPLES / "prometheus-alerts.yml").read_text()
    used = {
        word.partition("{")[0]
        for word in text.replace("(", " ").replace("[", " ").split()
        if word.startswith("otel_cert_")
    }
    assert used
    assert {name.removeprefix("otel_cert_") for name in used} <= shown


def test_a_real_prometheus_scrapes_it_and_answers(tmp_path):
    prometheus, promtool = tool("prometheus", "prometheus"), tool("promtool", "prometheus")
    now_ns = time.time_ns()
    recent = [
        chat(n) | {"start_time_unix_nano": now_ns - 2 * 10**9, "end_time_unix_nano": now_ns - 10**9} for n in (1, 2, 3)
    ]
    with serving(tmp_path, QUICK + "exporters: {prometheus: {every: 200ms}}\n") as service:
        assert service.post(body(*recent)) == 200
        eventually(lambda: "otel_cert_genai_cost{" in service.get("/metrics")[1], True)
        subprocess.run([promtool, "check", "metrics"], input=service.get("/metrics")[1], text=True, check=True)
        port = closed_port()
        config = tmp_path / "prometheus.yml"
        target = {"job_name": "otel-cert", "static_configs": [{"targets": [service.ready["http"]]}]}
        config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [target]}))
        flags = [
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen([prometheus, *flags], stdout=log, stderr=log)
        try:
            eventually(lambda: query(port, 'sum by (currency) (otel_cert_genai_cost{window="1h"}) * 1e6'), ["63"])
            assert query(port, "sum(otel_cert_receiver_items_total)") == ["3"]
            assert query(port, "otel_cert_genai_calls{model='gpt-4o-mini',provider='openai',service='shop'}") == ["3"]
        finally:
            server.terminate()
            server.wait(30)


def query(port, expression):
    """Return the values of an instant query; none while the server is not up."""
    url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return [f"{float(one['value'][1]):.6g}" for one in json.load(answer)["data"]["result"]]
    except OSError:
        return []
