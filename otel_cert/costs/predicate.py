"""A condition over a call, as SQL that a user writes: one expression that only reads that call.

It is judged by DuckDB's own parse of it, kind by kind of expression: what is not known to be harmless is refused, so no
subquery, file, table function or statement gets in, however it is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from otel_cert.errors import DOCS, UsageError
from otel_cert.questions.roi import BESIDE
from otel_cert.schema import GENAI_CALLS

if TYPE_CHECKING:
    import duckdb

_HARMLESS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA",
    "OPERATOR", "TYPE",
}  # fmt: skip
"""Classes of expressions; functions are looked at one by one."""
_EMPTY = ("where_clause", "having", "qualify", "sample")


def checked(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return `text` as DuckDB writes it, safe to stand in parentheses in a larger query.

    Raises UsageError when it is not one condition over the columns of a call, with DuckDB's words and the columns there are.
    """
    import duckdb

    try:
        (parsed,) = con.execute("SELECT json_serialize_sql($1)", [f"SELECT (\n{text}\n)"]).fetchone() or ("",)
        tree = json.loads(parsed)
        if tree["error"]:
            raise _refused(text, tree["error_message"])
        for problem in _problems(con, tree):
            raise _refused(text, problem)
        (written,) = con.execute("SELECT json_deserialize_sql($1)", [parsed]).fetchone() or ("",)
        condition = str(written).removeprefix("SELECT ")
        beside = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in BESIDE.items())
        described = con.execute(f"DESCRIBE SELECT ({condition}) AS it FROM genai_calls, (SELECT {beside})").fetchall()
    except duckdb.Error as error:
        raise _refused(text, str(error).partition("\n\nLINE")[0]) from error
    if (type_ := described[0][1]) not in ("BOOLEAN", '"NULL"'):
        raise _refused(text, f"it is a {type_}, not a condition")
    return condition


def columns() -> list[str]:
    """Return what a predicate may name."""
    computed = [name for name, _, _ in GENAI_CALLS.view_columns()]
    return [*GENAI_CALLS.names, *computed, *BESIDE]


def _refused(text: str, why: str) -> UsageError:
    hint = f"write one SQL condition over a call; columns: {', '.join(columns())}; {DOCS}/roi.md"
    return UsageError(f"the predicate {text!r}: {why}", hint=hint)


def _problems(con: duckdb.DuckDBPyConnection, tree: dict[str, Any]) -> Iterator[str]:
    """Yield what keeps a parsed `SELECT (...)` from being one harmless expression."""
    select = tree["statements"][0]["node"]
    if (
        len(tree["statements"]) != 1
        or select["type"] != "SELECT_NODE"
        or select["from_table"]["type"] != "EMPTY"
        or len(select["select_list"]) != 1
        or any(select[key] for key in (*_EMPTY, "modifiers", "group_expressions"))
        or select["cte_map"]["map"]
    ):
        yield "it must be one expression"
        return
    scalar = {name for (name,) in con.execute(_SCALAR).fetchall()}
    for node in _expressions(select["select_list"]):
        kind = node["class"]
        if kind not in _HARMLESS:
            yield f"it must not contain a {kind.lower()}"
        elif kind == "FUNCTION" and node["function_name"].lower() not in scalar:
            yield f"{node['function_name']} is no function of one call's values"


_SCALAR = """
    SELECT function_name FROM duckdb_functions() WHERE internal AND schema_name = 'main'
    GROUP BY function_name
    HAVING bool_and(
        function_type IN ('scalar', 'macro')
        AND NOT coalesce(has_side_effects, false)
        AND NOT contains(coalesce(macro_definition, ''), 'unnest')
    )
"""
"""Functions of values alone: side effects change something or differ each time, and what unnests makes rows."""


def _expressions(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "class" in node:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _expressions(child)
