"""Limits of gates from answers that people judged good."""

from __future__ import annotations

import math
from collections.abc import Iterable

from otel_cert.trajectory.errors import InvalidInput
from otel_cert.trajectory.gates import DEFAULTS, Gate
from otel_cert.trajectory.result import Trajectory


def limits(good: Iterable[Trajectory], *, keep: float = 0.95, gates: Iterable[Gate] = DEFAULTS) -> dict[str, float]:
    """Return for each gate the limit within which a further good answer stays with a probability of at least `keep`.

    It is the ceil((n + 1) keep)-th smallest value of n good answers: split conformal prediction (Vovk, Gammerman and Shafer,
    2005), which holds for any distribution as long as the further answer is one of the same kind. It holds for each gate
    alone; all of several gates are passed less often. The answers must not be those that the gates then judge.

    Args:
        good: answers of one model with one setting, judged good by people; those without tokens do not count.
        keep: between 0 and 1.
        gates: whose limits to find.

    Raises:
        InvalidInput: `keep` is no such share, or there are too few answers for it: 19 for 0.95.

    """
    if not 0 < keep < 1:
        raise InvalidInput(f"keep: {keep!r} is no share", hint="give a number between 0 and 1")
    measured = list(good)
    found = {}
    for gate in gates:
        values = sorted(value for answer in measured if (value := gate.measure(answer)) is not None)
        place = math.ceil((len(values) + 1) * keep - 1e-9)
        if place > len(values):
            least = math.ceil(keep / (1 - keep) - 1e-9)
            raise InvalidInput(
                f"{len(values)} answers are too few to keep {keep:.0%} of the good ones",
                hint=f"judge at least {least}, or keep fewer",
            )
        found[gate.name] = values[place - 1]
    return found
