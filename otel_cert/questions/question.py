"""What people ask: a question is SQL with typed parameters over the tables at one snapshot; an answer is a small table.

The evidence id of an answer is a hash of what was asked, of which store and at which snapshot, so the same figure has
the same id wherever it is shown, and no other figure has it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from otel_cert.errors import UsageError
from otel_cert.schema import BIGINT, TEXT, Column

if TYPE_CHECKING:
    import duckdb

COUNTS = pa.map_(TEXT, BIGINT)
"""Column type: how often each named thing occurred."""

_INCLUDE = re.compile(r"^-- include (\w+)\.sql(,?)$", re.MULTILINE)
"""A line of a question's SQL that stands for another file: relations that several questions have."""

WINDOW_SQL = """\
SELECT count(*) AS n
FROM genai_calls
WHERE ($since_ns IS NULL OR start_unix_ns >= $since_ns::BIGINT)
  AND ($until_ns IS NULL OR start_unix_ns < $until_ns::BIGINT)
"""
"""The calls of a window: the n of every answer. Without bounds no column is read."""


@dataclass(frozen=True)
class Param:
    """One parameter of a question, `$name` in its SQL."""

    name: str
    doc: str
    default: int | str | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> int | str | None:
        """Return `value`, or raise UsageError naming what is valid."""
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name} cannot be {value!r}", hint=f"valid: {', '.join(self.choices)}")
        if not isinstance(value, int | str | None):
            raise UsageError(f"{self.name} must be a number, a text or nothing, not {type(value).__name__}")
        return value


WINDOW = (
    Param("since_ns", "First start of a call, ns since 1970, inclusive; None = no bound."),
    Param("until_ns", "End of the window, ns since 1970, exclusive; None = no bound."),
)

FILTERS = (
    Param("services", "JSON array of services, one of which the call is of; None = any."),
    Param("models", "JSON array of models, one of which was asked for or answered; None = any."),
    Param("users", "JSON array of users, one of whom the call was made for; None = any."),
    Param("tags", "JSON object of tags, each with an array of values of which the call has one; None = any."),
)
"""Which calls are asked about, where a question is based on `priced`."""

TAG = Param("tag", "Tag whose value is the column `tag` of `priced`; None = none.")

PRICED = (*WINDOW, *FILTERS, TAG)
"""The parameters of `priced.sql`."""


@dataclass(frozen=True)
class Question:
    """One question: `NAME.sql` beside this file, its parameters and the columns that it answers with.

    With `priced` the SQL reads the relation of that name: the calls of the window that pass the filters, with their cost
    (`priced.sql`); `params` then begins with those of `PRICED`.
    """

    name: str
    title: str
    doc: str
    columns: tuple[Column, ...]
    params: tuple[Param, ...] = WINDOW
    priced: bool = False

    @cached_property
    def sql(self) -> str:
        """The SQL text; its only variables are `$name` parameters."""
        own = _INCLUDE.sub(lambda line: _file(line[1]).rstrip() + line[2], _file(self.name))
        if not self.priced:
            return own
        comment, _, select = own.partition("WITH ")  # a question's comment stands above its first WITH
        return f"{comment}WITH priced AS (\n{_file('priced')}),\n\n{select}"

    def bind(self, given: Mapping[str, object]) -> dict[str, int | str | None]:
        """Return the value of every parameter; raise UsageError for an unknown name or a bad value."""
        names = [p.name for p in self.params]
        if unknown := sorted(set(given) - set(names)):
            raise UsageError(f"{self.name} has no parameter {unknown[0]!r}", hint=f"valid: {', '.join(names)}")
        return {p.name: p.check(given.get(p.name, p.default)) for p in self.params}


@dataclass(frozen=True)
class Answer:
    """A question's rows at one snapshot; `n` is the number of calls in the window."""

    question: Question
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: str
    params: Mapping[str, int | str | None]
    store: str
    """Random id of the data directory."""
    snapshot: int
    n: int
    services: tuple[str, ...] = ()
    """The services whose part of the store was asked; none = all of it."""

    @cached_property
    def evidence_id(self) -> str:
        """Twelve hex digits of SHA-256 over name, SQL, parameters, store and snapshot, and over the services if any."""
        return evidence_id(self.question.name, self.sql, self.params, self.store, self.snapshot, self.services)

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield each row as {column: value}."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


def evidence_id(
    name: str,
    sql: str,
    params: Mapping[str, int | str | None],
    store: str,
    snapshot: int,
    services: Sequence[str] = (),
) -> str:
    """Return the id of the figure that asking this gives."""
    part = [list(services)] if services else []
    asked = json.dumps([name, sql, dict(params), store, snapshot, *part], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


def _file(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def ask(con: duckdb.DuckDBPyConnection, question: Question, **given: object) -> Answer:
    """Ask `question` on a connection of `otel_cert.connect()`; parameters not given take their defaults."""
    params = question.bind(given)
    columns, rows = run(con, question.sql, params)
    store, snapshot, services = _snapshot(con)
    return Answer(question, columns, rows, question.sql, params, store, snapshot, count(con, params), services)


def run(
    con: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, int | str | None]
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Return (column names, rows) of parameterised SQL."""
    cursor = con.execute(sql, dict(params))
    return tuple(d[0] for d in cursor.description or ()), tuple(cursor.fetchall())


def count(con: duckdb.DuckDBPyConnection, params: Mapping[str, int | str | None]) -> int:
    """Return the number of calls in the window of `params`."""
    window = {p.name: params.get(p.name) for p in WINDOW}
    _, rows = run(con, WINDOW_SQL, window)
    return int(rows[0][0])


def _snapshot(con: duckdb.DuckDBPyConnection) -> tuple[str, int, tuple[str, ...]]:
    """Return the id of the store, the number of its snapshot, and the services whose part is shown."""
    [(store, number, services)] = con.execute("SELECT store_id, number, services FROM snapshot").fetchall()
    return store, number, tuple(services)
