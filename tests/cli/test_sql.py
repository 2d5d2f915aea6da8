import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from tests.stored import Store, body, chat, plain


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("sql"))
    store.take(body(chat(1)))
    span = plain(2)
    span["attributes"] = [{"key": "k", "value": {"string_value": v}} for v in ("a\0b", "c")]
    store.take(body(span))
    return store


@pytest.fixture
def sql(store):
    def ask(*args, **options):
        return CliRunner().invoke(cli, ["sql", "--data-dir", str(store.layout.root), *map(str, args)], **options)

    return ask


def test_json_holds_every_row_and_repeated_keys(sql):
    rows = json.loads(sql("SELECT * FROM spans ORDER BY span_id", "--format", "json").stdout)
    assert rows[0]["attributes"]["gen_ai.usage.input_tokens"] == "100"
    assert rows[1]["attributes"] == [["k", "a\0b"], ["k", "c"]]
    assert rows[0]["resource_attributes"] == {"service.name": "shop"}


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "json"])
@pytest.mark.parametrize("table", ["spans", "logs", "genai_calls", "costs"])
def test_every_table_prints_in_every_format(sql, form, table):
    result = sql(f"SELECT * FROM {table}", "--format", form)
    assert result.exit_code == 0, result.output


def test_nothing_is_capped(sql):
    asked = "SELECT range AS n, MAP {'k': range} AS m FROM range(100000) ORDER BY n DESC"
    rows = json.loads(sql(asked, "--format", "json").stdout)
    assert [rows[0]["n"], rows[-1]["n"], len(rows)] == [99999, 0, 100_000]
    assert len(list(csv.reader(io.StringIO(sql(asked, "--format", "csv").stdout)))) == 100_001


