"""`otel-cert run`: the command is what it would be without, but for the instrumentation of its Pythons."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from otel_cert.demo.processes import environment

QUIET = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}


def run(*command, **env):
    argv = [sys.executable, "-m", "otel_cert", "run", *command]
    return subprocess.run(argv, env=environment(**{**QUIET, **env}), capture_output=True, text=True, timeout=60)


def test_arguments_input_and_exit_code_are_the_commands_own():
    code = "import sys; print(sys.argv[1:], sys.flags.dev_mode); sys.exit(7)"
    done = run("--", sys.executable, "-X", "dev", "-W", "ignore", "-c", code, "--endpoint", "x", "--", "a b")
    assert (done.returncode, done.stdout, done.stderr) == (7, "['--endpoint', 'x', '--', 'a b'] True\n", "")


def test_what_the_environment_says_of_paths_modules_and_masks_stays(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.shadowed = True\n")
    code = """
import builtins, json, os, signal, sys, sitecustomize
mask = os.umask(0); os.umask(mask)
print(json.dumps([mask, [p for p in sys.path if "autoload" in p], builtins.shadowed, sitecustomize.__file__]))
"""
    old = os.umask(0o027)
    try:
        done = run(sys.executable, "-c", code, PYTHONPATH=str(tmp_path))
    finally:
        os.umask(old)
    assert json.loads(done.stdout) == [0o027, [], True, str(tmp_path / "sitecustomize.py")]


def test_options_become_variables_that_descendants_inherit():
    code = """
import json, os, subprocess, sys
show = "import json, os, sys; print(json.dumps(['otel_cert.auto' in sys.modules, *map(os.environ.get, %r)]))"
names = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SERVICE_NAME",
         "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"]
subprocess.run([sys.executable, "-c", show % names], check=True)
"""
    done = run(
        "--endpoint", "http://127.0.0.1:1", "--service-name", "shop", "--capture-content", "--",
        sys.executable, "-c", code, OTEL_SERVICE_NAME="other", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:2",
    )  # fmt: skip
    assert json.loads(done.stdout) == [True, "http://127.0.0.1:1", None, "shop", "SPAN_ONLY"]


def test_signals_reach_the_command_itself():
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
print("ready", flush=True)
time.sleep(30)
"""
    argv = [sys.executable, "-m", "otel_cert", "run", "--", sys.executable, "-c", code]
    with subprocess.Popen(argv, env=environment(**QUIET), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 42


def test_a_program_that_is_no_python_starts_with_the_usual_signals():
    done = run("sh", "-c", "trap '' USR1; grep -E '^SigIgn' /proc/self/status")
    ignored = int(done.stdout.split()[1], 16)
    assert not ignored & (1 << signal.SIGPIPE - 1)
    assert ignored & (1 << signal.SIGUSR1 - 1), "the test sees what is ignored"


def test_a_missing_program_is_told_as_a_shell_does():
    done = run("--", "no-such-program")
    assert done.returncode == 127
    assert "no-such-program: No such file or directory" in done.stderr


@pytest.mark.parametrize("command", [[], ["--endpoint", "ftp://x", "--", "true"]])
def test_wrong_usage_is_refused_before_anything_runs(command):
    assert run(*command).returncode == 2


def test_a_python_without_otel_cert_runs_and_the_command_itself_says_so(tmp_path):
    code = "import subprocess, sys; print('runs', flush=True); subprocess.run([sys.executable, '-I', '-c', 'print(1)'])"
    broken = tmp_path / "otel_cert"
    broken.mkdir()
    (broken / "__init__.py").write_text("")
    (broken / "auto.py").write_text("raise ImportError('not here')")
    # The broken package stands before ours, as in an environment that has another otel_cert or none.
    started = time.monotonic()
    done = run("--", "env", f"PYTHONPATH={tmp_path}:{os.environ.get('PYTHONPATH', '')}:" + str(_autoload()),
               sys.executable, "-c", code)  # fmt: skip
    assert time.monotonic() - started < 30
    assert (done.returncode, done.stdout) == (0, "runs\n1\n")
    assert done.stderr == "otel-cert: nothing is recorded: ImportError: not here\n"


def _autoload():
    from otel_cert.instrument.launch import AUTOLOAD

    return AUTOLOAD
