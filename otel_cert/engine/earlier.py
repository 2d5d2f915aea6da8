"""Which due traces may have rows or results from before: only these are looked for in what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from otel_cert.store.query import scratch
from otel_cert.store.recent import CAPACITY, Hashes, Recent

_HASH = "hash(trace_id) AS h"
_BATCH_ROWS = 100_000


class Earlier:
    """The traces that were computed, as a Bloom filter: most due traces are new, and a round need not search for them."""

    def __init__(self) -> None:
        self._recent: Recent | None = None
        self._since = date.max

    def fill(self, con: duckdb.DuckDBPyConnection, sources: Sequence[str], since: date) -> None:
        """Remember, once, the traces of all rows received from the day `since` on in the relations `sources`."""
        if self._recent is not None:
            return
        self._recent, self._since = Recent(), since
        for source in sources:
            rows = con.sql(f"SELECT {_HASH} FROM {source} WHERE receive_day >= $since", params={"since": since})
            read = 0
            for batch in rows.to_arrow_reader(_BATCH_ROWS):
                self._recent.add(np.unique(batch["h"].to_numpy()))
                read += batch.num_rows
                if read > 2 * CAPACITY:  # a start may not take for ever; without it rounds are slower, not wrong
                    self._recent.complete = False
                    break

    def among(self, traces: pa.Table, since: date) -> pa.Table:
        """Return those of `traces` that may have rows or results from the day `since` on.

        That is all of them when the memory does not reach back so far, or too many were to be remembered.
        """
        if self._recent is None or not self._recent.complete or since < self._since:
            return traces
        return traces.filter(pa.array(self._recent.maybe(_hashes(traces))))

    def add(self, traces: pa.Table) -> None:
        """Remember traces that were computed."""
        if self._recent is not None:
            self._recent.add(_hashes(traces))


def _hashes(traces: pa.Table) -> Hashes:
    with scratch() as con:
        con.register("traces", traces)
        hashes: Hashes = con.sql(f"SELECT {_HASH} FROM traces").fetchnumpy()["h"]
        return hashes
