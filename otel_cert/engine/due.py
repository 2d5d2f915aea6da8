"""Which traces have to be computed: those that changed and have since been quiet, or are old enough.

One mechanism serves first computation, correction by late spans, and resuming. Positions are the ack logs' sequence numbers,
which compaction does not change. A trace that still waits holds the position back, so that a restart sees its rows again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import duckdb
import pyarrow as pa

NO_TRACE = ("", "0" * 32)
"""Ids of rows that belong to no trace: log records outside of one, and spans flagged `zero_trace_id`."""

_CHANGED = """
SELECT trace_id, receiver, min(sequence) AS first_sequence, min(received_unix_ns) AS first_ns,
       max(received_unix_ns) AS last_ns, count(*) AS rows
FROM (SELECT trace_id, receiver, sequence, received_unix_ns FROM stored.spans
      UNION ALL SELECT trace_id, receiver, sequence, received_unix_ns FROM stored.logs)
WHERE receiver = $receiver AND sequence > $after AND sequence <= $upto AND NOT list_contains($no_trace, trace_id)
GROUP BY trace_id, receiver
"""

_ADD = """
INSERT INTO pending FROM changed
ON CONFLICT DO UPDATE SET last_ns = greatest(last_ns, excluded.last_ns), rows = rows + excluded.rows
"""

_DUE = """
WITH traces AS (
    SELECT trace_id, min(first_ns) AS first_ns, max(last_ns) AS last_ns, sum(rows) AS rows FROM pending GROUP BY trace_id
), due AS (
    SELECT trace_id, first_ns, last_ns,
           sum(rows) OVER (ORDER BY first_ns, trace_id ROWS UNBOUNDED PRECEDING) - rows AS before
    FROM traces WHERE last_ns NOT BETWEEN $quiet_since + 1 AND $future - 1 OR first_ns <= $old_since
)
SELECT trace_id, first_ns, last_ns FROM due WHERE before < $limit_rows ORDER BY first_ns, trace_id
"""


class DueTraces:
    """Traces with new rows, held in memory; `positions` say from where on a restart has to look again."""

    def __init__(self, positions: Mapping[str, int], *, quiet_s: float, max_age_s: float) -> None:
        self._scanned = dict(positions)
        self._quiet_ns, self._max_age_ns = int(quiet_s * 1e9), int(max_age_s * 1e9)
        self._con = duckdb.connect()
        self._con.execute(
            "CREATE TABLE pending (trace_id VARCHAR, receiver VARCHAR, first_sequence BIGINT, first_ns BIGINT, "
            "last_ns BIGINT, rows BIGINT, PRIMARY KEY (trace_id, receiver))"
        )

    def idle(self, sealed: Mapping[str, int]) -> bool:
        """Return whether there is nothing to do: no row up to `sealed` that was not seen, and no trace that waits."""
        return all(self._scanned.get(receiver, 0) >= upto for receiver, upto in sealed.items()) and not self.waiting()

    def observe(self, con: duckdb.DuckDBPyConnection, sealed: Mapping[str, int]) -> None:
        """Note the traces of all rows up to `sealed` that were not seen yet; `con` shows `stored.spans` and `.logs`."""
        for receiver, upto in sealed.items():
            after = self._scanned.get(receiver, 0)
            if upto <= after:
                continue
            parameters = {"receiver": receiver, "after": after, "upto": upto, "no_trace": list(NO_TRACE)}
            self._con.register("changed", con.sql(_CHANGED, params=parameters).to_arrow_table())
            self._change(_ADD)
            self._con.unregister("changed")
            self._scanned[receiver] = upto

    def due(self, now_ns: int, *, limit_rows: int, force: bool = False) -> pa.Table:
        """Return (trace_id, first_ns, last_ns) of due traces, oldest first, of about `limit_rows` rows.

        All are due with `force`, and those that arrived in the future: the clock was set back, and nobody shall wait for it.
        """
        return self._con.sql(
            _DUE,
            params={
                "quiet_since": now_ns if force else now_ns - self._quiet_ns,
                "old_since": now_ns if force else now_ns - self._max_age_ns,
                "future": max(now_ns, time.time_ns()) + (1 if force else self._quiet_ns),
                "limit_rows": limit_rows,
            },
        ).to_arrow_table()

    def done(self, traces: pa.Table) -> None:
        """Forget traces that were computed."""
        self._con.register("computed", traces)
        self._change("DELETE FROM pending WHERE trace_id IN (SELECT trace_id FROM computed)")
        self._con.unregister("computed")

    def positions(self) -> dict[str, int]:
        """Return, per receiver, the sequence up to which every trace is computed."""
        waiting = dict(self._con.execute("SELECT receiver, min(first_sequence) - 1 FROM pending GROUP BY 1").fetchall())
        return {receiver: waiting.get(receiver, scanned) for receiver, scanned in self._scanned.items()}

    def oldest_ns(self, now_ns: int) -> int:
        """Return when the first row of those that wait was received; `now_ns` when none does."""
        ((first_ns,),) = self._con.execute("SELECT min(first_ns) FROM pending").fetchall()
        return now_ns if first_ns is None else min(now_ns, int(first_ns))

    def waiting(self) -> int:
        """Return how many traces wait."""
        ((count,),) = self._con.execute("SELECT count(DISTINCT trace_id) FROM pending").fetchall()
        return int(count)

    def _change(self, statement: str) -> None:
        """Run a statement to its end: DuckDB wants a result fetched before the next statement."""
        self._con.execute(statement).fetchall()
