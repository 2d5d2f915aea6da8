"""What the logits of one step say: entropy, probabilities, the most probable tokens; and which token is taken."""

from __future__ import annotations

from math import exp, inf, isnan
from typing import Any, NamedTuple

from otel_cert.trajectory.errors import InvalidLogits
from otel_cert.trajectory.request import Sampling


class Step(NamedTuple):
    """One step of one answer; logarithms are natural."""

    id: int
    logprob: float
    entropy: float
    gap: float
    top: tuple[tuple[int, float], ...]
    """(id, logarithm of its probability) of the most probable tokens."""


def measure(torch: Any, logits: Any, sampling: Sampling, draws: list[Any], top: int) -> list[Step]:
    """Return a step per row of logits [rows, vocabulary], computed in single precision.

    `draws` has the random generator of each row; `top` says how many of the most probable tokens are returned.

    Raises:
        InvalidLogits: a row is no distribution.

    """
    logits = logits.float()
    logprobs = torch.log_softmax(logits, -1)
    probabilities = logprobs.exp()
    entropy = torch.special.entr(probabilities).sum(-1).clamp(min=0)  # 0 ln 0 is 0
    best, ids = logprobs.topk(min(max(top, 2), logits.shape[-1]), -1)
    taken = logits.argmax(-1) if sampling.greedy else _drawn(torch, logits, sampling, draws)
    chosen = logprobs.gather(-1, taken[:, None])[:, 0]
    steps = [
        Step(*one, _gap(logs), tuple(zip(names, logs, strict=True))[:top])
        for one, names, logs in zip(
            zip(taken.tolist(), chosen.tolist(), entropy.tolist(), strict=True),
            ids.tolist(),
            best.tolist(),
            strict=True,
        )
    ]
    for row, step in enumerate(steps):
        if isnan(step.entropy) or isnan(step.logprob):
            wrong = int((~torch.isfinite(logits[row])).sum())
            raise InvalidLogits(
                f"the model computed no distribution: {wrong} of {logits.shape[-1]} logits are NaN or infinite",
                hint="check the model's files; a model in half precision may need float32 or bfloat16",
            )
    return [step._replace(top=tuple(each for each in step.top if each[1] > -inf)) for step in steps]


def _gap(logprobs: list[float]) -> float:
    return exp(logprobs[0]) - (exp(logprobs[1]) if len(logprobs) > 1 else 0.0)


def _drawn(torch: Any, logits: Any, sampling: Sampling, draws: list[Any]) -> Any:
    """Return a token per row, drawn after temperature, then top-k, then top-p."""
    scaled = logits / sampling.temperature
    if sampling.top_k:
        least = scaled.topk(min(sampling.top_k, scaled.shape[-1]), -1).values[:, -1:]
        scaled = scaled.masked_fill(scaled < least, -inf)
    if sampling.top_p < 1:
        ordered, order = scaled.sort(-1, descending=True)
        shares = ordered.softmax(-1)
        cut = shares.cumsum(-1) - shares >= sampling.top_p  # what comes before has enough already
        scaled = scaled.masked_fill(cut.scatter(-1, order, cut), -inf)
    shares = scaled.softmax(-1).cpu()
    if bool(shares.isnan().any()):
        return logits.argmax(-1)  # no distribution: told by what is measured
    drawn = [torch.multinomial(row, 1, generator=draw) for row, draw in zip(shares, draws, strict=True)]
    return torch.cat(drawn).to(logits.device)
