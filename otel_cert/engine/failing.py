"""Finding the traces that a processor fails on, so that they do not keep the others from being computed."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from otel_cert.errors import OtelCertError

_HOPELESS = 8
"""So many traces failed and none succeeded: the fault is not in the traces."""


class StepFailed(OtelCertError):
    """A processor raised; its error is the cause."""


def without_failing(traces: pa.Table, attempt: Callable[[pa.Table], object]) -> tuple[pa.Table, pa.Table]:
    """Separate `traces`, which fail together, into good and failing ones, by halving.

    `attempt` raises StepFailed; that is raised when nothing succeeds among many.
    """
    good, failing, waiting = [traces.slice(0, 0)], [traces.slice(0, 0)], [traces]
    while waiting:
        some = waiting.pop()
        try:
            if some.num_rows:
                attempt(some)
            good.append(some)
        except StepFailed:
            if some.num_rows == 1:
                failing.append(some)
            else:
                # Every other one, because bad traces often come one after the other.
                waiting += [some.take(list(range(first, some.num_rows, 2))) for first in (0, 1)]
            if len(failing) > _HOPELESS and len(good) == 1:
                raise
    return pa.concat_tables(good), pa.concat_tables(failing)
