"""Copies the records of an incident into a folder of Parquet files with a manifest."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.questions import CHANGES, ask
from otel_cert.report.folder import as_json
from otel_cert.report.freeze.manifest import NAME, Frozen, Manifest
from otel_cert.report.freeze.scope import TRACED, narrow, rows_of
from otel_cert.report.front import generator
from otel_cert.report.system import Incident, System
from otel_cert.store import identity, snapshots
from otel_cert.store.files import make_folder, sync, write_bytes
from otel_cert.store.freezes import Freeze, remember
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

_VERSION = ("service", "agent", "aspect", "value", "distinct_values", "calls", "first_seen", "last_seen")


def freeze(layout: Layout, system: System, incident: Incident, output: Path) -> Manifest:
    """Pin the newest snapshot, copy the records of an incident from it, and remember the hash of the copy.

    Two freezes of the same records give the same Parquet files; the manifest differs in its time.

    Args:
        layout: the data directory.
        system: whose incident it is; its services say which records of the window count.
        incident: what is frozen.
        output: folder to make, for its owner only; it may exist and be empty.

    Raises:
        UsageError: the folder holds something, or the incident names no traces and no window.
        NotFound: nothing is stored of the incident.
        OtelCertError: the folder cannot be written.

    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(
            f"{output} exists already, and a freeze overwrites nothing",
            hint="name a new folder, or check this one with --verify",
        )
    newest = snapshots.latest(layout)
    if not newest.number:
        raise NotFound(f"nothing is stored in {layout.root} yet")
    snapshot = snapshots.pin(layout, newest.number)
    with connect(layout.root, snapshot=snapshot.number) as con:
        traces = narrow(con, incident, system.system.services)
        named = {id_.strip().lower() for id_ in incident.traces}
        versions = [{name: row[name] for name in _VERSION} for row in ask(con, CHANGES).dicts()]
        with _new(output):
            manifest = Manifest(
                system.system.name,
                incident.id,
                incident.what,
                dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                generator(),
                identity.store_id(layout),
                snapshot.number,
                snapshot.created.isoformat(timespec="seconds"),
                _asked_for(system, incident),
                traces,
                sorted(named - set(traces)),
                versions,
                dict(_copied(con, output)),
            )
            content = as_json(asdict(manifest))
            write_bytes(output / NAME, content)
    digest = hashlib.sha256(content).hexdigest()
    made = (manifest.system, manifest.incident, manifest.created, manifest.snapshot)
    remember(layout, Freeze(*made, len(traces), manifest.rows, digest))
    return manifest


@contextmanager
def _new(output: Path) -> Iterator[None]:
    """Make a folder that is there in full, or not at all; raises OtelCertError when it cannot be written."""
    try:
        make_folder(output)
        output.chmod(0o700)
        yield
    except BaseException as error:
        shutil.rmtree(output, ignore_errors=True)
        if isinstance(error, OSError | duckdb.IOException):
            raise OtelCertError(
                f"cannot write {output}: {error}", hint="name a folder that you may write to"
            ) from error
        raise


def _copied(con: duckdb.DuckDBPyConnection, output: Path) -> Iterator[tuple[str, Frozen]]:
    """Write a file per table that has records of the incident."""
    for table in TRACED:
        path = output / f"{table.name}.parquet"
        [(rows,)] = con.execute(f"SELECT count(*) FROM {table.name}").fetchall()
        if not rows:
            continue
        con.execute(f"COPY ({rows_of(table)}) TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
        path.chmod(0o600)
        sync(path)
        sensitive = [column.name for column in table.columns if column.sensitive]
        with path.open("rb") as file:
            yield table.name, Frozen(path.name, rows, hashlib.file_digest(file, "sha256").hexdigest(), sensitive)


def _asked_for(system: System, incident: Incident) -> dict[str, Any]:
    window = {name: moment.isoformat() if (moment := getattr(incident, name)) else None for name in ("since", "until")}
    return {"traces": list(incident.traces), **window, "services": list(system.system.services)}
