"""Opens what a document set is built from: the newest snapshot, pinned, with what was declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otel_cert.errors import NotFound
from otel_cert.law import LawPack
from otel_cert.report.context import Context
from otel_cert.report.declarations import Classified
from otel_cert.report.front import NO_SUCH_SERVICE, OTHER_SERVICES, UNDETECTED, UNSHOWN
from otel_cert.report.measured.versions import undetected
from otel_cert.report.requirements import unshown
from otel_cert.report.system import System
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect
from otel_cert.store.services import of_services

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
    services = system.system.services
    with (
        connect(layout.root, snapshot=snapshots.pin(layout, newest.number).number) as whole,
        of_services(whole, services) as con,
    ):
        context = Context(
            con,
            whole,
            layout,
            system,
            pack,
            classified.classification,
            classified.decision,
            since_ns,
            until_ns,
            created or newest.created,
            quote,
            (*classified.warnings, *_other_services(whole, services)),
        )
        context.warnings += tuple(_lost(context))
        yield context


def _lost(context: Context) -> Iterator[str]:
    """Yield warnings of what is declared and no document can show."""
    if ids := undetected(context):
        yield UNDETECTED.format(ids=", ".join(ids))
    if ids := unshown(context):
        yield UNSHOWN.format(ids=", ".join(ids))


def _other_services(whole: duckdb.DuckDBPyConnection, services: Sequence[str]) -> tuple[str, ...]:
    """Return the warning that calls of others than the declared services are among the stored ones, or the only ones."""
    if not services:
        return ()
    counts = """
        SELECT count(*) FILTER (own), count(*) FILTER (NOT own)
        FROM (SELECT coalesce(list_contains($services, service_name), false) AS own FROM genai_calls)
    """
    [(own, others)] = whole.execute(counts, {"services": list(services)}).fetchall()
    if not others:
        return ()
    return (OTHER_SERVICES if own else NO_SUCH_SERVICE,)
