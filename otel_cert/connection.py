"""`otel_cert.connect`: the store as a DuckDB connection."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from otel_cert.store import query
from otel_cert.store.layout import Layout


def connect(
    data_dir: Path | str | None = None,
    *,
    snapshot: int | None = None,
    as_of: datetime | None = None,
    fresh: bool = False,
    config: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a read-only DuckDB connection with a view per table, all of one snapshot, while `serve` may go on writing.

    Args:
        data_dir: the data directory; default `OTEL_CERT_DATA_DIR`, else the XDG data folder.
        snapshot: number of the snapshot to read; default the newest.
        as_of: read the newest snapshot published at or before this time (naive times are UTC).
        fresh: also show raw rows that are acknowledged but not sealed yet, at most 64 MiB of requests.
        config: the service's configuration, whose redaction `fresh` rows go through.

    Raises:
        NotFound: there is no data directory, or no such snapshot.
        UsageError: `fresh` together with an old snapshot.

    """
    if not fresh:
        return query.connect(data_dir, snapshot=snapshot, as_of=as_of)
    from otel_cert.config.loader import load
    from otel_cert.errors import UsageError
    from otel_cert.live import tail_rows
    from otel_cert.registry import Registry

    if snapshot is not None or as_of is not None:
        raise UsageError("fresh rows come after the newest snapshot", hint="leave out the snapshot, or fresh")
    registry = Registry.installed()
    return query.connect(data_dir, tail=tail_rows(Layout.open(data_dir), load(config, registry), registry))
