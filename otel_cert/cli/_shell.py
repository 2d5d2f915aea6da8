"""Running SQL for people: one statement, or an interactive shell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from otel_cert.cli._output import emit
from otel_cert.errors import OtelCertError, UsageError

_READING = {"SELECT", "EXPLAIN", "PRAGMA", "SET", "RELATION", "CALL", "VARIABLE_SET"}
_HELP = """End a statement with ; and press Enter.
.tables             list the tables         .schema TABLE   show its columns
.format FORMAT      table json csv markdown .refresh        read the newest snapshot
.help               this text               .quit           leave (also Ctrl-D)"""


def connect(data_dir: Path, *, snapshot: int | None, as_of_ns: int | None, fresh: bool) -> duckdb.DuckDBPyConnection:
    """Open the store as the options of `otel-cert sql` say."""
    import otel_cert

    as_of = datetime.fromtimestamp(as_of_ns / 1e9, UTC) if as_of_ns is not None else None
    return otel_cert.connect(data_dir, snapshot=snapshot, as_of=as_of, fresh=fresh)


def run(
    data_dir: Path, text: str, output_format: str, *, snapshot: int | None, as_of_ns: int | None, fresh: bool
) -> None:
    """Run the statements in `text` and print the last one's rows; raises UsageError when SQL is wrong or would write."""
    with connect(data_dir, snapshot=snapshot, as_of_ns=as_of_ns, fresh=fresh) as con:
        execute(con, text, output_format)


def execute(con: duckdb.DuckDBPyConnection, text: str, output_format: str) -> None:
    """Run statements on a connection and print the last one's rows."""
    try:
        statements = con.extract_statements(text)
        for statement in statements:
            if statement.type.name not in _READING:
                raise UsageError(
                    f"{statement.type.name} would write; this command only reads",
                    hint="export with --format csv or json, or open your own DuckDB: see docs/query.md",
                )
        for statement in statements[:-1]:
            con.execute(statement)
        if statements:
            _print(con, statements[-1], output_format)
    except duckdb.Error as error:
        raise UsageError(str(error), hint="tables: SHOW TABLES; columns: DESCRIBE spans; docs/schema.md") from error


def _print(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement, output_format: str) -> None:
    text, maps = statement.query, []
    if statement.type.name == "SELECT":
        relation = con.sql(text.rstrip().rstrip(";"))
        # Python has no map with repeated keys, which attributes may have: they travel as JSON text.
        maps = [n for n, type_ in enumerate(relation.types) if "MAP(" in str(type_)]
        if maps:
            shown = (
                f'to_json(#{n + 1}) AS "{c}"' if n in maps else f"#{n + 1}" for n, c in enumerate(relation.columns)
            )
            text = f"SELECT {', '.join(shown)} FROM ({text.rstrip().rstrip(';')})"
    con.execute(text)
    if con.description:
        columns = [column[0] for column in con.description]
        emit(
            columns,
            ([_from_json(v) if n in maps else v for n, v in enumerate(row)] for row in _rows(con)),
            output_format,
        )


def _from_json(text: object) -> object:
    return json.loads(text, object_pairs_hook=_pairs) if isinstance(text, str) else None


def _pairs(pairs: list[tuple[str, object]]) -> object:
    """Return an object, or where a key is repeated, the list of its pairs."""
    return dict(pairs) if len({key for key, _ in pairs}) == len(pairs) else [list(pair) for pair in pairs]


def _rows(con: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    while rows := con.fetchmany(10_000):
        yield from rows


def shell(data_dir: Path, output_format: str, *, snapshot: int | None, as_of_ns: int | None, fresh: bool) -> None:
    """Read and run statements until the user leaves; all see one snapshot until `.refresh`."""
    import readline

    def opened() -> duckdb.DuckDBPyConnection:
        con = connect(data_dir, snapshot=snapshot, as_of_ns=as_of_ns, fresh=fresh)
        ((number, created),) = con.execute("SELECT number, created_time FROM snapshot").fetchall()
        click.echo(f"snapshot {number} of {created} UTC; .help for help", err=True)
        return con

    con = opened()
    words = [name for (name,) in con.execute("SHOW TABLES").fetchall()]
    readline.set_completer(lambda text, n: [*(w for w in words if w.startswith(text)), None][n])
    readline.parse_and_bind("tab: complete")
    text = ""
    while True:
        try:
            text += input("otel-cert> " if not text else "      ...> ") + "\n"
        except KeyboardInterrupt:
            text = ""
            click.echo()
            continue
        except EOFError:
            click.echo()
            return
        command, _, argument = text.strip().partition(" ")
        if command == ".quit":
            return
        if command == ".refresh":
            con, text = opened(), ""
        elif command == ".format" and argument in ("table", "json", "csv", "markdown"):
            output_format, text = argument, ""
        elif command.startswith("."):
            _dot(con, command, argument.strip())
            text = ""
        elif text.rstrip().endswith(";") or not text.strip():
            _attempt(con, text, output_format)
            text = ""


def _dot(con: duckdb.DuckDBPyConnection, command: str, argument: str) -> None:
    if command == ".tables":
        _attempt(con, "SHOW TABLES", "table")
    elif command == ".schema" and argument:
        _attempt(con, f'DESCRIBE "{argument}"', "table")
    else:
        click.echo(_HELP, err=True)


def _attempt(con: duckdb.DuckDBPyConnection, text: str, output_format: str) -> None:
    try:
        execute(con, text, output_format)
    except OtelCertError as error:
        click.echo(f"error: {error}", err=True)
