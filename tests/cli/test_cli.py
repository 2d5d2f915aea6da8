import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner

import otel_cert.cli
from otel_cert.cli import VERBS, cli
from otel_cert.errors import CheckFailed

COMMAND = [sys.executable, "-c", "from otel_cert.cli import main; main()"]


def test_the_table_of_verbs_is_the_verb_files():
    files = {p.stem for p in Path(otel_cert.cli.__file__).parent.glob("*.py") if not p.stem.startswith("_")}
    assert {module for module, _ in VERBS.values()} == files


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(verb):
    command = cli.get_command(click.Context(cli), verb)
    assert command.help
    assert [option.opts[0] for option in command.params if isinstance(option, click.Option) and not option.help] == []
    assert len(VERBS[verb][1]) <= 62, "one line of an 80-column terminal"


def test_help_lists_every_verb(run):
    for flag in ("-h", "--help"):
        result = run(flag)
        assert result.exit_code == 0
        for verb, (_, text) in VERBS.items():
            assert f"  {verb} " in result.stdout
            assert text in result.stdout


def test_help_and_version_import_no_verb():
    code = "import sys; from otel_cert.cli import cli; cli(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    for flag in ("--help", "--version"):
        out = subprocess.run([sys.executable, "-c", code, flag], capture_output=True, text=True, check=True).stdout
        modules = out.split()
        assert "otel_cert.cli" in modules
        assert not {"otel_cert.cli.validate", "pydantic", "rich", "duckdb", "pyarrow"} & set(modules)


def test_version(run):
    result = run("--version")
    assert result.stdout == f"otel-cert {otel_cert.__version__}\n"


@pytest.mark.parametrize(
    ("verb", "closest"), [("cost", "costs"), ("valdate", "validate"), ("printconfig", "print-config")]
)
def test_an_unknown_verb_names_the_closest(run, verb, closest):
    result = run(verb)
    assert result.exit_code == 2
    assert f"No such command {verb!r}. Did you mean {closest!r}?" in result.stderr


def test_an_unknown_option_is_wrong_usage(run):
    assert run("components", "--fromat", "json").exit_code == 2
    assert run("--nope").exit_code == 2
    assert run("xyzzy").exit_code == 2


@pytest.fixture
def verb(monkeypatch):
    """Let `components` be a verb that does what the test says."""

    def put(action):
        monkeypatch.setattr("otel_cert.cli.components.command", click.Command("components", callback=action))
        return CliRunner().invoke(cli, ["components"])

    return put


def test_our_errors_end_without_a_traceback(verb):
    def fail():
        raise CheckFailed("the check did not hold", hint="look there")

    result = verb(fail)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr == "error: the check did not hold\n  hint: look there\n"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "/x"), duckdb.IOException("disk is full")])
def test_errors_of_the_system_and_of_duckdb_end_without_a_traceback(verb, monkeypatch, error):
    def fail():
        raise error

    result = verb(fail)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.partition("\n  hint: ")[0].rstrip() == f"error: {error}"
    monkeypatch.setenv("OTEL_CERT_DEBUG", "1")
    result = verb(fail)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback")
    assert f"\nerror: {error}\n" in result.stderr


def test_a_fault_of_the_program_is_not_hidden(verb):
    def fail():
        raise KeyError("bug")

    assert isinstance(verb(fail).exception, KeyError)


def test_an_interrupt_exits_130(verb):
    def interrupt():
        raise KeyboardInterrupt

    assert verb(interrupt).exit_code == 130


def test_a_real_interrupt_is_quiet():
    code = (
        "import sys, time, click, otel_cert.cli as c, otel_cert.cli.components as m\n"
        "m.command = click.Command('components', callback=lambda: (print('up', flush=True), time.sleep(30)))\n"
        "sys.argv = ['otel-cert', 'components']; c.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
        assert child.stderr.read() == ""


def test_a_closed_pipe_is_quiet():
    child = subprocess.Popen([*COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    child.stdout.close()
    with child:
        child.wait(60)
        assert child.stderr.read() == ""


def test_a_verb_with_a_closed_pipe_is_quiet():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        done = subprocess.run(
            [*COMMAND, "completion", "zsh"], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == ""


def test_every_option_reads_its_variable(run):
    assert run("components", env={"OTEL_CERT_COMPONENTS_FORMAT": "json"}).stdout.startswith("[")
    assert run("components", env={"OTEL_CERT_FORMAT": "csv"}).stdout.startswith("type,kind")
    both = {"OTEL_CERT_COMPONENTS_FORMAT": "json", "OTEL_CERT_FORMAT": "csv"}
    assert run("components", env=both).stdout.startswith("["), "the verb's own variable wins"


def test_an_option_whose_parameter_has_another_name_reads_the_variable_of_its_flag(monkeypatch):
    seen = []
    option = click.Option(["--since", "since_ns"])
    command = click.Command("components", params=[option], callback=lambda since_ns: seen.append(since_ns))
    monkeypatch.setattr("otel_cert.cli.components.command", command)
    CliRunner().invoke(cli, ["components"], env={"OTEL_CERT_COMPONENTS_SINCE": "7d"})
    assert seen == ["7d"]


def test_help_is_fast():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 0.5, "seconds; 0.06 on a quiet machine"
