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
    import torch

    best = logits.topk(min(2, logits.shape[-1]), dim=-1).values
    logits -= best[:, :1]
    target = logits.gather(1, targets[:, None])
    share = torch.gt(logits, target, out=torch.empty_like(logits))  # as float32, which is summed many times quicker
    rank = share.sum(dim=-1).long() + 1
    torch.exp(logits, out=share)
    total = share.sum(dim=-1)
    entropy = total.log() - (share.mul_(logits.clamp_(min=_NOTHING))).sum(dim=-1) / total
    gap = best[:, 0] - best[:, 1] if best.shape[-1] > 1 else torch.full_like(total, torch.inf)
    return Told(total.log() - target[:, 0], entropy.clamp_(min=0), rank, gap)
