"""`otel-cert prices`: lists and shows what the lists say, checks that calls have one, and fetches only when told."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from otel_cert.cli import cli
from tests.calls import call, cost, store

PRICED = {"provider": "openai", "request_model": "gpt-4o-mini", "tokens_source": "reported", "input_tokens_total": 9}

FETCHED = [
    {
        "id": "openai",
        "name": "OpenAI",
        "api_pattern": "https://api\\.openai\\.com",
        "model_match": {"contains": "gpt"},
        "provider_match": {"contains": "openai"},
        "models": [
            {
                "id": "gpt-4o-mini",
                "match": {"starts_with": "gpt-4o-mini"},
                "prices": [
                    {"prices": {"input_mtok": 9, "output_mtok": 90}},
                    {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 1, "output_mtok": 2}},
                ],
            }
        ],
    }
]
"""A list as genai-prices publishes it."""


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["prices", *map(str, args)], catch_exceptions=False)


def rows(*args: object) -> list[dict[str, object]]:
    done = run(*args, "--format", "json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def publisher() -> Iterator[str]:
    """Return the address of a server that publishes FETCHED."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/data.json": json.dumps(FETCHED).encode(), "/page": b"<html>"}.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_list_has_prices_per_million_tokens_of_what_matches():
    [mini] = [row for row in rows("list", "openai/gpt-4o-mini") if row["price_id"] == "openai/gpt-4o-mini"]
    assert (mini["input"], mini["cache_read"], mini["output"], mini["currency"]) == (0.15, 0.075, 0.6, "USD")
    assert mini["price_source"] == "genai-prices"
    assert len(rows("list")) > 2_000
    assert rows("list", "no-such-model") == []


def test_a_moment_in_the_past_has_the_prices_of_then():
    found = rows("list", "openai/gpt-4o*", "--at", "2024-06-01")
    assert [
        r["input"] for r in found if r["price_id"] == "openai/gpt-4o-2024-05-13" and r["price_source"] == "builtin"
    ] == [5]


def test_a_model_is_shown_with_its_long_context_and_batch_prices():
    found = rows("show", "claude-sonnet-4-5-20250929")
    assert {(r["above_tokens"], r["variant"]): r["input"] for r in found} == {
        (None, None): 3, (200_000, None): 6, (None, "processing=batch"): 1.5, (200_000, "processing=batch"): 3,
    }  # fmt: skip
    done = run("show", "claude-sonnet-4-5-20250929")
    assert "above 200,000 input tokens" in done.stdout
    assert "https://" in done.stderr


def test_a_model_that_no_list_knows_says_what_to_do():
    done = run("show", "my-llama")
    assert (done.exit_code, done.stdout.strip().count("\n")) == (0, 1)
    assert "no list has a price for 'my-llama'; write one into a price book" in done.stderr


def test_a_price_book_of_the_configuration_comes_first(tmp_path: Path):
    book, config = tmp_path / "book.yaml", tmp_path / "otel-cert.yaml"
    book.write_text("currency: EUR\nprices: [{model: gpt-4o-mini, input: 0.1, output: 0.2}, {model: my, gpu_hour: 2}]")
    config.write_text(f"processors: {{cost: {{price_book: {book}}}}}")
    [mini] = rows("show", "gpt-4o-mini", "--config", config)
    assert (mini["input"], mini["currency"], mini["price_source"]) == (0.1, "EUR", "user")
    [own] = rows("show", "my", "--config", config)
    assert own["hour"] == 2


def test_a_check_names_the_models_without_a_price_and_fails(tmp_path: Path):
    calls = [call(n, **PRICED) for n in range(3)] + [call(n, **PRICED | {"request_model": "my"}) for n in (3, 4)]
    calls += [call(5, **PRICED | {"tokens_source": "missing", "request_model": "my"})]
    root = store(tmp_path / "data", calls, [cost(n, "1") | {"price_version": "0.0.1"} for n in range(3)]).root
    done = run("check", "--data-dir", root, "--format", "json")
    assert done.exit_code == 3
    assert json.loads(done.stdout) == [
        {"provider": "openai", "request_model": "my", "response_model": None, "calls": 2}
    ]
    assert "2 of 5 calls with known tokens and model have no price" in done.stderr
    assert "3 stored costs by other lists: see `otel-cert reprice --dry-run`" in done.stderr


def test_a_check_holds_when_every_call_has_a_price(tmp_path: Path):
    root = store(tmp_path / "data", [call(1, **PRICED)], [cost(1, "1")]).root
    assert run("check", "--data-dir", root).exit_code == 0


def test_an_update_is_kept_in_a_file_that_the_configuration_names(tmp_path: Path, publisher: str):
    file, config = tmp_path / "new" / "list.json", tmp_path / "otel-cert.yaml"
    done = run("update", "--output", file, "--url", f"{publisher}/data.json")
    assert done.exit_code == 0, done.stderr
    assert "1 changed" in done.stderr
    assert str(file) in done.stderr
    config.write_text(f"processors: {{cost: {{price_list: {file}}}}}")
    then, later = rows("show", "gpt-4o-mini", "--config", config)
    assert (then["input"], later["input"], later["from_time"]) == (9, 1, "2027-01-01T00:00:00Z")
    assert str(later["price_version"]).endswith("+2027-01-01")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("{}/page", "answered with no price list of genai-prices"),
        ("{}/gone", "cannot be reached: Not Found"),
        ("http://127.0.0.1:1/", "cannot be reached: .*refused"),
        ("ftp://x", "is no address"),
        ("file:///none.json", "cannot be reached: "),
    ],
)
def test_what_is_no_list_replaces_nothing(tmp_path: Path, publisher: str, url: str, says: str):
    file = tmp_path / "list.json"
    file.write_text("kept")
    done = run("update", "--output", file, "--url", url.format(publisher))
    assert done.exit_code == 1
    assert re.search(says, done.stderr)
    assert file.read_text() == "kept"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("price_list: /none.json", "there is no file /none.json; get it with `otel-cert prices update`"),
        ("price_book: /none.yaml", "cannot be read: No such file or directory"),
        ("price_book: book.yaml", "prices[0].input: Input should be greater than or equal to 0"),
    ],
)
def test_what_cannot_be_priced_with_is_wrong_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, says: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.yaml").write_text("prices: [{model: m, input: -1}]")
    (tmp_path / "otel-cert.yaml").write_text(f"processors: {{cost: {{{settings}}}}}")
    done = CliRunner().invoke(cli, ["validate", "otel-cert.yaml"])
    assert done.exit_code == 4
    assert "processors.cost.price_" in done.output
    assert says in done.output
