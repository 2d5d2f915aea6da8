"""Every block of docs/query.md, run against a small store in the default data directory."""

import re
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import otel_cert
from tests.stored import START_NS, Store, body, chat, plain

PAGE = (Path(__file__).parent.parent / "docs" / "query.md").read_text()
OTEL_CERT = f"otel-cert() {{ '{sys.executable}' -m otel_cert \"$@\"; }}\n"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def at(unix_ns, span):
    return span | {"start_time_unix_nano": unix_ns, "end_time_unix_nano": unix_ns + 10**9}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose store has three calls: of 2026-01-01, of three hours ago, and of now in the trace of the first."""
    home, now = tmp_path_factory.mktemp("home"), time.time_ns()
    earlier = now - 3 * 3600 * 10**9
    store = Store(home / ".local" / "share" / "otel-cert")
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(time, "time_ns", lambda: earlier)
        store.take(body(at(START_NS, chat(1)), at(earlier, chat(2))))
    repeated = [{"key": "x", "value": {"string_value": value}} for value in ("a", "b")]
    # Something late in the first trace: its calls are computed again, and the file with the old rows stays for a while.
    unpriced = chat(1, 4, parent=1, gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None)
    store.take(body(at(now, unpriced), plain(3, attributes=repeated)))
    store.send(body(at(now, chat(5))))
    return home


@pytest.fixture
def at_home(home, tmp_path, monkeypatch):
    for name in ("OTEL_CERT_DATA_DIR", "OTEL_CERT_CONFIG", "OTEL_CERT_FORMAT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_lines(at_home):
    (block,) = blocks("sh")
    done = subprocess.run(["bash", "-euc", OTEL_CERT + block], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    counts = re.findall(r"^ *(\d+) *$", done.stdout, re.MULTILINE)
    assert counts == ["5", "2", "2"], "fresh, two hours ago, the first snapshot"
    assert '"calls": 3' in done.stdout
    assert "no_tokens" in (at_home / "unpriced.csv").read_text()


@pytest.mark.usefixtures("at_home")
def test_python():
    found = {}
    exec("".join(blocks("python")), found)
    price = Decimal("0.000021")
    assert set(found["rows"]) == {("shop", "gpt-4o-mini", 1, price, "USD"), ("shop", "gpt-4o-mini", 1, None, None)}
    assert (len(found["calls"]), found["calls"]["seconds"].tolist()) == (3, [1.0, 1.0, 1.0])
    assert found["costs"]["total_cost"].drop_nulls().to_list() == [price, price]
    assert (found["recent"], found["tokens"]) == ((2,), (200,))
    assert ("gen_ai.usage.input_tokens", "100", "i") in found["typed"]
    assert (["a", "b"],) in found["repeated"]
    assert ('{"x":"a","x":"b"}',) in found["whole"]
    assert (found["exact"], len(found["in_pandas"]), found["in_polars"].height) == ([(3,)], 3, 3)


@pytest.mark.usefixtures("at_home")
def test_what_the_page_says_of_maps_and_money():
    with otel_cert.connect() as con:
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("SELECT attributes FROM spans").fetchall()
        assert con.execute("SELECT DISTINCT attributes['x'] FROM spans WHERE trace_id[-1] = '3'").fetchall() == [("a",)]
        assert con.sql("SELECT total_cost FROM costs").df()["total_cost"].dtype == float
        assert con.sql("SELECT total_cost FROM costs").types == ["DECIMAL(38,18)"]


@pytest.mark.usefixtures("at_home")
def test_a_glob_also_sees_superseded_files():
    (block,) = blocks("sql")
    assert duckdb.sql(block).fetchall() == [(5,)], "the file with two calls was replaced, and is still there"


@pytest.mark.usefixtures("at_home")
def test_a_window_by_since_reaches_the_files_and_one_by_now_does_not():
    def can_skip(con, condition):
        ((_, plan),) = con.execute(f"EXPLAIN SELECT max(name) FROM spans WHERE {condition}").fetchall()
        # A plain comparison of a column with a constant is what the scan can skip by.
        return re.search(r"start_unix_ns>=\d{19}", re.sub(r"[\s│]", "", plan)) is not None

    by_now = "start_time >= now()::TIMESTAMP - INTERVAL 7 DAY"
    assert f"`{by_now}`" in PAGE
    with otel_cert.connect() as con:
        assert can_skip(con, "start_unix_ns >= since('7d')")
        assert not can_skip(con, by_now)


def test_every_block_is_run():
    assert set(re.findall(r"^```(\w+)", PAGE, re.MULTILINE)) == {"sh", "python", "sql"}
