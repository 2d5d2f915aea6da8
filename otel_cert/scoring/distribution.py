"""What a distribution over a vocabulary says of the token that came, from its logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

_NOTHING = -200.0
"""exp of it is 0 as float32, and 0 times it is 0; 0 times minus infinity would be no number."""


class Told(NamedTuple):
    """Of each row one number, [rows]."""

    surprisal: Tensor
    """float32, nats; infinite when the model holds the token for impossible."""
    entropy: Tensor
    """float32, nats."""
    rank: Tensor
    """int64, 1 for the most likely token; equal ones share the better rank."""
    gap: Tensor
    """float32, nats: between the two most likely tokens."""


def told(logits: Tensor, targets: Tensor) -> Told:
    """Return what each row of logits, float32 [rows, vocabulary], says of its target, int64 [rows]; overwrites `logits`.

    With x = logit - max and Z = sum exp x, surprisal is ln Z - x(target) and entropy ln Z - sum(x exp x) / Z. A logit of
    minus infinity is a probability of 0; a row with one that is NaN or plus infinity has a NaN for surprisal and entropy.
    """
    most, likeliest = logits.max(dim=-1, keepdim=True)
    logits -= most
    target = logits.gather(1, targets[:, None])
    rank = (logits > target).sum(dim=-1) + 1
    logits.scatter_(1, likeliest, float("-inf"))
    gap = 0.0 - logits.amax(dim=-1)
    logits.scatter_(1, likeliest, most - most)  # 0, or NaN where it was infinite
    share = logits.exp()
    total = share.sum(dim=-1)
    entropy = total.log() - (share.mul_(logits.clamp_(min=_NOTHING))).sum(dim=-1) / total
    surprisal = total.log() - target[:, 0]
    return Told(surprisal, entropy.clamp_(min=0), rank, gap)
