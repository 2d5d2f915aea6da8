"""What every answer about money says besides its figures: the calls it is about, and what is not known of them.

Amounts are exact decimals. In JSON they are numbers, or text where a double would lose digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer

from otel_cert.questions import DUPLICATES, EXTENT, Answer
from otel_cert.questions.question import run
from otel_cert.questions.scope import Scope

if TYPE_CHECKING:
    import duckdb

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exact(value: Decimal) -> float | str:
    """Return the number that JSON writes for an amount, or its text where a double would lose digits."""
    number = float(value)
    return number if Decimal(repr(number)) == value else format(value, "f")


Money = Annotated[Decimal, PlainSerializer(exact, when_used="json")]
"""An exact amount."""


class Model(BaseModel):
    """Base of what answers consist of: frozen, documented by attribute docstrings."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


def iso(unix_ns: int) -> str:
    """Return a time as ISO 8601 text, UTC, to the microsecond where it has any."""
    return (_EPOCH + timedelta(microseconds=unix_ns // 1000)).isoformat().replace("+00:00", "Z")


def known_iso(unix_ns: int | None) -> str | None:
    """Return a time as `iso` does, or None where it is not known."""
    return None if unix_ns is None else iso(unix_ns)


@dataclass(frozen=True)
class Extent:
    """The time that the store's calls cover: from the first to the last of them, whatever filters are given."""

    first_ns: int | None
    last_ns: int | None

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, now_ns: int) -> Extent:
        """Ask the store; calls that claim to be of the future are left aside."""
        _, [row] = run(con, EXTENT.sql, EXTENT.bind({"until_ns": now_ns}))
        return cls(*row)

    def covers(self, start_ns: int, end_ns: int) -> bool:
        """Say whether a time is wholly covered; an hour without calls at either end is taken for quiet."""
        if self.first_ns is None or self.last_ns is None:
            return False
        return self.first_ns - HOUR_NS < start_ns and end_ns <= self.last_ns + HOUR_NS

    def end_ns(self, until_ns: int) -> int:
        """Return `until_ns`, or where the calls end if that is more than an hour before."""
        return until_ns if self.last_ns is None or until_ns <= self.last_ns + HOUR_NS else self.last_ns + 1


class Basis(Model):
    """What an answer rests on."""

    since: str | None
    """Start of the window, ISO 8601, UTC, inclusive; null = no bound."""
    until: str | None
    """End of the window, exclusive; null = no bound."""
    filters: dict[str, list[str]]
    """`service`, `model`, `user`, `tag:KEY` -> the values of which a call has one; a call passes all filters."""
    store: str
    """Random id of the data directory."""
    snapshot: int
    """Number of the snapshot that was asked."""
    evidence: str
    """Evidence id of the sums: a hash of question, SQL, parameters, store and snapshot."""
    n: int
    """Calls of the window, before filters."""
    calls: int
    """Calls that pass the filters: what the answer is about."""
    priced_calls: int
    """Of these, calls with a known cost; only they are part of any amount."""
    estimated_calls: int
    """Of the priced calls, those whose tokens are an estimate."""
    unpriced_calls: int
    """Calls without a known cost: every amount is a lower bound when there are any."""
    unpriced_reasons: dict[str, int]
    """Why, and how often."""
    duplicates_removed: int
    """Further records of these calls by other instrumentations, which no sum contains."""
    first_call: str | None
    """Start of the first call in the store, whatever the window and the filters; null when it has none."""
    last_call: str | None
    """Start of the last one."""


def basis(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    extent: Extent,
    costs: Answer,
    summed: Mapping[str, Any],
) -> Basis:
    """Return what an answer rests on: `costs` answers the question of that name over `scope`, `summed` are its sums."""
    _, [(_, removed)] = run(con, DUPLICATES.sql, DUPLICATES.bind(scope.params()))
    return Basis(
        since=known_iso(scope.since_ns),
        until=known_iso(scope.until_ns),
        filters=scope.filters(),
        store=costs.store,
        snapshot=costs.snapshot,
        evidence=costs.evidence_id,
        n=costs.n,
        calls=summed["calls"],
        priced_calls=summed["priced_calls"],
        estimated_calls=summed["estimated_calls"],
        unpriced_calls=summed["unpriced_calls"],
        unpriced_reasons=summed["unpriced_reasons"],
        duplicates_removed=removed,
        first_call=known_iso(extent.first_ns),
        last_call=known_iso(extent.last_ns),
    )
