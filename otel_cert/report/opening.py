"""Opens what a document set is built from: the newest snapshot, pinned, with what was declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otel_cert.errors import NotFound
from otel_cert.law import LawPack
from otel_cert.report.context import Context
from otel_cert.report.declarations import Classified
from otel_cert.report.front import OTHER_SERVICES, UNDETECTED, UNSHOWN
from otel_cert.report.measured.versions import undetected
from otel_cert.report.requirements import unshown
from otel_cert.report.system import System
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

if TYPE_CHECKING:
    import duckdb


@contextmanager
def opened(
    layout: Layout,
    system: System,
    pack: LawPack,
    classified: Classified,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    created: dt.datetime | None = None,
    quote: bool = False,
) -> Iterator[Context]:
    """Pin the newest snapshot and give the context of a set of it; `created` is the snapshot's time when not given.

    Raises:
        NotFound: nothing was ever stored.

    """
    newest = snapshots.latest(layout)
    if not newest.number:
        raise NotFound(
            f"nothing is stored in {layout.root} yet",
            hint="send telemetry to `otel-cert serve`, or load files with `otel-cert import`",
        )
    with connect(layout.root, snapshot=snapshots.pin(layout, newest.number).number) as con:
        context = Context(
            con,
            layout,
            system,
            pack,
            classified.classification,
            classified.decision,
            since_ns,
            until_ns,
            created or newest.created,
            quote,
            (*classified.warnings, *_other_services(con, system)),
        )
        context.warnings += tuple(_lost(context))
        yield context


def _lost(context: Context) -> Iterator[str]:
    """Yield warnings of what is declared and no document can show."""
    if ids := undetected(context):
        yield UNDETECTED.format(ids=", ".join(ids))
    if ids := unshown(context):
        yield UNSHOWN.format(ids=", ".join(ids))


def _other_services(con: duckdb.DuckDBPyConnection, system: System) -> tuple[str, ...]:
    """Return the warning that calls of others than the declared services are among the stored ones."""
    services = list(system.system.services)
    if not services:
        return ()
    others = "SELECT count(*) FROM genai_calls WHERE service_name IS NULL OR NOT list_contains($services, service_name)"
    [(count,)] = con.execute(others, {"services": services}).fetchall()
    return (OTHER_SERVICES,) if count else ()
