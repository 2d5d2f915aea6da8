"""The derived tables of one process: repaired at its start, made durable before they are published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import structlog

from otel_cert.schema import Table
from otel_cert.store import snapshots
from otel_cert.store.files import read_json, write_json
from otel_cert.store.layout import Layout
from otel_cert.store.stage import stage
from otel_cert.store.tables import DeltaStore

log = structlog.get_logger(__name__)


class Owned:
    """The single writer of some tables; hold the process's lock while it lives."""

    def __init__(self, layout: Layout, tables: Sequence[Table], noted: Path) -> None:
        """Take back what a power cut left broken; `noted` is the file that says which versions are durable."""
        self.tables, self.delta, self._noted = tuple(tables), DeltaStore(layout), noted
        self._durable = snapshots.latest(layout).versions(self.tables) | (read_json(noted) or {})
        with stage("recovering"):
            recovered = [self._recover(table) for table in self.tables]
        self.incomplete = any(recovered)
        """Whether rows are missing that were there, or columns that this version fills: compute everything again."""

    def make_durable(self) -> dict[str, int]:
        """Make the newest versions durable, and return them."""
        for table in self.tables:
            version = self.delta.version(table.name)
            if version is not None and version != self._durable.get(table.name):
                with stage("syncing"):
                    self._durable[table.name] = self.delta.make_durable(table.name, self._durable.get(table.name, -1))
                with stage("recording"):
                    write_json(self._noted, self._durable)
        return self.delta.versions(self.tables)

    def _recover(self, table: Table) -> bool:
        """Return whether its rows have to be computed again."""
        removed = self.delta.repair(table.name, self._durable.get(table.name, -1))
        if removed:
            log.warning("removed broken commits; their traces are computed again", table=table.name, versions=removed)
        self.delta.check(table)
        outdated = self.delta.outdated(table)
        if outdated:
            log.info("an older version computed this table; everything is computed again", table=table.name)
        return bool(removed) or outdated
