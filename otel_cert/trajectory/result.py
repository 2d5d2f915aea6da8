"""What was generated, and how sure the model was, token by token.

All measures are of the model's own distribution over its full vocabulary, the softmax of its logits: before temperature,
top-k and top-p, which decide only what is drawn from it. Entropies and surprisals are in nats.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, NamedTuple

WINDOW = 5
"""Tokens of a window; about three words of English."""
UNCERTAIN = 0.1
"""A token below this probability counts as uncertain."""


class Alternative(NamedTuple):
    """A token that was among the most probable ones."""

    text: str
    """As it reads by itself: some tokenizers then leave out its leading space."""
    logprob: float


class Window(NamedTuple):
    """Tokens in a row: `first` to before `last`, and their mean surprisal in nats."""

    first: int
    last: int
    mean_surprisal: float


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the answer."""

    text: str
    """What it adds to the text; empty when it is the beginning of a character that a later token completes."""
    id: int
    start: int
    """Of its text in the answer, in characters; its end is `end`."""
    logprob: float
    """Natural logarithm of its probability, at most 0."""
    entropy: float
    """Of the whole distribution it was taken from, exact but for rounding: 0 to the logarithm of the vocabulary's size."""
    gap: float
    """Probability of the most probable token less that of the second, 0 to 1; whichever of them was taken."""
    top: tuple[Alternative, ...] = ()
    """The most probable tokens, the first first."""

    @property
    def end(self) -> int:
        """Return where its text ends."""
        return self.start + len(self.text)

    @property
    def probability(self) -> float:
        """Return its probability."""
        return math.exp(self.logprob)

    @property
    def surprisal(self) -> float:
        """Return the negative logarithm of its probability, in nats."""
        return -self.logprob if self.logprob else 0.0


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate says of one answer."""

    name: str
    value: float | None
    """None when the answer has no tokens."""
    limit: float
    passed: bool
    can_fail: bool
    """False when no distribution over this model's vocabulary passes the limit: such a gate says nothing."""
    reason: str
    """In words; also of gates that hold."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One answer. The token that ended it, if one did, is not among its tokens."""

    text: str
    tokens: tuple[Token, ...]
    model: str
    device: str
    prompt_tokens: int
    finish_reason: str
    """`stop`: the model ended it; `length`: the limit was reached; `incomplete`: it was stopped."""
    seconds: float
    """Of wall time, from the start of the call to the last token; of a batch, until this answer's."""
    gates: tuple[GateResult, ...] = ()
    cached: bool = False

    @property
    def passed_quality_check(self) -> bool:
        """Return whether it has tokens and every gate holds."""
        return bool(self.tokens) and all(gate.passed for gate in self.gates)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why it did not pass; empty when it did."""
        failed = tuple(gate.reason for gate in self.gates if not gate.passed)
        return failed if self.tokens else ("the answer has no tokens", *failed)

    @property
    def mean_entropy(self) -> float | None:
        """Return the mean of the tokens' entropies; None without tokens, as everything below."""
        return fmean(t.entropy for t in self.tokens) if self.tokens else None

    @property
    def mean_nll(self) -> float | None:
        """Return the mean negative log-likelihood: the mean surprisal."""
        return fmean(t.surprisal for t in self.tokens) if self.tokens else None

    @property
    def perplexity(self) -> float | None:
        """Return exp(mean negative log-likelihood), 1 or more; infinite where that is beyond a double."""
        if (nll := self.mean_nll) is None:
            return None
        try:
            return math.exp(nll)
        except OverflowError:
            return math.inf

    @property
    def uncertain_share(self) -> float | None:
        """Return the share of tokens with a probability below `UNCERTAIN`."""
        return fmean(t.probability < UNCERTAIN for t in self.tokens) if self.tokens else None

    @property
    def worst_token(self) -> Token | None:
        """Return the token with the largest surprisal; the first of equal ones."""
        return max(self.tokens, key=lambda t: t.surprisal, default=None)

    @property
    def worst_window(self) -> Window | None:
        """Return the `WINDOW` tokens in a row with the largest mean surprisal; all tokens when there are fewer."""
        size = min(WINDOW, len(self.tokens))
        if not size:
            return None
        surprisal = [t.surprisal for t in self.tokens]
        means = [fmean(surprisal[n : n + size]) for n in range(len(surprisal) - size + 1)]
        first = max(range(len(means)), key=means.__getitem__)
        return Window(first, first + size, means[first])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, the computed ones too."""
        window, worst = self.worst_window, self.worst_token
        return asdict(self) | {
            "tokens": [
                asdict(t) | {"end": t.end, "surprisal": t.surprisal, "top": [a._asdict() for a in t.top]}
                for t in self.tokens
            ],
            "mean_entropy": self.mean_entropy,
            "mean_nll": self.mean_nll,
            "perplexity": self.perplexity,
            "uncertain_share": self.uncertain_share,
            "worst_token": self.tokens.index(worst) if worst else None,
            "worst_window": window._asdict() if window else None,
            "passed_quality_check": self.passed_quality_check,
            "reasons": list(self.reasons),
        }
