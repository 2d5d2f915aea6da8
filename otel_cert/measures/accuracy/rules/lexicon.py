"""The words of numbers and dates by language, from `data/figures_*.yaml`, `units.yaml` and `currencies.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from otel_cert import quick_yaml
from otel_cert.measures.accuracy.rules.tokens import Token

LANGUAGES = ("en", "de", "es", "fr")

V = TypeVar("V")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NumberWords(_Strict):
    """Section `numbers:` of a language: its marks, number words, scales, hedges, and words that make no claim."""

    decimal: str
    sure: bool
    words: dict[str, float]
    scales: dict[str, float]
    short_scales: dict[str, float]
    joiners: list[str]
    articles: list[str]
    halves: list[str]
    fractions: dict[str, float]
    half_nouns: list[str]
    ordinals: dict[str, float]
    ordinal_suffixes: list[str]
    pronouns: list[str]
    shares: list[str]
    ratios: list[str]
    part_nouns: list[str]
    below_zero: list[str]
    times: dict[str, float]
    time_nouns: list[str]
    about: list[str]
    over: list[str]
    under: list[str]
    nearly: list[str]
    between: list[str]
    to: list[str]
    percent: list[str]
    permille: list[str]
    basis_points: list[str]
    counted: list[str]
    references: list[str]
    numbering: list[str]


class DateWords(_Strict):
    """Section `dates:` of a language: months, weekdays, and the words around years, quarters and times."""

    months: dict[str, int]
    short_months: dict[str, int]
    doubtful: list[str]
    weekdays: dict[str, int]
    links: list[str]
    before_years: list[str]
    quarters: list[str]
    halves: list[str]
    quarter_letters: list[str]
    half_letters: list[str]
    fiscal: list[str]
    years: list[str]
    decades: list[str]
    decade_words: list[str]
    tens: dict[str, int]
    centuries: list[str]
    bc: list[str]
    ad: list[str]
    am: list[str]
    pm: list[str]
    hours: list[str]
    first: bool


class FigureWords(_Strict):
    """One `figures_LANGUAGE.yaml`."""

    numbers: NumberWords
    dates: DateWords


class Unit(_Strict):
    """A unit: value in the base unit = (value + offset) * factor."""

    factor: float
    offset: float = 0.0
    symbols: list[str]
    words: dict[str, list[str]]


class Currencies(_Strict):
    """Signs, codes and words of currencies."""

    signs: dict[str, str]
    codes: list[str]
    words: dict[str, dict[str, str]]
    cents: dict[str, list[str]]


class Phrases(Generic[V]):
    """Finds phrases of one to four words; apostrophes, hyphens and full stops between them do not count."""

    def __init__(self, phrases: Mapping[str, V]) -> None:
        self._values = {tuple(phrase.split()): value for phrase, value in phrases.items()}
        self._firsts: dict[str, list[int]] = {}
        self._lasts: dict[str, list[int]] = {}
        for words in sorted(self._values, key=len, reverse=True):
            self._firsts.setdefault(words[0], []).append(len(words))
            self._lasts.setdefault(words[-1], []).append(len(words))

    def at(self, tokens: Sequence[Token], i: int) -> tuple[V, int] | None:
        """Return the value of the longest phrase that starts at token `i`, and the position behind it."""
        for length in self._firsts.get(tokens[i].lower, ()) if i < len(tokens) else ():
            words, behind = _words(tokens, i, length, 1)
            if len(words) == length and words in self._values:
                return self._values[words], behind
        return None

    def before(self, tokens: Sequence[Token], i: int) -> tuple[V, int] | None:
        """Return the value of the longest phrase that ends right before token `i`, and its position."""
        last = i - 1
        while last >= 0 and tokens[last].lower in _BETWEEN:
            last -= 1
        for length in self._lasts.get(tokens[last].lower, ()) if last >= 0 else ():
            words, first = _words(tokens, last, length, -1)
            if len(words) == length and words[::-1] in self._values:
                return self._values[words[::-1]], first + 1
        return None


_AFTER = ("'", "’", ".", "o", "h", "年")
_BETWEEN = frozenset(".'’-")


def _words(tokens: Sequence[Token], i: int, count: int, direction: int) -> tuple[tuple[str, ...], int]:
    words: list[str] = []
    while len(words) < count and 0 <= i < len(tokens):
        if tokens[i].lower not in _BETWEEN:
            words.append(tokens[i].lower)
        i += direction
    return tuple(words), i


@dataclass(frozen=True)
class Lexicon:
    """All that reading numbers and dates in one language needs; made once per language."""

    language: str
    numbers: NumberWords
    dates: DateWords
    hedges: Phrases[str]
    shares: Phrases[float]
    """Percent, per mille and basis points: what one of them is in percent."""
    below_zero: Phrases[bool]
    share_of: Phrases[bool]
    """What stands between a part that is an article and its whole: "one in every ten"."""
    ratios: Phrases[bool]
    """What stands between any part and its whole, and whether a noun may stand before it."""
    units: Phrases[tuple[str, str, Unit]]
    """Words of units: dimension, name, unit."""
    symbols: Mapping[str, tuple[str, str, Unit]]
    """Symbols of units, which tell capitals apart."""
    currencies: Phrases[tuple[str, float]]
    """Words of currencies, and of cents: currency and factor."""
    signs: Mapping[str, str]
    """Signs and codes in lower case."""
    bc: Phrases[bool]
    ad: Phrases[bool]
    am: Phrases[bool]
    pm: Phrases[bool]
    counted: frozenset[str]
    numbering: frozenset[str]
    references: frozenset[str]
    months: Mapping[str, int]
    date_starts: frozenset[str]
    """Words at which a date may begin or have its heart."""
    number_starts: frozenset[str]
    """Words at which a number may begin."""
    before_years: frozenset[str]
    after_numbers: frozenset[str]
    """What follows a number that begins a date."""


@cache
def lexicon(language: str | None) -> Lexicon:
    """Return the words of a language; for one that has no file, those of English, whose words are the most widespread."""
    code = language if language in LANGUAGES else "en"
    figures = FigureWords.model_validate(_load(f"figures_{code}.yaml"))
    numbers, dates = figures.numbers, figures.dates
    units = _units()
    money = Currencies.model_validate(_load("currencies.yaml"))
    kinds = {"about": numbers.about, "over": numbers.over, "under": numbers.under, "nearly": numbers.nearly}
    return Lexicon(
        language=code,
        numbers=numbers if language in LANGUAGES else numbers.model_copy(update={"sure": False}),
        dates=dates,
        hedges=Phrases({phrase: kind for kind, phrases in kinds.items() for phrase in phrases}),
        shares=Phrases(
            {**_each(numbers.percent, 1.0), **_each(numbers.permille, 0.1), **_each(numbers.basis_points, 0.01)}
        ),
        below_zero=Phrases(_each(numbers.below_zero, True)),
        share_of=Phrases(_each(numbers.shares, True)),
        ratios=Phrases(_each(numbers.ratios, False) | _each(numbers.shares, True)),
        units=Phrases({word: (dim, name, unit) for dim, name, unit in units for word in unit.words.get(code, ())}),
        symbols={symbol: (dim, name, unit) for dim, name, unit in units for symbol in unit.symbols},
        currencies=Phrases(
            {word: (name, 1.0) for word, name in money.words[code].items()}
            | dict.fromkeys(money.cents[code], ("cent", 0.01))
        ),
        signs=money.signs | {name.lower(): name for name in money.codes},
        bc=Phrases(_each(dates.bc, True)),
        ad=Phrases(_each(dates.ad, True)),
        am=Phrases(_each(dates.am, True)),
        pm=Phrases(_each(dates.pm, True)),
        counted=frozenset(numbers.counted),
        numbering=frozenset(numbers.numbering),
        references=frozenset(numbers.references),
        months=dates.short_months | dates.months,
        date_starts=_date_starts(dates) | frozenset(numbers.ordinals),
        number_starts=frozenset(
            [
                *numbers.words,
                *numbers.times,
                *numbers.articles,
                *numbers.fractions,
                *numbers.ordinals,
                *numbers.halves,
                *numbers.scales,
            ]
        ),
        before_years=frozenset(dates.before_years),
        after_numbers=frozenset(
            [*dates.hours, *dates.decades, *dates.centuries, *dates.quarters, *dates.halves, *dates.fiscal, *_AFTER]
            + [*dates.quarter_letters, *dates.half_letters, *numbers.ordinal_suffixes]
            + [phrase.split()[0] for phrase in [*dates.bc, *dates.ad, *dates.am, *dates.pm]]
        ),
    )


def _date_starts(dates: DateWords) -> frozenset[str]:
    named = frozenset[str]().union(dates.months, dates.short_months, dates.weekdays, dates.tens, dates.centuries)
    periods = frozenset[str]().union(dates.quarters, dates.halves, dates.quarter_letters, dates.half_letters)
    return named | periods | frozenset(dates.fiscal) | frozenset(dates.decade_words)


def _units() -> list[tuple[str, str, Unit]]:
    return [
        (dimension, name, Unit.model_validate(unit))
        for dimension, units in _load("units.yaml").items()
        for name, unit in units.items()
    ]


def _each(phrases: Iterable[str], value: V) -> dict[str, V]:
    return dict.fromkeys(phrases, value)


def _load(name: str) -> dict[str, Any]:
    text = (resources.files(__package__) / "data" / name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = quick_yaml.load(text)
    return loaded
