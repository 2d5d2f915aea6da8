import json
import re

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli


def run(*arguments, **env):
    return CliRunner().invoke(cli, ["token", *map(str, arguments)], env=env)


def test_a_token_is_shown_once(tmp_path):
    made = run(
        "create",
        "--name",
        "checkout",
        "--scope",
        "traces",
        "--scope",
        "read",
        "--expires",
        "90d",
        "--data-dir",
        tmp_path,
    )
    assert made.exit_code == 0
    assert re.fullmatch(r"otelcert_[\w-]{43}\n", made.stdout)
    assert "not shown again" in made.stderr
    secret = made.stdout.strip()
    for output_format in ("table", "json", "csv", "markdown"):
        listed = run("list", "--format", output_format, "--data-dir", tmp_path)
        assert "checkout" in listed.stdout
        assert secret[-4:] not in listed.stdout.replace("checkout", "")
    (row,) = json.loads(run("list", "--format", "json", "--data-dir", tmp_path).stdout)
    assert (row["name"], row["scopes"], row["state"], row["revoked"]) == ("checkout", "traces, read", "valid", None)
    assert row["expires"] > row["created"]


def test_a_token_is_revoked_by_its_id_or_with_all_of_its_name(tmp_path):
    for name in ("a", "a", "b", "a"):
        run("create", "--name", name, "--data-dir", tmp_path)
    tokens = json.loads(run("list", "--format", "json", "--data-dir", tmp_path).stdout)
    assert run("revoke", tokens[0]["id"], "--data-dir", tmp_path).stderr == f"revoked {tokens[0]['id']} of a\n"
    assert run("revoke", "a", "--data-dir", tmp_path).stderr.count("revoked") == 2
    again = json.loads(run("list", "--format", "json", "--data-dir", tmp_path).stdout)
    assert [token["state"] for token in again] == ["revoked", "revoked", "valid", "revoked"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["create"], 2, "--name"),
        (["create", "--name", "../../x"], 2, "no name for a token"),
        (["create", "--name", "x", "--scope", "all"], 2, "'all' is not one of"),
        (["create", "--name", "x", "--expires", "soon"], 2, "no duration"),
        (["create", "--name", "x", "--expires", "0"], 2, "of no use"),
        (["revoke", "x"], 1, "otel-cert token list"),
    ],
)
def test_wrong_usage(tmp_path, arguments, code, message):
    run("create", "--name", "other", "--data-dir", tmp_path)
    done = run(*arguments, "--data-dir", tmp_path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr


def test_options_by_environment(tmp_path):
    done = run("create", OTEL_CERT_DATA_DIR=str(tmp_path), OTEL_CERT_TOKEN_CREATE_NAME="checkout")
    assert done.exit_code == 0
    assert "checkout" in run("list", OTEL_CERT_DATA_DIR=str(tmp_path)).stdout


def test_where_there_is_no_data(tmp_path):
    done = run("list", "--data-dir", tmp_path / "none")
    assert done.exit_code == 1
    assert "no otel-cert data" in done.stderr


def test_the_scopes_are_those_of_the_store():
    from otel_cert.cli.token import SCOPES
    from otel_cert.store import tokens

    assert SCOPES == tokens.SCOPES
