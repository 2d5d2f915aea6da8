"""Running SQL for people: only what reads, every row, attributes with repeated keys included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from otel_cert.cli._output import emit
from otel_cert.errors import DOCS, UsageError

_READING = {"SELECT", "EXPLAIN", "MULTI", "SET", "RELATION", "CALL", "VARIABLE_SET"}
"""Statement types; MULTI is PIVOT, and settings are locked, so SET sets variables only."""
_EXPLAIN = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*EXPLAIN\s+(?:ANALYZE\s+)?(?:\([^()']*\)\s*)?", re.IGNORECASE | re.DOTALL
)
_ONE_RESULT = ("json", "csv")
_WORD = re.compile(r"\w+|.", re.DOTALL)
_OPERAND = re.compile(r"[\w\"'($]")


def connect(data_dir: Path, *, snapshot: int | None, as_of_ns: int | None, fresh: bool) -> duckdb.DuckDBPyConnection:
    """Open the store as the options of `otel-cert sql` say; settings that would write files cannot be changed."""
    import otel_cert

    as_of = datetime.fromtimestamp(as_of_ns / 1e9, UTC) if as_of_ns is not None else None
    con = otel_cert.connect(data_dir, snapshot=snapshot, as_of=as_of, fresh=fresh)
    con.execute("SET lock_configuration = true")
    return con


def run(
    data_dir: Path, text: str, output_format: str, *, snapshot: int | None, as_of_ns: int | None, fresh: bool
) -> None:
    """Run the statements in `text` and print their rows; raises UsageError when SQL is wrong or would write."""
    with connect(data_dir, snapshot=snapshot, as_of_ns=as_of_ns, fresh=fresh) as con:
        execute(con, text, output_format)


def execute(con: duckdb.DuckDBPyConnection, text: str, output_format: str) -> None:
    """Run statements on a connection and print the rows of each that returns some; JSON and CSV hold one result only."""
    try:
        statements = con.extract_statements(text)
        for statement in statements:
            if verb := _writing(con, statement):
                raise UsageError(
                    f"{verb} would write; this command only reads",
                    hint=f"export with --format csv or json, or open your own DuckDB: see {DOCS}/query.md",
                )
        asking = [statement for statement in statements if _returns_rows(statement)]
        if len(asking) > 1 and output_format in _ONE_RESULT:
            raise UsageError(
                f"{len(asking)} statements return rows, and {output_format} holds one result",
                hint="give one statement at a time, or --format table or markdown",
            )
        for statement in statements:
            if statement in asking[1:]:
                click.echo()
            if statement in asking:
                _print(con, statement, output_format)
            else:
                con.execute(statement)
        if not statements:
            click.echo("nothing to run", err=True)
    except duckdb.Error as error:
        hint = f"tables: SHOW TABLES; columns: DESCRIBE spans; {DOCS}/schema.md"
        raise UsageError(str(error), hint=hint) from error


def _returns_rows(statement: duckdb.Statement) -> bool:
    return duckdb.ExpectedResultType.QUERY_RESULT in statement.expected_result_type


def _writing(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> str | None:
    """Return what in a statement would write, or None; COPY can also stand in a WITH, and behind EXPLAIN ANALYZE."""
    kind = statement.type.name
    if kind not in _READING:
        return kind
    if kind == "EXPLAIN":
        explained = con.extract_statements(_EXPLAIN.sub("", statement.query, count=1))
        return next(filter(None, (_writing(con, one) for one in explained)), None)
    words = ["", *(word for _, word in _words(statement.query)), "", ""]
    around = zip(words, words[1:], words[2:], strict=False)
    return "COPY" if any(w.upper() == "COPY" and b == "(" and _OPERAND.match(a) for b, w, a in around) else None


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield (position, word or sign) of SQL, comments left out."""
    for start, kind in duckdb.tokenize(text):
        if kind != duckdb.token_type.comment and (word := _WORD.match(text, start)):
            yield start, word.group()


def _bare(text: str) -> str:
    """Return a statement without the semicolon, and any comment behind it."""
    (*_, (start, last)) = _words(text)
    return text[:start] if last == ";" else text


def _print(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement, output_format: str) -> None:
    text, maps = _bare(statement.query), []
    if statement.type.name == "SELECT":
        relation = con.sql(text)
        # Python has no map with repeated keys, which attributes may have: they travel as JSON text.
        maps = [n for n, type_ in enumerate(relation.types) if "MAP(" in str(type_)]
        if maps:
            shown = (_as_json(n, c) if n - 1 in maps else f"#{n}" for n, c in enumerate(relation.columns, 1))
            text = f"SELECT {', '.join(shown)} FROM ({text}\n)"
    con.execute(text)
    if con.description:
        columns = [column[0] for column in con.description]
        rows = ([_from_json(v) if n in maps else v for n, v in enumerate(row)] for row in _rows(con))
        emit(columns, rows, output_format)


def _as_json(position: int, column: str) -> str:
    quoted = column.replace('"', '""')
    return f'to_json(#{position}) AS "{quoted}"'


def _from_json(text: object) -> object:
    return json.loads(text, object_pairs_hook=_pairs) if isinstance(text, str) else None


def _pairs(pairs: list[tuple[str, object]]) -> object:
    """Return an object, or where a key is repeated, the list of its pairs."""
    return dict(pairs) if len({key for key, _ in pairs}) == len(pairs) else [list(pair) for pair in pairs]


def _rows(con: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    while rows := con.fetchmany(10_000):
        yield from rows