def test_every_statement_that_returns_rows_is_printed_in_order(sql):
    result = sql("SET VARIABLE x = 2; SELECT 1 AS a; SELECT getvariable('x') AS b; -- done", "--format", "markdown")
    assert result.stdout == "| a |\n| --: |\n| 1 |\n\n| b |\n| --: |\n| 2 |\n"
    assert sql("SELECT 1 AS a; SELECT 2 AS b").stdout.split() == ["a", "─", "1", "b", "─", "2"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_format_that_holds_one_result_gets_one(sql, form):
    assert "2" in sql("SET VARIABLE x = 2; SELECT getvariable('x') AS b", "--format", form).stdout
    result = sql("SELECT 1; SELECT 2", "--format", form)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"2 statements return rows, and {form} holds one result" in result.stderr
    assert "one statement at a time" in result.stderr


def test_statements_come_through_a_pipe(sql):
    assert sql("--format", "csv", input="SELECT count(*) AS n\nFROM spans\n").stdout == "n\n2\n"
    assert sql(input="").exit_code == 0


READS = [
    "DESCRIBE spans", "SHOW TABLES", "SUMMARIZE costs", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "FROM costs",
    "/* c */ EXPLAIN (FORMAT json) SELECT 1", "PIVOT (SELECT 1 AS a, 2 AS b) ON a USING sum(b)", "TABLE costs",
    "WITH x AS (SELECT 1 AS copy) SELECT (copy) FROM x", "SELECT ';' AS \"a\"\"b\", MAP {'a': 1} AS \"c\"\"d\" -- end",
]  # fmt: skip


@pytest.mark.parametrize("statement", READS)
def test_what_reads_runs(sql, statement):
    result = sql(statement)
    assert result.exit_code == 0, result.output


WRITES = [
    "INSERT INTO spans VALUES (1)", "CREATE TABLE t AS SELECT 1", "COPY (SELECT 1) TO 'out'", "ATTACH 'out'",
    "INSTALL spatial", "EXPORT DATABASE 'out'", "IMPORT DATABASE 'out'", "DROP VIEW spans", "UPDATE spans SET name = ''",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'out'", "EXPLAIN (ANALYZE) COPY (SELECT 1) TO 'out'",
    "WITH x AS (COPY (SELECT 1) TO 'out') SELECT 1", "WITH x AS /* ( */ ( -- c\n COPY spans TO 'out') SELECT 1",
    "EXPLAIN ANALYZE WITH x AS (COPY spans TO 'out') SELECT 1", "SELECT 1; COPY (SELECT 1) TO 'out'",
    "PRAGMA enable_profiling = 'json'", "SET profiling_output = 'out'", "SET log_query_path = 'out'",
    "CALL enable_logging(storage = 'file', storage_config = {'path': 'out'})",
]  # fmt: skip


@pytest.mark.parametrize("statement", WRITES)
def test_what_would_write_is_refused(sql, statement, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = sql(statement)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_bad_sql_says_where_and_how_to_find_names(sql):
    result = sql("SELECT nme FROM spans")
    assert result.exit_code == 2
    assert "nme" in result.stderr
    assert "DESCRIBE spans" in result.stderr
    assert result.stdout == ""


def test_missing_data_and_snapshots_say_what_to_do(sql, tmp_path):
    missing = CliRunner().invoke(cli, ["sql", "--data-dir", str(tmp_path), "SELECT 1"])
    assert missing.exit_code == 1
    assert "otel-cert serve" in missing.stderr
    retired = sql("SELECT 1", "--snapshot", 999)
    assert retired.exit_code == 1
    assert "snapshots kept now" in retired.stderr


def test_older_and_fresher_rows(sql):
    count = "SELECT count(*) AS n FROM spans"
    assert sql(count, "--format", "csv", "--snapshot", 1).stdout == "n\n1\n"
    assert sql(count, "--format", "csv", "--as-of", "now").stdout == "n\n2\n"
    assert sql(count, "--as-of", "1d").exit_code == 1
    assert sql(count, "--format", "csv", "--fresh").stdout == "n\n2\n"
    assert sql(count, "--snapshot", 1, "--fresh").exit_code == 2


class Terminal:
    """The shell on a pseudo-terminal."""

    def __init__(self, data_dir):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from otel_cert.cli import main; main()", "sql", "--data-dir", str(data_dir)],
            stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "dumb", "NO_COLOR": "1"},
        )  # fmt: skip
        os.close(slave)
        self.read("otel-cert> ")

    def read(self, until):
        text, deadline = "", time.monotonic() + 60
        while until not in text and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.2)[0]:
                text += os.read(self.master, 65536).decode()
        if until not in text:
            self.process.kill()
            self.process.wait()
        assert until in text, text
        return text

    def interrupt(self):
        """Press Ctrl-C until it is noticed: Python misses it between showing a prompt and waiting for a key."""
        for _ in range(20):
            self.process.send_signal(signal.SIGINT)
            if select.select([self.master], [], [], 3)[0]:
                break
        self.read("otel-cert> ")

    def say(self, line, until="otel-cert> "):
        os.write(self.master, line.encode() + b"\n")
        return self.read(until)


def test_the_shell(store):
    terminal = Terminal(store.layout.root)
    assert "genai_calls" in terminal.say(".tables")
    assert "gen_ai_request_model" in terminal.say(".schema spans")
    terminal.say("SELECT count(*)", "...> ")
    assert "2" in terminal.say("FROM spans;")
    terminal.say(".format json")
    assert '{"x": 1}' in terminal.say("SELECT 1 AS x;")
    assert "error:" in terminal.say("SELECT nonsense;")
    assert "would write" in terminal.say("CREATE TABLE t(a int);")
    assert ".refresh" in terminal.say(".nonsense")
    terminal.say("SELECT 1", "...> ")
    terminal.interrupt()
    assert "snapshot" in terminal.say(".refresh")
    os.write(terminal.master, b".quit\n")
    assert terminal.process.wait(60) == 0
    os.close(terminal.master)
