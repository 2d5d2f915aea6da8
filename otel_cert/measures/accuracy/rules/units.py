"""What stands around a number: currency, scale, percent, unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otel_cert.measures.accuracy.rules.lexicon import Lexicon, Unit
from otel_cert.measures.accuracy.rules.tokens import HYPHENS, Token

SURE_SHORT = frozenset(
    {"mn", "mln", "bn", "bln", "tn", "trn", "mio", "mill", "mrd", "mrds", "mia", "md", "mds", "tsd", "cr"}
)
_OF = frozenset({"de", "d", "of"})


class Measure(NamedTuple):
    """A dimension with its unit."""

    dimension: str
    unit: str
    factor: float = 1.0
    offset: float = 0.0


TEMPERATURES = (Measure("temperature", "°C"), Measure("temperature", "°F", 5 / 9, -32.0))


class Around(NamedTuple):
    """What belongs to a number."""

    start: int
    """Character at which it begins."""
    end: int
    """Behind its last character."""
    first: int
    """Position of its first token."""
    behind: int
    """Position behind its last token."""
    scale: float
    measures: tuple[Measure, ...]
    """Its units, the likely first; more than one where a word leaves it open, e.g. pounds. Empty = none."""
    other_scale: float = 1.0
    """The scale that a letter can mean as well: 5m is five metres or five million."""


def currency_before(text: str, tokens: Sequence[Token], i: int, words: Lexicon) -> tuple[str, int] | None:
    """Return the currency that stands before token `i`, and the position of its first token."""
    j = i - 1
    if j >= 0 and tokens[j].lower == "." and tokens[i].start - tokens[j].end <= 1:
        j -= 1
    if j < 0 or tokens[i].start - tokens[j].end > 2 or "\n" in text[tokens[j].end : tokens[i].start]:
        return None
    found = words.signs.get(tokens[j].lower)
    if found is None:
        return None
    if (
        tokens[j].kind == "W"
        and tokens[j].lower in ("fr", "kr", "rs")
        and text[tokens[j].start].islower()
        and found != "kr"
    ):
        return None
    if j and tokens[j].kind == "S" and tokens[j - 1].kind == "W" and tokens[j - 1].end == tokens[j].start:
        longer = words.signs.get(tokens[j - 1].lower + tokens[j].lower)
        if longer:
            return longer, j - 1
    return found, j


def around(text: str, tokens: Sequence[Token], i: int, behind: int, words: Lexicon, scale: float = 1.0) -> Around:
    """Return what belongs to the number in tokens `i` to `behind`, exclusive; `scale` is what its words said already."""
    before = currency_before(text, tokens, i, words)
    first = before[1] if before else i
    measures: tuple[Measure, ...] = (Measure("money", before[0]),) if before else ()
    factor, other, j = _scale(text, tokens, behind, words, before is not None)
    scale *= factor
    k = _over(tokens, j, words, scale > 1)
    if not measures and k < len(tokens) and (gap(text, tokens, k) or k > j):
        found, k = _measure(text, tokens, k, words)
        measures, j = (found, k) if found else (measures, j)
    elif measures and k < len(tokens):  # "$5 USD", "$5 billion dollars"
        again, k = _currency(tokens, k, words)
        j = k if again else j
    if other != 1.0 and measures and measures[0].dimension == "money":
        scale, other = scale * other, 1.0
    return Around(tokens[first].start, tokens[j - 1].end, first, j, scale, measures, other)


def gap(text: str, tokens: Sequence[Token], k: int) -> bool:
    """Whether token `k` follows the one before it closely: nothing, one or two spaces on one line between them."""
    between = text[tokens[k - 1].end : tokens[k].start]
    return len(between) <= 2 and "\n" not in between


def _scale(text: str, tokens: Sequence[Token], j: int, words: Lexicon, money: bool) -> tuple[float, float, int]:
    """Return scale, a doubtful scale, and the position behind them."""
    product = 1.0
    while (
        j < len(tokens) and tokens[j].kind == "W" and tokens[j].lower in words.numbers.scales and gap(text, tokens, j)
    ):
        product *= words.numbers.scales[tokens[j].lower]
        j += 1
    if (
        j + 1 < len(tokens)
        and product == 1.0
        and tokens[j].lower in HYPHENS
        and tokens[j + 1].lower in words.numbers.scales
    ):
        return words.numbers.scales[tokens[j + 1].lower], 1.0, j + 2
    if product != 1.0 or j >= len(tokens) or tokens[j].kind != "W" or not gap(text, tokens, j):
        return product, 1.0, j
    word = tokens[j].lower
    short = words.numbers.short_scales.get(word)
    if short is None:
        return 1.0, 1.0, j
    touching = tokens[j - 1].end == tokens[j].start
    upper = text[tokens[j].start].isupper()
    signed = j + 1 < len(tokens) and tokens[j + 1].lower in words.signs and gap(text, tokens, j + 1)
    if word in SURE_SHORT or money or signed or (touching and (word == "k" or (word == "m" and upper))):
        return short, 1.0, j + 1
    if word in ("m", "b") and touching:
        return 1.0, short, j
    return 1.0, 1.0, j


def _over(tokens: Sequence[Token], j: int, words: Lexicon, scaled: bool) -> int:
    """Return the position behind a hyphen ("30-day"), a full stop ("Mio. Euro") or "de" ("millones de euros") at `j`."""
    k = j
    if (
        k + 1 < len(tokens)
        and tokens[k].lower in HYPHENS
        and tokens[k].end == tokens[k + 1].start
        and tokens[k + 1].kind == "W"
    ):
        return k + 1
    if scaled and k + 1 < len(tokens) and tokens[k].lower == ".":
        k += 1
    if scaled and k + 1 < len(tokens) and tokens[k].lower in _OF:
        k += 1
        if tokens[k].lower in "'’" and k + 1 < len(tokens):
            k += 1
    if k != j and not (tokens[k].lower in words.signs or words.currencies.at(tokens, k) or words.units.at(tokens, k)):
        return j
    return k


def _currency(tokens: Sequence[Token], k: int, words: Lexicon) -> tuple[Measure | None, int]:
    found = words.signs.get(tokens[k].lower)
    if found and tokens[k].lower not in ("fr", "rs"):
        return Measure("money", found), k + 1
    named = words.currencies.at(tokens, k)
    if named:
        return Measure("money", named[0][0], named[0][1]), named[1]
    return None, k


def _measure(text: str, tokens: Sequence[Token], k: int, words: Lexicon) -> tuple[tuple[Measure, ...], int]:
    token = tokens[k]
    if token.lower == "%":
        return (Measure("percent", "%"),), k + 1
    if token.lower == "‰":
        return (Measure("percent", "%", 0.1),), k + 1
    share = words.shares.at(tokens, k)
    if share:
        return (Measure("percent", "%", share[0]),), share[1]
    symbol = _symbol(text, tokens, k, words)
    if symbol:
        return _of_unit(*symbol[0]), symbol[1]
    money, behind = _currency(tokens, k, words)
    unit = words.units.at(tokens, k)
    if money is None and unit is None:
        return (), k
    if unit is None:
        return ((money,), behind) if money else ((), k)
    if money is None or unit[1] > behind:
        return _of_unit(*unit[0]), unit[1]
    return (money, *_of_unit(*unit[0])) if behind == unit[1] else (money,), behind


def _symbol(text: str, tokens: Sequence[Token], k: int, words: Lexicon) -> tuple[tuple[str, str, Unit], int] | None:
    start, end, best = tokens[k].start, tokens[k].end, None
    if tokens[k].lower == "s" and tokens[k - 1].end == start and start - tokens[k - 1].start > 2:
        return None  # 747s, 1990s
    for j in range(k, min(k + 3, len(tokens))):
        if tokens[j].start != end and j != k:
            break
        end = tokens[j].end
        found = words.symbols.get(text[start:end])
        if tokens[j].lower == "°" and j + 1 < len(tokens) and text[end : tokens[j + 1].end] in (" C", " F"):
            return words.symbols["°" + text[tokens[j + 1].start]], j + 2
        if found is None and end - start > 1:
            found = words.symbols.get(text[start:end].lower())
        if found:
            best = found, j + 1
    if best and best[1] < len(tokens) and tokens[best[1]].lower in "'’" and tokens[best[1]].start == end:
        return None
    return best


def _of_unit(dimension: str, name: str, unit: Unit) -> tuple[Measure, ...]:
    """Return the meanings of a unit; bare degrees are of an angle or of a temperature."""
    measure = Measure(dimension, name, unit.factor, unit.offset)
    return (measure, *TEMPERATURES) if dimension == "angle" else (measure,)
