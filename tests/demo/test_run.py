"""The order of the steps and what a failure looks like, with a stand-in for the commands that the steps run."""

import sys

import pytest

from otel_cert.demo import run
from otel_cert.errors import OtelCertError

STAND_IN = """
import json, pathlib, signal, sys
verb, options = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
if verb == {failing!r}:
    sys.exit(f"{{verb}} cannot")
if verb == "serve":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(json.dumps({{"event": "ready", "http": {http!r}, "grpc": {grpc!r}}}), flush=True)
    signal.pause()
elif verb == "report":
    pathlib.Path(options["--output"]).mkdir()
    print("statements: 1,500 measured, 500 declared, 0 open", file=sys.stderr)
else:
    print(f"table of {{verb}}")
"""


@pytest.fixture
def demo(tmp_path, monkeypatch, otlp_http, otlp_grpc):
    """Return a function that runs the demonstration with one verb failing, and gives the lines that it said."""

    def start(failing=None):
        http, grpc = (sink.endpoint.removeprefix("http://") for sink in (otlp_http, otlp_grpc))
        script = tmp_path / "stand_in.py"
        script.write_text(STAND_IN.format(failing=failing, http=http, grpc=grpc))
        monkeypatch.setattr(run, "OTEL_CERT", (sys.executable, str(script)))
        run.Demo(tmp_path / "data", tmp_path / "out", said.append).run()

    said = start.said = []
    return start


def test_every_step_in_order(demo, capfd, otlp_http, otlp_grpc, tmp_path):
    demo()
    steps = [line.split(" ", 1) for line in demo.said[:-1]]
    assert [number for number, _ in steps] == [f"[{i}/10]" for i in range(1, 11)]
    assert all(text.endswith(" s)") for _, text in steps)
    assert capfd.readouterr().out == (
        "\nCost\ntable of costs\n\nLatency\ntable of latency\n\nCoverage\ntable of coverage\n"
        "\nSupport of answers by what was retrieved: a proxy, for nobody labelled them\ntable of evaluate\n"
        "\nToken entropy of the answers that came with log probabilities; the scripted model made them up\n"
        "table of entropy\n"
        "\nThe least certain answer, its tokens by surprisal: a reason to look, no error\ntable of entropy\n"
        "\nThe documents of the system, by how each statement is known\n"
        "statements: 1,500 (75.0 %) measured, 500 (25.0 %) declared, 0 (0.0 %) open\n"
    )
    assert {s.resource["deployment.environment.name"] for s in otlp_http.spans() + otlp_grpc.spans()} == {"demo"}
    assert str(tmp_path / "out" / "documents") in demo.said[-1]


def test_without_the_models_it_says_what_to_install(demo, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    demo()
    assert "evaluate" not in capfd.readouterr().out
    assert any("pip install 'otel-cert[models]'" in line for line in demo.said)


@pytest.mark.parametrize("verb", ["serve", "process", "report"])
def test_a_failing_step_is_named_with_its_last_words(demo, verb, monkeypatch):
    monkeypatch.setattr(run, "APPLICATION", (sys.executable, "-c", ""))
    with pytest.raises(OtelCertError, match=f"{verb} cannot") as raised:
        demo(failing=verb)
    assert demo.said[-1].endswith(": failed")
    assert f"{verb}.log" in raised.value.hint
