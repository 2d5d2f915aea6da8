"""Finding the traces that kill their process, so that they do not keep the others from being computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from otel_cert.store.attempts import CRASHES, Attempts
from otel_cert.store.files import read_json, write_json

log = structlog.get_logger(__name__)

_REMEMBERED = 1000
"""More traces than this are not remembered; the oldest are tried again."""


class Suspects:
    """Cuts rounds into portions after a crash, and remembers the traces that were set aside."""

    def __init__(self, attempts: Path, set_aside: Path, *, forget: bool = False) -> None:
        """Continue after the last process, which left these two files; with `forget`, every trace is tried again."""
        self._attempts, self._file = Attempts(attempts), set_aside
        self._set_aside: dict[str, int] = {} if forget else read_json(set_aside) or {}
        if forget:
            set_aside.unlink(missing_ok=True)

    def portions(self, traces: pa.Table) -> Iterator[pa.Table]:
        """Yield the due `traces` (trace_id, first_ns, last_ns) in portions to compute: first suspected ones, few at once."""
        traces = traces.filter(pc.invert(self._known(traces)))
        suspected = pc.is_in(traces["trace_id"], pa.array(self._attempts.suspects or [], pa.string()))
        some, size = traces.filter(suspected), self._attempts.portion
        for first in range(0, some.num_rows, size or 1):
            portion = some.slice(first, size)
            if self._attempts.guilty(_ids(portion)):
                self._remember(portion)
            else:
                yield portion
        others = traces.filter(pc.invert(suspected))
        if others.num_rows:
            yield others

    @contextmanager
    def attempt(self, portion: pa.Table) -> Iterator[None]:
        """Note what is computed in the block, and that it no longer is set aside."""
        ids = _ids(portion)
        with self._attempts.attempt(ids, len(ids)):
            yield
        if self._set_aside.keys() & set(ids):
            self._keep({id_: last_ns for id_, last_ns in self._set_aside.items() if id_ not in ids})

    def _known(self, traces: pa.Table) -> pa.BooleanArray:
        """Return which traces were set aside and did not change since."""
        last = zip(_ids(traces), traces["last_ns"].to_pylist(), strict=True)
        return pa.array([self._set_aside.get(id_) == last_ns for id_, last_ns in last], pa.bool_())

    def _remember(self, trace: pa.Table) -> None:
        """Set one trace aside, in the state in which it is now."""
        newest = self._set_aside | dict(zip(_ids(trace), trace["last_ns"].to_pylist(), strict=True))
        self._keep(dict(list(newest.items())[-_REMEMBERED:]))
        self._attempts.set_aside()
        log.error("a trace was set aside because it killed its process", trace=_ids(trace)[0], times=CRASHES)

    def _keep(self, set_aside: dict[str, int]) -> None:
        self._set_aside = set_aside
        write_json(self._file, set_aside)


def _ids(traces: pa.Table) -> list[str]:
    ids: list[str] = traces["trace_id"].to_pylist()
    return ids
