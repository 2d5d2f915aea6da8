"""The tokens of one answer, as `genai_calls.logprobs` has them, as arrays.

What a record says is not believed blindly:

- OpenAI sends -9999.0 for a token that is not among the most probable; others send -inf or a great negative number. It says
  *unlikely*, and not how unlikely: no number comes of it, and it is counted.
- NaN, a text, a logarithm above 0: *unreadable*, counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otel_cert.measures.entropy.bounds import Floats

UNLIKELY = -1000.0
"""Logarithms at and below this mark a token as unlikely: no model computes e^-1000."""
ROUNDING = 1e-3
"""Logarithms up to this are 0, rounded."""

_NONE, _GIVEN, _UNLIKELY, _UNREADABLE = range(4)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The n tokens of one answer; k = the longest list of alternatives."""

    texts: tuple[str | None, ...]
    """None = not recorded."""
    logprobs: Floats
    """[n] natural logarithm of the probability of each; NaN = unknown."""
    known: Floats
    """[n, k + 1] of the alternatives listed, each of another token, and of the token itself; NaN pads."""
    largest: Floats
    """[n] no token that is not listed is more probable (logarithm); NaN = nothing says so."""
    ranks: NDArray[np.int64]
    """[n] place of the token among the alternatives listed, from 1; 0 = it is not among them."""
    alternatives: NDArray[np.int64]
    """[n] alternatives listed, itself among them."""
    unlikely: int
    """Tokens whose record says that they were unlikely, without a number."""
    unreadable: int
    """Tokens whose number is missing or impossible."""

    def __len__(self) -> int:
        return len(self.texts)


def read(choice: Sequence[Any]) -> Tokens:
    """Return the tokens of one choice, a list of `{token, logprob, top: [{token, logprob}]}`.

    The alternatives are taken for the most probable tokens, so that none that is missing is more probable than any of
    them; but not than the chosen token itself, which servers also list when it is not among the most probable.
    """
    entries = [entry if isinstance(entry, Mapping) else {} for entry in choice]
    texts = tuple(_text(entry.get("token")) for entry in entries)
    own = [_number(entry.get("logprob")) for entry in entries]
    lists = [_listed(entry.get("top")) for entry in entries]
    width = max((len(found) for found, _ in lists), default=0) + 1
    n = len(entries)
    known = np.full((n, width), np.nan)
    largest, logprobs = np.full(n, np.nan), np.full(n, np.nan)
    ranks, alternatives = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for at, ((kind, value), text, (found, sound)) in enumerate(zip(own, texts, lists, strict=True)):
        logprobs[at] = value
        values = [each for _, each in found]
        itself = _itself(found, text, value)
        others = [each for place, each in enumerate(values) if place != itself]
        if itself is not None:
            ranks[at] = 1 + sum(each > values[itself] for each in others)
        elif kind == _GIVEN and (text is not None or not found):
            values.append(value)  # a text that no alternative has: another token
        known[at, : len(values)] = values
        alternatives[at] = len(found)
        if others and sound:
            largest[at] = min(others)
    kinds = [kind for kind, _ in own]
    unreadable = sum(kind in (_NONE, _UNREADABLE) for kind in kinds)
    return Tokens(texts, logprobs, known, largest, ranks, alternatives, kinds.count(_UNLIKELY), unreadable)


def _itself(found: Sequence[tuple[str | None, float]], text: str | None, value: float) -> int | None:
    """Return which alternative is the token; of equal texts, as pieces of characters have, the nearest by number."""
    if text is None:  # known by its number, then
        same = [at for at, (_, each) in enumerate(found) if abs(each - value) < ROUNDING]
    else:
        same = [at for at, (other, _) in enumerate(found) if other == text]
    return min(same, key=lambda at: abs(found[at][1] - value) if value == value else 0.0, default=None)


def _listed(top: Any) -> tuple[list[tuple[str | None, float]], bool]:
    """Return the alternatives with a number, and whether all that are missing are unlikely."""
    if not isinstance(top, list) or not top:
        return [], True
    try:  # a sound list, as nearly all are
        pairs = [(entry["token"], entry["logprob"]) for entry in top]
        if all(type(value) is float and UNLIKELY < value <= 0.0 and type(text) is str for text, value in pairs):
            return pairs, True
    except (KeyError, TypeError):
        pass
    found: list[tuple[str | None, float]] = []
    sound = True
    for entry in top:
        kind, value = _number(entry.get("logprob") if isinstance(entry, Mapping) else None)
        if kind == _GIVEN:
            found.append((_text(entry.get("token")), value))
        elif kind != _UNLIKELY:
            sound = False
    return found, sound


def _number(sent: Any) -> tuple[int, float]:
    if type(sent) is float and UNLIKELY < sent <= 0.0:
        return _GIVEN, sent
    if sent is None:
        return _NONE, math.nan
    if sent == "-Infinity":
        return _UNLIKELY, math.nan
    if isinstance(sent, bool) or not isinstance(sent, int | float) or math.isnan(sent) or sent > ROUNDING:
        return _UNREADABLE, math.nan
    if sent <= UNLIKELY:
        return _UNLIKELY, math.nan
    return _GIVEN, min(float(sent), 0.0)


def _text(sent: Any) -> str | None:
    return sent if isinstance(sent, str) else None
