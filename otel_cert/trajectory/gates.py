"""Gates: named limits on an answer's measures; an answer passes its quality check when every gate holds.

The usual limits, and what an answer at the limit looks like:

    mean_entropy      2.0 nats   at each token as undecided as between exp(2) = 7.4 equally probable ones
    perplexity        8          its tokens had a probability of 1/8 each, in the geometric mean
    uncertain_share   0.2        every fifth token had a probability below 0.1
    worst_window      4.0 nats   five tokens in a row with a probability of exp(-4) = 2 % each, in the geometric mean

They are set from these meanings, and so that they can fail: a model that guesses among V tokens has a mean entropy of ln V
and a perplexity of V, which passes each limit from V = 55 on, and vocabularies have thousands. (A limit of 2.5 nats on the
entropy of the ten most probable tokens could never fail: it is at most ln 10 = 2.30.) A limit that cannot fail for the
vocabulary of a loaded model is told as a warning, and `can_fail` of its result is False.

They are not fitted to any model or task: what is usual differs much between models, tuned ones being surer, and between
drawn and most probable tokens. Set them on answers of your own that were judged, e.g. each at the value that 95 % of the
good ones do not pass: `limits.py`. A sure answer may be wrong: these gates find answers that the model itself was unsure of.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from otel_cert.trajectory.errors import InvalidInput
from otel_cert.trajectory.result import GateResult, Trajectory

_logger = logging.getLogger("otel_cert.trajectory")


def _mean_entropy(answer: Trajectory) -> float | None:
    return answer.mean_entropy


def _perplexity(answer: Trajectory) -> float | None:
    return answer.perplexity


def _uncertain_share(answer: Trajectory) -> float | None:
    return answer.uncertain_share


def _worst_window(answer: Trajectory) -> float | None:
    window = answer.worst_window
    return window.mean_surprisal if window else None


def _logarithm(vocabulary: int) -> float:
    return math.log(vocabulary)


def _unbounded(_: int) -> float:
    return math.inf


def _one(_: int) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit that a measure of an answer must not pass."""

    name: str
    measure: Callable[[Trajectory], float | None]
    at_most: float
    most: Callable[[int], float] = _unbounded
    """The largest value that the measure can have, by the size of the vocabulary."""
    words: str = "{value:.3f}"
    """The value, for reasons."""

    def judge(self, answer: Trajectory, vocabulary: int) -> GateResult:
        """Return what this gate says of an answer."""
        value = self.measure(answer)
        can_fail = self.most(vocabulary) > self.at_most
        if value is None:
            return GateResult(self.name, None, self.at_most, False, can_fail, f"{self.name}: there are no tokens")
        passed = value <= self.at_most  # also says no to NaN
        told = f"{self.name}: {self.words.format(value=value)} is {'within' if passed else 'above'} {self.at_most:g}"
        return GateResult(self.name, value, self.at_most, passed, can_fail, told)


DEFAULTS = (
    Gate("mean_entropy", _mean_entropy, 2.0, _logarithm, "{value:.3f} nats"),
    Gate("perplexity", _perplexity, 8.0),
    Gate("uncertain_share", _uncertain_share, 0.2, _one),
    Gate("worst_window", _worst_window, 4.0, words="{value:.3f} nats"),
)

Gates = Sequence[Gate] | Mapping[str, float | None]
"""Gates of one's own; or other limits for the usual ones by name, None for no such gate."""


def chosen(gates: Gates | None) -> tuple[Gate, ...]:
    """Return the gates that are asked for.

    Raises:
        InvalidInput: a name is not known or is given twice, or a limit is no number.

    """
    if gates is None:
        return DEFAULTS
    found = _limited(gates) if isinstance(gates, Mapping) else tuple(gates)
    names = [gate.name if isinstance(gate, Gate) else repr(gate) for gate in found]
    if not all(isinstance(gate, Gate) for gate in found) or len(set(names)) < len(names):
        raise InvalidInput(f"gates: {', '.join(names)}", hint="give Gate objects with different names")
    for gate in found:
        if not isinstance(gate.at_most, int | float) or isinstance(gate.at_most, bool) or math.isnan(gate.at_most):
            raise InvalidInput(
                f"gate {gate.name}: {gate.at_most!r} is no limit", hint="give a number, or None for no gate"
            )
    return found


def judged(answer: Trajectory, gates: Iterable[Gate], vocabulary: int) -> Trajectory:
    """Return the answer with what the gates say of it."""
    return replace(answer, gates=tuple(gate.judge(answer, vocabulary) for gate in gates))


def warn_of_vacuous(gates: Iterable[Gate], vocabulary: int) -> None:
    """Say which gates cannot fail with such a vocabulary."""
    for gate in gates:
        if gate.most(vocabulary) <= gate.at_most:
            _logger.warning(
                "the gate %s can never fail: its limit is %g, and with %d tokens the measure is at most %g",
                gate.name, gate.at_most, vocabulary, gate.most(vocabulary),
            )  # fmt: skip


def _limited(limits: Mapping[str, float | None]) -> tuple[Gate, ...]:
    known = {gate.name: gate for gate in DEFAULTS}
    if unknown := sorted(set(limits) - set(known)):
        raise InvalidInput(f"gates: {', '.join(unknown)} is not known", hint=f"valid: {', '.join(known)}")
    wanted = {name: limits.get(name, gate.at_most) for name, gate in known.items()}
    return tuple(replace(known[name], at_most=limit) for name, limit in wanted.items() if limit is not None)
