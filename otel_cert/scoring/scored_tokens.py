"""What is scored by a causal language model, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Form = Literal["chat template", "joined messages", "plain text"]
"""How a prompt became text: by the model's chat template; messages without one, one below the other; or it was a text."""

Problem = Literal[
    "no_answer", "no_prompt", "chat_template", "other_tokenizer", "out_of_memory", "not_finite", "impossible"
]
"""Why an item has no numbers."""


@dataclass(frozen=True, slots=True)
class Item:
    """A recorded answer, and what it answers."""

    prompt: str | Sequence[Mapping[str, Any]]
    """A text that the answer continues, or chat messages (`role`, `content`, and what else a chat template reads)."""
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class TokenScores:
    """An answer token by token, under a model that read the prompt and the answer up to each; arrays of one length."""

    ids: np.ndarray
    """int32 [n]: the scoring model's tokens, which need not be those of the model that answered."""
    offsets: np.ndarray
    """int32 [n, 2]: first character in the answer, and behind the last. Tokens that share a character both name it; some
    tokenizers leave out a space before a word."""
    surprisal: np.ndarray
    """float64 [n], nats: -ln p(token)."""
    entropy: np.ndarray
    """float64 [n], nats: of the distribution over the whole vocabulary that the token was one outcome of."""
    rank: np.ndarray
    """int32 [n]: 1 + the number of tokens that were more likely."""
    gap: np.ndarray
    """float64 [n], nats: ln p of the most likely token less that of the second; infinite when there was no other."""
    form: Form
    windows: int
    """1 when the model read prompt and answer at once; else how many overlapping windows it took."""
    context: int
    """The fewest tokens that the model read before a token of the answer."""


@dataclass(frozen=True, slots=True)
class Unscored:
    """An item without numbers."""

    problem: Problem
    message: str
