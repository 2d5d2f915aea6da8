"""Finds the quantities of a text: digits or words, with sign, scale, currency, unit, hedge and range."""

from __future__ import annotations

from collections.abc import Sequence

from otel_cert.measures.accuracy.rules.lexicon import Lexicon
from otel_cert.measures.accuracy.rules.numbering import is_marker, numbers_parts, reference
from otel_cert.measures.accuracy.rules.numerals import Marks, Numeral, readings
from otel_cert.measures.accuracy.rules.quantity import Hedge, Quantity, Reading
from otel_cert.measures.accuracy.rules.ranges import ends
from otel_cert.measures.accuracy.rules.spelled import Spelled, half, ordinal, spelled
from otel_cert.measures.accuracy.rules.tokens import HYPHENS, VULGAR, Token
from otel_cert.measures.accuracy.rules.units import Around, around, gap
from otel_cert.measures.accuracy.vocabulary import vocabulary

_HEDGES = {"about": Hedge.ABOUT, "over": Hedge.OVER, "under": Hedge.UNDER, "nearly": Hedge.NEARLY}
_SIGNS = {
    "~": Hedge.ABOUT,
    "≈": Hedge.ABOUT,
    "±": Hedge.ABOUT,
    ">": Hedge.OVER,
    "≥": Hedge.OVER,
    "<": Hedge.UNDER,
    "≤": Hedge.UNDER,
}
_YEARS = range(1000, 2200)
_PREFIXES = frozenset(
    [
        "mid",
        "pre",
        "post",
        "top",
        "non",
        "under",
        "over",
        "early",
        "late",
        "to",
        "and",
        "sub",
        "of",
        "about",
        "circa",
        "c",
        "ca",
    ]
)
_EACH = frozenset(["jeder", "jede", "jedes", "jeden", "jedem"])
_NOT_OFTEN = frozenset(["noch", "nicht", "auf", "erst", "wieder", "schon", "at", "more", "était", "érase", "todos"])
_HALVES = frozenset(["last", "latter", "other", "upper", "lower", "top", "bottom", "better"])
_SELDOM = 2  # how often goes without saying, as in "won it in 2010 and 2012"


def quantities(
    text: str, tokens: Sequence[Token], taken: Sequence[bool], words: Lexicon, style: Marks
) -> list[Quantity]:
    """Return the quantities of a text in their order.

    Args:
        text: the text.
        tokens: its tokens.
        taken: for each token, whether it belongs to a date.
        words: the words of its language.
        style: how it writes numbers.

    """
    reader = _Reader(text, tokens, taken, words, style)
    found: list[Quantity] = []
    starts, german = words.number_starts, words.language == "de"
    at = 0
    for i in [
        i
        for i, token in enumerate(tokens)
        if token.lower in starts
        or token.kind in "NV"
        or (german and (_compound(token.lower) or ordinal(token.lower, words)))
    ]:
        if i >= at and not taken[i]:
            at = reader.step(i, found)
    return found


