"""Log probabilities of the scripted model's answers: made up, as the answers are, but a distribution at each token.

They are always the same for the same answer. Numbers are less sure than words, so that there is something to see; whether
an answer is right has no part in it.
"""

from __future__ import annotations

import math
import random
import re
import zlib
from collections.abc import Sequence
from typing import Any

_SURE, _UNSURE = (0.55, 0.995), (0.08, 0.6)
"""Between which numbers the probability of a word, and of a number, is drawn."""
_FALLING = 0.55
"""Each further alternative has this part of what the one before left over."""
_OTHER_WORDS = (" the", " only", " also", " not", " usually")
_OTHER_NUMBERS = (" 10", " 12", " 20", " 30", " 60")


def tokens(text: str) -> list[str]:
    """Return the pieces in which an answer is sent: words, each with the space before it."""
    return re.findall(r"\s*\S+", text)


def logprobs(text: str, top: int) -> list[dict[str, Any]]:
    """Return `logprobs.content` of an answer as OpenAI sends it, with so many alternatives of each token."""
    rng = random.Random(zlib.crc32(text.encode()))  # noqa: S311 - no secret
    return [_entry(rng, token, top) for token in tokens(text)]


def _entry(rng: random.Random, token: str, top: int) -> dict[str, Any]:
    number = any(map(str.isdigit, token))
    p = rng.uniform(*(_UNSURE if number else _SURE))
    others = [other for other in (_OTHER_NUMBERS if number else _OTHER_WORDS) if other != token]
    listed = [(token, p), *zip(others, _shared(1 - p, len(others)), strict=True)]
    likeliest = sorted(listed, key=lambda pair: pair[1], reverse=True)[:top]
    return _logprob(token, p) | {"top_logprobs": [_logprob(*each) for each in likeliest]}


def _shared(rest: float, n: int) -> Sequence[float]:
    """Return n probabilities that fall, and leave something of `rest` for tokens that are not listed."""
    return [rest * _FALLING * (1 - _FALLING) ** place for place in range(n)]


def _logprob(token: str, p: float) -> dict[str, Any]:
    return {"token": token, "logprob": round(math.log(p), 6), "bytes": list(token.encode())}
