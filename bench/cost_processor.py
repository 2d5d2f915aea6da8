"""Pricing: the `cost` processor against DuckDB's own hash join over the same calls.

The calls are of six models (with a cache, without, with prices by time of day, long context, no price), in rounds of
250,000. The bare join multiplies four counts with four rates, and gives ids, price and amounts; a join that also gives
the columns which `costs` repeats of its calls is shown beside it.
"""

from __future__ import annotations

import resource
import time

import duckdb
import pyarrow as pa
from figures import Figures, Goal

from otel_cert.processors.cost import PRICES, Cost, price_rows
from otel_cert.schema import ATTRIBUTION, CALL, GENAI_CALLS, sql_type
from otel_cert.store.query import utc_connection

_MODELS = (
    ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
    ("openai", "gpt-4.1-2025-04-14", "prod-chat"),
    ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
    ("aws.bedrock", None, "us.amazon.nova-lite-v1:0"),
    ("deepseek", "deepseek-chat", "deepseek-chat"),
    ("vllm", "my-llama", "my-llama"),
)
_ROWS = 250_000

_PRODUCTS = """(c.input_tokens_total - c.cache_read_tokens - c.cache_write_tokens) * p.input_rate AS input_cost,
    c.cache_read_tokens * p.cache_read_rate AS cache_read_cost,
    c.cache_write_tokens * p.cache_write_rate AS cache_write_cost,
    c.output_tokens_total * p.output_rate AS output_cost,
    input_cost + cache_read_cost + cache_write_cost + output_cost AS total_cost"""
_JOIN = """FROM genai_calls AS c LEFT JOIN bare_prices AS p
    ON p.provider IS NOT DISTINCT FROM c.provider AND p.request_model IS NOT DISTINCT FROM c.request_model
    AND p.response_model IS NOT DISTINCT FROM c.response_model
    AND c.start_unix_ns >= p.from_unix_ns AND c.start_unix_ns < p.until_unix_ns"""
_IDS = "SELECT c.trace_id, c.span_id, p.price_id, p.price_source, p.price_version, p.currency"
_REPEATED = ", ".join("{" + ", ".join(f"'{n}': c.{n}" for n in type_.names) + "}" for type_ in (CALL, ATTRIBUTION))
_BARE = f"{_IDS}, {_PRODUCTS} {_JOIN}"
_SAME = f"{_IDS}, c.receive_day, {_PRODUCTS}, {_REPEATED} {_JOIN}"

_RATIO = Goal("cost, times the bare hash join", 2, "ratio", at_least=False)
_MEMORY = Goal("peak memory", 2048, "MiB", at_least=False)


def calls(con: duckdb.DuckDBPyConnection, first: int) -> None:
    """Show `_ROWS` calls, the `first` and those after it, as `genai_calls`."""
    nulls = ", ".join(f'NULL::{sql_type(c.type)} AS "{c.name}"' for c in GENAI_CALLS.columns)
    con.execute(
        f"""CREATE OR REPLACE TABLE genai_calls AS SELECT c.* REPLACE (
            md5(i::VARCHAR) AS trace_id, left(md5(i::VARCHAR), 16) AS span_id, m.provider AS provider,
            m.response_model AS response_model, m.request_model AS request_model, DATE '2026-01-01' AS receive_day,
            1767225600000000000 + i * 1000000000 AS start_unix_ns, 1500000000 AS duration_ns, 'chat' AS operation,
            'service ' || i % 7 AS service_name, 'user ' || i % 1000 AS user_id, 'reported' AS tokens_source,
            1500 + hash(i) % 200000 AS input_tokens_total, CASE WHEN i % 3 > 0 THEN 1024 END AS cache_read_tokens,
            0 AS cache_write_tokens, hash(i, 1) % 900 AS output_tokens_total)
        FROM range({first}, {first + _ROWS}) AS numbers(i), (SELECT {nulls}) AS c, models AS m
        WHERE m.n = i % {len(_MODELS)}"""
    )


def measure_processor(figures: Figures, wanted: int) -> None:
    """Price rounds of calls, each in turn by the joins and by the processor."""
    processor = Cost()
    spent = dict.fromkeys(("cost", "same", "bare"), 0.0)
    with utc_connection() as con:
        con.execute("CREATE TABLE models (n INTEGER, provider VARCHAR, response_model VARCHAR, request_model VARCHAR)")
        con.executemany("INSERT INTO models VALUES (?, ?, ?, ?)", [(n, *model) for n, model in enumerate(_MODELS)])
        for first in range(0, wanted, _ROWS):
            calls(con, first)
            con.register("bare_prices", pa.Table.from_pylist(price_rows(con, processor.lists), PRICES))
            for name, run in (
                ("bare", lambda: con.sql(_BARE).to_arrow_table()),
                ("same", lambda: con.sql(_SAME).to_arrow_table()),
                ("cost", lambda: processor.evaluate(con)),
            ):
                began = time.process_time()
                run()
                spent[name] += time.process_time() - began
    figures.add("calls priced per CPU second", wanted / spent["cost"], "calls/CPU-s")
    _RATIO.add(figures, spent["cost"] / spent["bare"])
    figures.add("cost, times a hash join to the columns of `costs`", spent["cost"] / spent["same"], "ratio")
    _MEMORY.add(figures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
