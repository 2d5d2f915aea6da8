import json
import os
import sys

import pytest

from otel_cert.demo import processes
from otel_cert.errors import OtelCertError

READY = "import json, time; print(json.dumps({'event': 'ready'}), flush=True); "


def python(code):
    return [sys.executable, "-c", code]


def ends_with(code):
    return f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit({code})); "


@pytest.fixture
def log(tmp_path):
    return tmp_path / "child.log"


def test_foreign_settings_do_not_reach_a_child(monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("UNRELATED", "1")
    child = processes.environment(OTEL_SERVICE_NAME="x")
    assert "OTEL_SDK_DISABLED" not in child
    assert "OPENAI_API_KEY" not in child
    assert (child["UNRELATED"], child["OTEL_SERVICE_NAME"], child["NO_PROXY"]) == ("1", "x", "127.0.0.1")


def test_output_goes_to_the_log_unless_shown(log, capfd):
    processes.run(python("print('quiet')"), log, os.environ)
    processes.run(python("print('loud')"), log, os.environ, show=True)
    assert capfd.readouterr().out == "loud\n"
    assert log.read_text() == "quiet\n"


def test_a_failure_shows_what_the_process_wrote_last(log):
    code = "import sys; [print(f'line {i}', file=sys.stderr) for i in range(40)]; sys.exit(3)"
    with pytest.raises(OtelCertError) as raised:
        processes.run(python(code), log, os.environ)
    text = str(raised.value)
    assert "exit code 3" in text
    assert "| line 39" in text
    assert "line 24\n" not in text
    assert str(log) in raised.value.hint


def test_a_process_that_is_too_slow_is_ended(log):
    with pytest.raises(OtelCertError, match=r"did not end within 0 s[\s\S]*it wrote nothing"):
        processes.run(python("import time; time.sleep(60)"), log, os.environ, timeout_s=0.2)


def test_a_background_process_announces_itself_and_ends_on_sigterm(log):
    code = ends_with(0) + READY + "time.sleep(60)"
    with processes.background(python(code), log, os.environ) as child:
        announcement = child.ready()
        child.stop()
    assert announcement == json.loads('{"event": "ready"}')


def test_a_background_process_that_dies_early_is_reported(log):
    with (
        processes.background(python("import sys; sys.exit('no port')"), log, os.environ) as child,
        pytest.raises(OtelCertError, match=r"before it was ready[\s\S]*no port"),
    ):
        child.ready()


def test_a_background_process_that_ends_badly_is_reported(log):
    code = ends_with(5) + READY + "time.sleep(60)"
    with processes.background(python(code), log, os.environ) as child:
        child.ready()
        with pytest.raises(OtelCertError, match="exit code 5"):
            child.stop()


def test_a_background_process_never_outlives_its_block(log, tmp_path):
    code = f"import os; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); " + READY + "time.sleep(60)"
    with processes.background(python(code), log, os.environ) as child:
        child.ready()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
