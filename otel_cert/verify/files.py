"""Checking one Parquet file against what the Delta log states of it: size, rows, least and greatest values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from otel_cert.verify.delta import DataFile

_ROWS = 8192


def faults(table: Path, stated: DataFile) -> Iterator[str]:
    """Yield what is wrong with a file; raises FileNotFoundError when it is not there."""
    path = table / stated.path
    size = path.stat().st_size
    if stated.size is not None and size != stated.size:
        yield f"has {size} bytes; the table's log states {stated.size}"
        return
    try:
        found = _Found(path, [*stated.minimum])
    except (OSError, pa.ArrowException) as error:
        yield f"cannot be read as Parquet: {error}"
        return
    if stated.rows is not None and found.rows != stated.rows:
        yield f"has {found.rows} rows; the table's log states {stated.rows}"
    for name, lowest in stated.minimum.items():
        low, high = found.bounds.get(name, (None, None))
        if not _equal(low, lowest) or not _equal(high, stated.maximum.get(name)):
            yield f"holds {name} from {low} to {high}; the table's log states {lowest} to {stated.maximum.get(name)}"
    day = stated.partition.get("receive_day")
    if day is not None and f"receive_day={day}/" not in stated.path:
        yield f"lies in another folder than its partition {day}"


class _Found:
    """What a file holds; every page of it is read."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.rows = 0
        self.bounds: dict[str, tuple[Any, Any]] = {}
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=_ROWS):
                self.rows += batch.num_rows
                for name in columns:
                    if name in batch.schema.names:
                        self._widen(name, batch.column(name))

    def _widen(self, name: str, values: pa.Array) -> None:
        if not pa.types.is_integer(values.type):  # the bounds of others may be cut short
            return
        found = pc.min_max(values).as_py()
        ends = [v for v in (found["min"], found["max"], *self.bounds.get(name, ())) if v is not None]
        if ends:
            self.bounds[name] = (min(ends), max(ends))


def _equal(found: Any, stated: Any) -> bool:
    """Return whether a bound is as stated; JSON may hold a large integer as a float."""
    if found is None or stated is None or not isinstance(stated, (int, float)):
        return True
    return math.isclose(found, stated, rel_tol=1e-15) if isinstance(stated, float) else found == stated