class _Reader:
    def __init__(self, text: str, tokens: Sequence[Token], taken: Sequence[bool], words: Lexicon, style: Marks) -> None:
        self.text, self.tokens, self.taken, self.words, self.style = text, tokens, taken, words, style

    def step(self, i: int, found: list[Quantity]) -> int:
        """Read what is at token `i`, append it, and return the position to go on at."""
        read = self._at(i)
        if read is None:
            return i + 1
        quantity, behind = read
        if found and not quantity.code and quantity.claim and self._listed(found[-1], quantity):
            quantity = quantity._replace(code=found[-1].code, claim=found[-1].claim)
        quantity = self._shared_out(i, quantity, found)
        ranged = self._range(i, quantity, behind)
        if ranged is not None:
            found += ranged[:2]
            return ranged[2]
        found.append(quantity)
        return behind

    def _listed(self, before: Quantity, quantity: Quantity) -> bool:
        """Whether a bare number goes on with references: "passages 1 and 2", "Articles 5, 6 and 7"."""
        if (before.claim and not before.code) or quantity.first.dimension != "number" or quantity.spelled:
            return False
        between = self.text[before.end : quantity.start] if quantity.start - before.end < 8 else "far"
        return between.strip(" ,&–-") in ("", *self.words.numbers.to, *self.words.numbers.joiners)

    def _shared_out(self, i: int, whole: Quantity, found: list[Quantity]) -> Quantity:
        """Return the number at `i`, a share as well where it is the whole of one: "two out of ten"; so is its part, then."""
        phrase = self.words.ratios.before(self.tokens, i)
        if phrase is None or not phrase[1] or not _is_count(whole):
            return whole
        at, said = phrase[1] - 1, self.words.numbers.words
        if found and phrase[0] and self.tokens[at].kind == "W" and self.tokens[at - 1].end == found[-1].end:
            at -= 1  # "two people in ten"
        part = 0.0
        if found and found[-1].end == self.tokens[at].end and _is_count(found[-1]):
            part = found[-1].first.value
        else:
            part = max((said.get(word, 0.0) for word in self._articles(at, noun=phrase[0])), default=0.0)
        if not 0 < part < whole.first.value:
            return whole
        share = Reading(part / whole.first.value, 0.0, "fraction", "", part / whole.first.value, part)
        if found and found[-1].end == self.tokens[at].end:
            found[-1] = found[-1]._replace(readings=(*found[-1].readings, share))
        return whole._replace(readings=(*whole.readings, share))

    def _articles(self, at: int, noun: bool) -> list[str]:
        """Return what stands at a token, or before the noun that may stand there, and is no number by itself: "one"."""
        near = [self.tokens[k].lower for k in ((at, at - 1) if noun else (at,)) if k >= 0]
        return [word for word in near if word in self.words.numbers.pronouns]

    def _starts(self, word: str) -> bool:
        return word in self.words.number_starts or (self.words.language == "de" and _compound(word))

    def _at(self, i: int) -> tuple[Quantity, int] | None:
        kind = self.tokens[i].kind
        if kind == "N":
            return self._digits(i)
        if kind == "V":
            return self._build(i, i + 1, [_exact(VULGAR[self.tokens[i].lower])], "fraction")
        return self._word(i)

    # Digits

    def _digits(self, i: int) -> tuple[Quantity, int] | None:
        token, tokens = self.tokens[i], self.tokens
        numerals = readings(self.text[token.start : token.end], self.style)
        if not numerals or is_marker(self.text, self.tokens, i):
            return None
        before = tokens[i - 1] if i else None
        if before and before.kind == "W" and before.end == token.start and before.lower not in self.words.signs:
            return self._code(i, numerals, before.lower, before.start)
        if before and before.lower in HYPHENS and self._named(i - 1):
            return self._code(i, numerals, tokens[i - 2].lower, tokens[i - 2].start)
        ratio = self._ratio(i, numerals)
        if ratio:
            return ratio
        behind = i + 1
        extra = half(tokens, behind, self.words)
        if extra and numerals[0].step >= 1 and gap(self.text, tokens, behind):
            numerals, behind = [Numeral(numerals[0].value + extra[0], 0.25, 0, False)], extra[1]
        if (
            behind < len(tokens)
            and tokens[behind].start == token.end
            and tokens[behind].lower in self.words.numbers.ordinal_suffixes
        ):
            return self._build(i, behind + 1, numerals, "ordinal")
        return self._build(i, behind, numerals)

    def _named(self, i: int) -> bool:
        """Whether the hyphen at `i` joins a number to a name: "COVID-19", "interleukin-12", but not "mid-1990"."""
        if i == 0 or self.tokens[i - 1].kind != "W" or self.tokens[i - 1].lower in _PREFIXES:
            return False
        return self.tokens[i - 1].end == self.tokens[i].start and self.tokens[i].end == self.tokens[i + 1].start

    def _code(self, i: int, numerals: Sequence[Numeral], letters: str, start: int) -> tuple[Quantity, int]:
        value = numerals[0].value
        reading = Reading(value, numerals[0].step, "number", "", value, value)
        return Quantity(start, self.tokens[i].end, (reading,), code=letters), i + 1

    def _ratio(self, i: int, numerals: Sequence[Numeral]) -> tuple[Quantity, int] | None:
        """Return `3/4` as a fraction."""
        tokens = self.tokens
        if i + 2 >= len(tokens) or tokens[i + 1].lower not in "/\u2044" or tokens[i + 2].kind != "N":
            return None
        if tokens[i + 2].start - tokens[i].end > 1 or (i + 3 < len(tokens) and tokens[i + 3].lower == "/"):
            return None
        under = readings(self.text[tokens[i + 2].start : tokens[i + 2].end], self.style)
        if not under or not 1 < under[0].value <= 100 or not 0 < numerals[0].value < under[0].value:
            return None
        return self._build(i, i + 3, [_exact(numerals[0].value / under[0].value)], "fraction")

    # Words

    def _word(self, i: int) -> tuple[Quantity, int] | None:
        lower, numbers = self.tokens[i].lower, self.words.numbers
        fraction = self._fraction(i)
        if fraction is not None:
            return fraction
        if lower in numbers.articles and not self._before_scale(i + 1) and lower not in numbers.words:
            return self._build(i, i + 1, [Numeral(1.0, 1.0, 0, False)]) if self._halved(i + 1) else None
        if lower in numbers.times:
            often = self._plain(i, i + 1, _exact(numbers.times[lower]), "number")
            return (
                None
                if often.first.value == 1 and self._opens(i)
                else (often._replace(spelled=True, times=True, open=True), i + 1)
            )
        tens = self._tens_ordinal(i)
        if tens is not None:
            return tens
        read = spelled(self.tokens, i, self.words)
        if read is not None and not (read.parts == 1 and lower in numbers.pronouns and not self._counts(i + 1)):
            return self._spelled(i, read)
        value = ordinal(lower, self.words)
        if value:
            built = self._plain(i, i + 1, _exact(value), "ordinal")
            if self._is_nth_part(i):  # "la quinta parte": a fifth, or the fifth
                share = Reading(1 / value, 0.0, "fraction", "", 1 / value, 1 / value)
                built = built._replace(end=self.tokens[i + 1].end, readings=(share, *built.readings))
            if self._before(i) in _EACH and value > 2:
                share = Reading(1 / value, 0.0, "fraction", "", 1 / value, 1 / value)
                built = built._replace(readings=(*built.readings, share))  # "jeder vierte": one in four
            own = i > 0 and self.tokens[i - 1].lower in numbers.articles  # "a third man" counts on
            return built._replace(claim=value > 2 and not own, spelled=True), i + 1
        return None

    def _opens(self, i: int) -> bool:
        """Whether "once" at `i` opens a clause, or "einmal" belongs to an adverb: they do not say how often."""
        before = self.tokens[i - 1] if i else None
        return before is None or before.kind == "S" or before.lower in _NOT_OFTEN

    def _often(self, behind: int) -> bool:
        """Whether a number before "times" at `behind` says how often."""
        found = behind < len(self.tokens) and self.tokens[behind].lower in self.words.numbers.time_nouns
        return found and gap(self.text, self.tokens, behind)

    def _tens_ordinal(self, i: int) -> tuple[Quantity, int] | None:
        """Return "twenty-first", the ordinal of two words."""
        tokens, numbers = self.tokens, self.words.numbers
        if i + 2 >= len(tokens) or tokens[i + 1].lower not in HYPHENS:
            return None
        tens, last = numbers.words.get(tokens[i].lower, 0.0), numbers.ordinals.get(tokens[i + 2].lower, 0.0)
        if tens not in range(20, 100, 10) or not 0 < last < 10 or tokens[i + 2].lower in numbers.halves:
            return None
        if i and tokens[i - 1].lower in numbers.articles and self.words.units.at(tokens, i + 2):
            return None  # a thirty-second delay
        return self._plain(i, i + 3, _exact(tens + last), "ordinal")._replace(spelled=True), i + 3

    def _spelled(self, i: int, read: Spelled) -> tuple[Quantity, int] | None:
        extra = half(self.tokens, read.end, self.words)
        if extra:
            numeral, behind, scale = Numeral(read.value / read.scaled + extra[0], 0.25, 0, False), extra[1], read.scaled
        elif read.value % read.scaled == 0:
            numeral, behind, scale = Numeral(read.value / read.scaled, 1.0, 0, False), read.end, read.scaled
        else:
            numeral, behind, scale = Numeral(read.value, 1.0, 0, False), read.end, 1.0
        quantity, behind = self._build(i, behind, [numeral], "number", scale)
        return quantity._replace(spelled=True), behind

    def _fraction(self, i: int) -> tuple[Quantity, int] | None:
        """Return "a third", "two-thirds", "half a million", "drei Viertel"."""
        tokens, numbers = self.tokens, self.words.numbers
        lower = tokens[i].lower
        if lower in numbers.halves and self._before_scale(i + 1, article=True):
            behind = i + (1 if tokens[i + 1].lower in numbers.scales else 2)
            return self._build(i, behind, [Numeral(0.5, 0.25, 0, False)])
        unit = self._half_unit(i)
        if unit is not None:
            return unit
        if lower in numbers.half_nouns:
            return None if self._is_part(i) else self._build(i, i + 1, [_exact(0.5)], "fraction")
        count = numbers.words.get(lower, 1.0 if lower in numbers.articles else None)
        j = i + 1
        if count is None or j >= len(tokens):
            return None
        if tokens[j].lower in HYPHENS:
            j += 1
        part = numbers.fractions.get(tokens[j].lower) if j < len(tokens) else None
        if self._is_nth_part(j):
            return self._build(
                i, j + 2, [_exact(count / numbers.ordinals[tokens[j].lower.removesuffix("s")])], "fraction"
            )
        if part is None or (
            count == 1 and tokens[j].lower in numbers.halves and self._before_scale(j + 1, article=True)
        ):
            return None
        if lower in numbers.articles and tokens[j].lower in numbers.ordinals and self._is_noun(j + 1):
            return None  # a third zone
        return self._build(i, j + 1, [_exact(count * part)], "fraction")

    def _half_unit(self, i: int) -> tuple[Quantity, int] | None:
        """Return "half an hour", "media hora", "une demi-heure", "ein halbes Jahr"."""
        tokens, numbers = self.tokens, self.words.numbers
        if tokens[i].lower not in numbers.halves or self._before(i) in numbers.joiners:
            return None
        j = i + 1
        if j < len(tokens) and (tokens[j].lower in HYPHENS or tokens[j].lower in numbers.articles):
            j += 1
        if j >= len(tokens) or not gap(self.text, tokens, j) or self.words.units.at(tokens, j) is None:
            return None
        built, behind = self._build(i, j, [Numeral(0.5, 0.25, 0, False)])
        return (built, behind) if built.first.dimension != "number" else None

    def _before(self, i: int) -> str:
        return self.tokens[i - 1].lower if i else ""

    def _is_nth_part(self, j: int) -> bool:
        """Whether "cuartas partes" stands at `j`: what an ordinal makes of a whole."""
        numbers = self.words.numbers
        if j + 1 >= len(self.tokens) or self.tokens[j + 1].lower not in numbers.part_nouns:
            return False
        return numbers.ordinals.get(self.tokens[j].lower.removesuffix("s"), 0.0) > 2

    def _is_part(self, i: int) -> bool:
        """Whether the half at `i` is a part and no share: the second half, a first-half goal, half-time, the upper half."""
        tokens = self.tokens
        before = i - 2 if i > 1 and tokens[i - 1].lower in HYPHENS else i - 1
        if before >= 0 and (tokens[before].lower in self.words.numbers.ordinals or tokens[before].lower in _HALVES):
            return True
        compound = i + 1 < len(tokens) and tokens[i + 1].lower in HYPHENS and tokens[i + 1].start == tokens[i].end
        return compound and i + 2 < len(tokens) and tokens[i + 2].start == tokens[i + 1].end

    def _is_noun(self, j: int) -> bool:
        """Whether a word with a meaning of its own directly follows, as a noun follows an ordinal."""
        if j >= len(self.tokens) or self.tokens[j].kind != "W" or not gap(self.text, self.tokens, j):
            return False
        known = vocabulary(self.words.language)
        lower = self.tokens[j].lower
        return known is not None and not {lower, f"{lower}'"} & known.stop_words

    def _before_scale(self, j: int, article: bool = False) -> bool:
        if article and j < len(self.tokens) and self.tokens[j].lower in self.words.numbers.articles:
            j += 1
        return j < len(self.tokens) and self.tokens[j].lower in self.words.numbers.scales

    def _counts(self, j: int) -> bool:
        """Whether a unit, "and a half" or "in every ten" at `j` makes a number of an article; "one day" stays open."""
        if j >= len(self.tokens):
            return False
        if half(self.tokens, j, self.words) or self._is_share(j) or (self._often(j) and not self._opens(j - 1)):
            return True
        found = around(self.text, self.tokens, j - 1, j, self.words).measures
        return bool(found) and (found[0].dimension != "time" or self._halved(j))

    def _halved(self, j: int) -> bool:
        """Whether a unit at `j` has a half behind it: "an hour and a half"."""
        found = around(self.text, self.tokens, j - 1, j, self.words)
        return bool(found.measures) and half(self.tokens, found.behind, self.words) is not None

    def _is_share(self, j: int) -> bool:
        """Whether "in every ten" begins at `j`; "one in 1990" is no share."""
        found = self.words.share_of.at(self.tokens, j)
        behind = found[1] if found else j
        return j < behind < len(self.tokens) and (
            (self.tokens[behind].kind == "N" and len(self.tokens[behind].lower) < len("1990"))
            or self.words.numbers.words.get(self.tokens[behind].lower, 0) > 1
        )

    # Both

    def _build(
        self, i: int, behind: int, numerals: Sequence[Numeral], dimension: str = "number", scale: float = 1.0
    ) -> tuple[Quantity, int]:
        near = around(self.text, self.tokens, i, behind, self.words, scale)
        numerals, near = self._and_half(i, numerals, near)
        negative, first = self._sign(near.first, near.start)
        below = self._below_zero(near)
        if below is not None:
            negative, near = True, below
        made = [reading for numeral in numerals for reading in _readings(numeral, near, dimension, negative)]
        hedge, zeros = self._hedge(near.first, near.behind), numerals[0].zeros
        bare = dimension == "number" and not near.measures and near.scale == 1.0
        code = reference(self.tokens, i, self.words) if bare else ""
        often = bare and self._often(near.behind)
        return Quantity(
            start=first,
            end=near.end,
            readings=tuple(made),
            hedge=hedge,
            zeros=zeros,
            scaled=near.scale > 1.0,
            code=code,
            year=bare and self._year(i, numerals[0]),
            times=often,
            open=often and numerals[0].value <= _SELDOM,
            claim=not (bare and numbers_parts(self.text, self.tokens, i, behind, numerals[0].value, self.words)),
        ), near.behind

    def _below_zero(self, near: Around) -> Around | None:
        """Return a number's surroundings with "below zero" behind its degrees."""
        if not near.measures or near.measures[0].dimension not in ("angle", "temperature"):
            return None
        found = self.words.below_zero.at(self.tokens, near.behind)
        return near._replace(end=self.tokens[found[1] - 1].end, behind=found[1]) if found else None

    def _and_half(self, i: int, numerals: Sequence[Numeral], near: Around) -> tuple[Sequence[Numeral], Around]:
        """Return a number and its surroundings with the half that follows the unit: "two years and a half"."""
        tokens, j = self.tokens, near.behind
        if (
            not (near.measures or near.scale > 1)
            or numerals[0].step != 1
            or j >= len(tokens)
            or not gap(self.text, tokens, j)
        ):
            return numerals, near
        extra = half(tokens, j, self.words) if tokens[j].kind == "W" else None
        if extra is None or (self.words.language == "en" and tokens[j + 1].lower not in self.words.numbers.articles):
            return numerals, near
        behind = extra[1]
        if behind < len(tokens) and (tokens[behind].lower in self.words.numbers.scales or self._is_noun(behind)):
            return numerals, near  # "dos años y media docena"
        more = [Numeral(one.value + extra[0], 0.25, 0, one.grouped) for one in numerals]
        if near.measures:
            return more, near._replace(end=tokens[behind - 1].end, behind=behind)
        return more, around(self.text, tokens, i, behind, self.words, near.scale)

    def _plain(self, i: int, behind: int, numeral: Numeral, dimension: str) -> Quantity:
        reading = Reading(numeral.value, numeral.step, dimension, "", numeral.value, numeral.value)
        return Quantity(self.tokens[i].start, self.tokens[behind - 1].end, (reading,))

    def _year(self, i: int, numeral: Numeral) -> bool:
        """Whether a bare number may be a year: "2021", "two thousand twenty-one", not "2,021"."""
        four = self.tokens[i].kind != "N" or self.tokens[i].end - self.tokens[i].start == 4
        return four and numeral.value in _YEARS and numeral.step == 1

    def _sign(self, first: int, start: int) -> tuple[bool, int]:
        """Return whether a minus stands before token `first`, and where the quantity then starts."""
        if not first or self.tokens[first - 1].lower not in HYPHENS or self.tokens[first - 1].end != start:
            return False, start
        at = self.tokens[first - 1].start
        if at and not self.text[at - 1].isspace() and self.text[at - 1] not in "(:=":
            return False, start
        return self.tokens[first - 1].lower not in "–—", at

    def _hedge(self, first: int, behind: int) -> Hedge:
        tokens = self.tokens
        if behind < len(tokens) and tokens[behind].lower == "+" and tokens[behind].start == tokens[behind - 1].end:
            return Hedge.OVER
        if first and tokens[first - 1].lower in _SIGNS:
            return _SIGNS[tokens[first - 1].lower]
        said = self.words.hedges.before(tokens, first)
        return _HEDGES[said[0]] if said else Hedge.NONE

    # Ranges

    def _range(self, i: int, low: Quantity, behind: int) -> tuple[Quantity, Quantity, int] | None:
        """Return both ends of the range that begins with `low`, and the position behind it."""
        tokens, numbers = self.tokens, self.words.numbers
        if behind >= len(tokens) or low.code:
            return None
        link, j = tokens[behind].lower, behind + 1
        dash = link in HYPHENS
        between = self._opened(i)
        if not dash and (link not in numbers.to or (link != numbers.to[0] and not between)):
            return None
        while j < len(tokens) and tokens[j].kind != "N" and tokens[j].lower in self.words.signs and j < behind + 3:
            j += 1
        if j >= len(tokens) or self.taken[j] or not (tokens[j].kind == "N" or self._starts(tokens[j].lower)):
            return None
        read = self._at(j)
        if read is None:
            return None
        high, end = read
        low, high = ends(low, high)
        if not high.first.value > low.first.value or high.first.dimension != low.first.dimension:
            return low, high, end
        growth = not dash and not self._is_between(i)
        until = None if low.year or (growth and between) else high.first.value
        return low._replace(until=until, bound=True), high._replace(bound=True), end

    def _opened(self, i: int) -> bool:
        """Whether "between" or "from" stands before the number at `i`."""
        return any(token.lower in self.words.numbers.between for token in self.tokens[max(0, i - 2) : i])

    def _is_between(self, i: int) -> bool:
        return any(token.lower == self.words.numbers.between[0] for token in self.tokens[max(0, i - 2) : i])


def _is_count(quantity: Quantity) -> bool:
    """Whether a quantity is a bare whole number that a share can be made of."""
    first = quantity.first
    return first.dimension == "number" and not quantity.code and quantity.claim and first.value == int(first.value)


def _compound(word: str) -> bool:
    """Whether a German word may be a number: "fünfundzwanzig"."""
    return len(word) > 5 and ("und" in word or "hundert" in word or "tausend" in word)


def _exact(value: float) -> Numeral:
    return Numeral(value, 0.0 if value < 1 else 1.0, 0, False)


def _readings(numeral: Numeral, near: Around, dimension: str, negative: bool) -> list[Reading]:
    sign = -1.0 if negative else 1.0
    value, step = sign * numeral.value * near.scale, numeral.step * near.scale
    made = [
        Reading((value + m.offset) * m.factor, step * m.factor, m.dimension, m.unit, value, sign * numeral.value)
        for m in near.measures
    ]
    if not made:
        made = [Reading(value, step, dimension, "", value, sign * numeral.value)]
    if near.other_scale != 1.0:
        other = near.other_scale
        made.append(Reading(value * other, step * other, "number", "", value * other, sign * numeral.value))
    return made
