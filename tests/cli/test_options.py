from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from otel_cert.cli import _options
from otel_cert.cli._options import config_option, data_dir_option, format_option, parse_time, window_options
from otel_cert.questions import costs

DAY = 86_400_000_000_000
NOW = 1_800_000_000_000_000_000


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("7d", NOW - 7 * DAY),
        ("24h", NOW - DAY),
        ("1h30m", NOW - 5_400_000_000_000),
        ("now", NOW),
        ("1970-01-02", DAY),
        ("1200-01-01", 0),
        ("9999-01-01", 2**63 - 1),
        ("99999999w", 0),
        ("2026-11-01", 1_793_491_200_000_000_000),
        ("2026-11-01T10:00:00Z", 1_793_527_200_000_000_000),
        ("2026-11-01T10:00:00", 1_793_527_200_000_000_000),
        ("2026-11-01T12:00:00+02:00", 1_793_527_200_000_000_000),
        ("2026-11-01 10:00:00.000001Z", 1_793_527_200_000_001_000),
    ],
)
def test_times(text, ns):
    assert parse_time(text, now_ns=NOW) == ns


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "7", "1.5", "-7d"])
def test_no_times(text):
    with pytest.raises(ValueError, match=r"no duration|no unit"):
        parse_time(text, now_ns=NOW)


@click.command()
@config_option
@data_dir_option
@format_option
@window_options
def ask(**values):
    click.echo(repr(values))


def asked(*args, **env):
    names = ("OTEL_CERT_DATA_DIR", "OTEL_CERT_CONFIG", "OTEL_CERT_FORMAT", "XDG_DATA_HOME")
    result = CliRunner().invoke(ask, args, env=dict.fromkeys(names) | env)
    assert result.exit_code == 0, result.output
    return eval(result.output, {"PosixPath": Path})


def test_what_a_verb_gets_when_nothing_is_said():
    assert asked(XDG_DATA_HOME="/xdg") == {
        "config": None,
        "data_dir": Path("/xdg/otel-cert"),
        "output_format": "table",
        "since_ns": None,
        "until_ns": None,
    }


def test_the_data_dir_comes_from_the_option_then_the_environment_then_the_configuration(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("service: {data_dir: /from/config}\n")
    assert asked("--config", str(file))["data_dir"] == Path("/from/config")
    assert asked(OTEL_CERT_CONFIG=str(file))["data_dir"] == Path("/from/config")
    assert asked("--config", str(file), OTEL_CERT_DATA_DIR="/from/env")["data_dir"] == Path("/from/env")
    assert asked("--data-dir", "/d", "--config", str(file), OTEL_CERT_DATA_DIR="/from/env")["data_dir"] == Path("/d")


def test_the_window_arrives_in_nanoseconds():
    values = asked("--since", "2026-11-01", "--until", "2026-11-02")
    assert (values["since_ns"], values["until_ns"]) == (1_793_491_200_000_000_000, 1_793_577_600_000_000_000)


def test_a_wrong_time_says_how_to_write_one():
    result = CliRunner().invoke(ask, ["--since", "yesterday"])
    assert result.exit_code == 2
    assert "write e.g. 7d, 24h" in result.output


def test_the_format_comes_from_the_environment():
    assert asked(OTEL_CERT_FORMAT="csv")["output_format"] == "csv"


def test_groups_are_those_of_the_question():
    """`--help` does not import the questions, so the names are written twice."""
    assert {*_options.GROUPS, "tag"} == set(costs.GROUPS)
