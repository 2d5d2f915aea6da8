"""Finds the dates of a text: ISO, written out, numeric, years, decades, centuries, quarters, times, weekdays.

Relative dates ("last week", "yesterday") are none: what they mean depends on a day that the text need not name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from otel_cert.measures.accuracy.rules.date import Date, Kind
from otel_cert.measures.accuracy.rules.lexicon import Lexicon
from otel_cert.measures.accuracy.rules.spelled import ordinal
from otel_cert.measures.accuracy.rules.tokens import HYPHENS, Token
from otel_cert.measures.accuracy.vocabulary import vocabulary

Read = tuple[list[Date], int, int]
"""Dates, the first of their tokens, and the position behind the last."""

_YEARS = range(1000, 2200)
_RECENT = range(1700, 2100)
"""Years that a German text may name without a word before them."""
_NOT_BEFORE_YEARS = frozenset(
    ["nr", ".", "nummer", "rund", "etwa", "ca", "über", "unter", "fast", "knapp", "mit", "die"]
)
_ROMAN = re.compile(r"[ivx]{1,6}")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_AT = ("à", "dès", "vers", "las")
_MARKS = HYPHENS | {":", "/"}
_PREPOSITIONS = frozenset({
    "in", "since", "by", "until", "till", "of", "early", "late", "mid", "last", "next", "this", "every", "from", "each",
    "through", "during", "before", "after", "to", "and", "between",
})  # fmt: skip
_AND = frozenset(["and", "und", "y", "et", "to", "bis", "al", "au", "/", *HYPHENS])


def dates(text: str, tokens: Sequence[Token], words: Lexicon) -> tuple[list[Date], list[bool]]:
    """Return the dates of a text in their order, and for each token whether it belongs to one."""
    reader = _Reader(text, tokens, words)
    starts = words.date_starts
    at = 0
    german = words.language == "de"
    for i in [
        i
        for i, token in enumerate(tokens)
        if token.kind == "N" or token.lower in starts or (german and ordinal(token.lower, words))
    ]:
        if i >= at:
            at = reader.step(i)
    reader.found.sort(key=lambda date: date.start)
    return reader.found, reader.taken


class _Reader:
    def __init__(self, text: str, tokens: Sequence[Token], words: Lexicon) -> None:
        self.text, self.tokens, self.words = text, tokens, words
        self.found: list[Date] = []
        self.taken = [False] * len(tokens)
        self.before_years = words.before_years
        self.lower_case = text.islower()
        self.marked: tuple[Callable[[int], Read | None], ...] = (self._slashed, self._iso, self._time)
        self.followed: tuple[Callable[[int], Read | None], ...] = (
            self._iso, self._hours, self._decade, self._century, self._period, self._era,
        )  # fmt: skip
        self.worded: tuple[Callable[[int], Read | None], ...] = (
            self._month, self._weekday, self._period, self._century, self._tens, self._decade_word, self._fiscal,
        )  # fmt: skip

    def step(self, i: int) -> int:
        """Read what is at token `i`, and return the position to go on at."""
        if self.taken[i]:
            return i + 1
        for read in self._readers(i):
            made = read(i)
            if made is not None:
                self.found += made[0]
                self.taken[made[1] : made[2]] = [True] * (made[2] - made[1])
                return max(made[2], i + 1)
        return i + 1

    def _readers(self, i: int) -> tuple[Callable[[int], Read | None], ...]:
        """Return what the token at `i` can begin, by what follows it: most numbers begin no date."""
        lower = self.tokens[i].lower
        if self.tokens[i].kind == "W":
            return self.worded
        if not lower.isdecimal():
            return (self._dotted, self._time) if "." in lower else ()
        after = self._lower(i + 1)
        may: tuple[Callable[[int], Read | None], ...] = ()
        if after in _MARKS:
            may = self.marked
        elif after in self.words.after_numbers:
            may = self.followed
        elif self._lower(i - 1) == "ad":
            may = (self._era,)
        return (*may, self._year) if len(lower) == 4 else may

    # Looking around

    def _lower(self, i: int) -> str:
        return self.tokens[i].lower if 0 <= i < len(self.tokens) else ""

    def _whole(self, i: int, digits: int = 4) -> int | None:
        """Return the value of bare digits at `i`, at most `digits` of them."""
        lower = self._lower(i)
        return (
            int(lower) if lower and len(lower) <= digits and self.tokens[i].kind == "N" and lower.isdecimal() else None
        )

    def _four(self, i: int) -> int | None:
        """Return the four-digit number at `i`, which is a year in the place of one."""
        return self._whole(i) if len(self._lower(i)) == 4 else None

    def _touching(self, i: int) -> bool:
        return 0 < i < len(self.tokens) and self.tokens[i - 1].end == self.tokens[i].start

    def _made(self, first: int, behind: int, **fields: int | bool | Kind | None) -> Read:
        return [Date(self.tokens[first].start, self.tokens[behind - 1].end, **fields)], first, behind  # type: ignore[arg-type]

    def _skip(self, i: int, skipped: Sequence[str]) -> int:
        while self._lower(i) and (self._lower(i) in skipped or self._lower(i) in "’',") and self._gap(i):
            i += 1
        return i

    def _gap(self, i: int) -> bool:
        return 0 < i < len(self.tokens) and self.tokens[i].start - self.tokens[i - 1].end <= 2

    # Numeric forms

    def _iso(self, i: int) -> Read | None:
        """`2021-03-04`, `2021/03/04`, `2021年3月4日`."""
        year, month, day = self._four(i), self._whole(i + 2, 2), self._whole(i + 4, 2)
        if year is None or month is None or day is None or not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        joined = all(self._touching(j) for j in range(i + 1, i + 5))
        mark = self._lower(i + 1) + self._lower(i + 3)
        if not joined or (mark not in ("//", "年月") and not set(mark) <= HYPHENS):
            return None
        return self._made(i, i + 5, year=year, month=month, day=day)

    def _slashed(self, i: int) -> Read | None:
        """`03/04/2021` and `3-4-21`: day first or month first, by language where both are possible."""
        one, two, year = self._whole(i, 2), self._whole(i + 2, 2), self._whole(i + 4)
        mark = self._lower(i + 1)
        if (
            one is None
            or two is None
            or year is None
            or mark != self._lower(i + 3)
            or not (mark == "/" or mark in HYPHENS)
        ):
            return None
        if not all(self._touching(j) for j in range(i + 1, i + 5)) or len(self._lower(i + 4)) not in (2, 4):
            return None
        return self._numeric(i, i + 5, one, two, self._full(year, len(self._lower(i + 4))))

    def _dotted(self, i: int) -> Read | None:
        """`04.03.2021`, `4. 3. 2021`, and `4.3.` in German."""
        parts = self._lower(i).split(".")
        if len(parts) != 3 or not all(part.isdecimal() for part in parts) or len(parts[2]) not in (2, 4):
            return None
        if max(len(parts[0]), len(parts[1])) > 2:
            return None
        return self._numeric(i, i + 1, int(parts[0]), int(parts[1]), self._full(int(parts[2]), len(parts[2])))

    def _numeric(self, first: int, behind: int, one: int, two: int, year: int) -> Read | None:
        both = 1 <= one <= 12 and 1 <= two <= 12
        day_first = self.words.dates.first if both else 1 <= one <= 31 and 1 <= two <= 12
        day, month = (one, two) if day_first else (two, one)
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        sure = self.words.dates.first and "." in self.text[self.tokens[first].start : self.tokens[behind - 1].end]
        return self._made(first, behind, year=year, month=month, day=day, swapped=both and one != two and not sure)

    def _full(self, year: int, digits: int) -> int:
        if digits == 4:
            return year
        return year + (2000 if year < 50 else 1900)

    # Times of day

    def _time(self, i: int) -> Read | None:
        """`15:00`, `3:30 p.m.`, `15.30 Uhr`."""
        hour, minute = self._whole(i, 2), self._whole(i + 2, 2)
        colon = self._lower(i + 1) == ":" and self._touching(i + 1) and self._touching(i + 2)
        if (
            colon
            and hour is not None
            and minute is not None
            and len(self._lower(i + 2)) == 2
            and hour < 25
            and minute < 60
        ):
            behind = i + 3
            if self._lower(behind) == ":" and self._whole(behind + 1, 2) is not None and self._touching(behind + 1):
                behind += 2
            return self._at(i, behind, hour, minute)
        dotted = self._lower(i).split(".")
        said = self._lower(i + 1) in self.words.dates.hours or self._half_day(i + 1)
        if (
            len(dotted) == 2
            and all(part.isdecimal() and len(part) <= 2 for part in dotted)
            and said
            and int(dotted[1]) < 60
        ):
            return self._at(i, i + 1, int(dotted[0]), int(dotted[1]))
        return None

    def _hours(self, i: int) -> Read | None:
        """`3 pm`, `15 Uhr`, `15h30`, `3 o'clock`."""
        hour = self._whole(i, 2)
        if hour is None or hour > 24:
            return None
        minute = self._whole(i + 2, 2)
        apart = self.words.language == "fr" and len(self._lower(i + 2)) == 2 and self._gap(i + 2)
        if self._lower(i + 1) == "h" and minute is not None and minute < 60 and (self._touching(i + 2) or apart):
            return self._at(i, i + 3, hour, minute)
        if (
            self._clock(i + 1) is not None
            or self.words.am.at(self.tokens, i + 1)
            or self.words.pm.at(self.tokens, i + 1)
        ):
            return self._at(i, i + 1, hour, 0)
        return None

    def _half_day(self, i: int) -> bool:
        return bool(self.words.am.at(self.tokens, i) or self.words.pm.at(self.tokens, i))

    def _clock(self, i: int) -> int | None:
        """Return the position behind "Uhr" or "o'clock" at `i`; "15 h" is one only after "à" or "a las", else a duration."""
        if self._lower(i) == "o" and self._lower(i + 2) == "clock":
            return i + 3
        hours = self._lower(i) in self.words.dates.hours
        return i + 1 if hours and (self.words.language in ("de", "en") or self._lower(i - 2) in _AT) else None

    def _at(self, first: int, behind: int, hour: int, minute: int) -> Read | None:
        behind = self._clock(behind) or behind
        afternoon, morning = self.words.pm.at(self.tokens, behind), self.words.am.at(self.tokens, behind)
        twelve = not afternoon and not morning and hour <= 12
        if afternoon and hour < 12:
            hour += 12
        if morning and hour == 12:
            hour = 0
        found = afternoon or morning
        behind = found[1] if found else behind
        return self._made(first, behind, kind=Kind.TIME, number=(hour * 60 + minute) % 1440, twelve=twelve)

    # Years and longer

    def _decade(self, i: int) -> Read | None:
        """`1990s`, `the 90s`, `1990er`."""
        value = self._whole(i)
        if value is None or value % 10 or len(self._lower(i)) not in (2, 4):
            return None
        behind = i + 1
        if self._lower(behind) in ("'", "’") and self._touching(behind):
            behind += 1
        if self._lower(behind) not in self.words.dates.decades or not self._touching(behind):
            return None
        if value < 100 and self._lower(i - 1) not in ("the", "'", "’", "den", "der", "early", "late", "mid", "die"):
            return None
        return self._made(i, behind + 1, kind=Kind.DECADE, number=value)

    def _tens(self, i: int) -> Read | None:
        """Read "the nineties", "die Neunziger"."""
        value = self.words.dates.tens.get(self._lower(i))
        if value is None or self._lower(i - 1) not in ("the", "die", "der", "den", "early", "late", "mid"):
            return None
        return self._made(i, i + 1, kind=Kind.DECADE, number=value)

    def _decade_word(self, i: int) -> Read | None:
        """Read "años 90", "les années 1990"."""
        if self._lower(i) not in self.words.dates.decade_words:
            return None
        j = self._skip(i + 1, self.words.dates.links)
        value = self._whole(j)
        spelled = self.words.numbers.words.get(self._lower(j), 0)
        if value is None and spelled in range(20, 100, 10):
            return self._made(i, j + 1, kind=Kind.DECADE, number=int(spelled))
        if (
            value is None
            or value % 10
            or len(self._lower(j)) not in (2, 4)
            or (self._lower(i) == "década" and value < 10)
        ):
            return None
        return self._made(i, j + 1, kind=Kind.DECADE, number=value)

    def _century(self, i: int) -> Read | None:
        """Read "19th century", "nineteenth century", "19. Jahrhundert", "siglo XIX", "XIXe siècle"."""
        centuries = self.words.dates.centuries
        if self._lower(i) in centuries:
            after, before = self._counted(i + 1), self._roman(i - 1) or self._roman(i - 2)
            if after and self.words.language == "es":
                return self._made(i, i + 2, kind=Kind.CENTURY, number=after)
            if before and self.words.language == "fr":
                first = i - 1 if self._roman(i - 1) else i - 2
                return self._made(first, i + 1, kind=Kind.CENTURY, number=before)
            return None
        tens = self._tens_before(i)
        number = self._whole(i, 2) or tens + self._nth(i)
        first, j = (i - 2 if tens else i), i + 1
        if self._lower(j) == "." or (self._lower(j) in self.words.numbers.ordinal_suffixes and self._touching(j)):
            j += 1
        if self._lower(j) in HYPHENS:
            j += 1
        if not number or self._lower(j) not in centuries:
            return None
        if self.words.bc.at(self.tokens, j + 1):
            return self._made(first, j + 1, kind=Kind.CENTURY, number=-number)
        return self._made(first, j + 1, kind=Kind.CENTURY, number=number)

    def _nth(self, i: int) -> int:
        """Return the ordinal in words at `i`, 0 = none."""
        return int(ordinal(self._lower(i), self.words))

    def _tens_before(self, i: int) -> int:
        """Return the 20 of "twenty-first" whose last word is at `i`, else 0."""
        value = self.words.numbers.words.get(self._lower(i - 2), 0) if self._lower(i - 1) in HYPHENS else 0
        fits = value in range(20, 100, 10) and 0 < self._nth(i) < 10 and not self._whole(i, 2)
        return int(value) if fits else 0

    def _counted(self, i: int) -> int | None:
        """Return the number of a century behind its noun: "siglo XX", "siglo 20", "siglo veinte"."""
        spelled = int(self.words.numbers.words.get(self._lower(i), 0))
        return self._roman(i) or self._whole(i, 2) or (spelled if 0 < spelled <= 21 else None)

    def _roman(self, i: int) -> int | None:
        word = self._lower(i).removesuffix("e") if self.words.language == "fr" else self._lower(i)
        if not _ROMAN.fullmatch(word):
            return None
        values = [_ROMAN_VALUES[letter] for letter in word]
        return sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))

    def _period(self, i: int) -> Read | None:
        """Read "Q3 2023", "3Q23", "third quarter of 2023", "3. Quartal", "2e trimestre", "first half of 2023"."""
        letters = self._lettered(i)
        if letters is not None:
            return letters
        words, number, j = self.words.dates, self._whole(i, 1), i + 1
        if number is None:
            number = int(self.words.numbers.ordinals.get(self._lower(i), 0)) or None
        elif self._lower(j) == "." or self._lower(j) in self.words.numbers.ordinal_suffixes:
            j += 1
        fiscal = self._lower(j) in words.fiscal
        j += fiscal
        for names, kind, most in ((words.quarters, Kind.QUARTER, 4), (words.halves, Kind.HALF, 2)):
            if number is not None and 1 <= number <= most and self._lower(j) in names and self._gap(j):
                year, behind = self._period_year(j + 1)
                if kind is Kind.HALF and year is None:
                    return None  # the second half of a match
                return self._made(i, behind, kind=kind, number=number, year=year)
        return None

    def _lettered(self, i: int) -> Read | None:
        words = self.words.dates
        for letters, kind, most in ((words.quarter_letters, Kind.QUARTER, 4), (words.half_letters, Kind.HALF, 2)):
            letter, number = (i, i + 1) if self.tokens[i].kind == "W" else (i + 1, i)
            value = self._whole(number, 1)
            if self._lower(letter) in letters and value is not None and 1 <= value <= most and self._touching(i + 1):
                year, behind = self._period_year(i + 2)
                if year is None and (kind is Kind.HALF or self._lower(letter) != "q"):
                    return None
                return self._made(i, behind, kind=kind, number=value, year=year)
        return None

    def _period_year(self, i: int) -> tuple[int | None, int]:
        """Return the year that follows a period at `i`, and the position behind it."""
        j = self._skip(i, [*self.words.dates.links, *self.words.dates.fiscal, *self.words.dates.years])
        two = self._whole(j, 2)
        if two is not None and len(self._lower(j)) == 2 and (self._touching(j) or self._lower(j - 1) in "’'fy"):
            return 2000 + two, j + 1
        year = self._four(j)
        return (year, j + 1) if year is not None and self._gap(j) else (None, i)

    def _fiscal(self, i: int) -> Read | None:
        """Read "FY24", "fiscal year 2024", "Geschäftsjahr 2024"."""
        if self._lower(i) not in self.words.dates.fiscal:
            return None
        year, behind = self._period_year(i + 1)
        if year is None and self._lower(i) == "fy" and self._whole(i + 1, 2) is not None and self._gap(i + 1):
            year, behind = 2000 + (self._whole(i + 1, 2) or 0), i + 2
        return None if year is None else self._made(i, behind, year=year)

    def _year(self, i: int) -> Read | None:
        """Read a bare year, where it stands in the place of one; also `1568-1673`, `2012-93`, `44 BC`."""
        early = self._era(i)
        if early is not None:
            return early
        year = self._four(i)
        if year is None or year not in _YEARS:
            return None
        upper = self._upper(i, year)
        if upper is not None:
            first, second = self._made(i, i + 1, year=year), self._made(i + 2, i + 3, year=upper)
            return first[0] + second[0], i, i + 3
        if self._lower(i - 1) in self.before_years or self._in_brackets(i) or self._is_bare(i, year):
            return self._made(i, i + 1, year=year)
        return None

    def _is_bare(self, i: int, year: int) -> bool:
        """Whether a German year stands by itself: "wurde 1987 in Kassel geboren"; no noun follows that it could count."""
        if self.words.language != "de" or year not in _RECENT or self._lower(i - 1) in _NOT_BEFORE_YEARS:
            return False
        known = vocabulary("de")
        behind = self._lower(i + 1)
        participle = (
            behind.startswith(("ge", "er")) and behind.endswith("t") and self.text[self.tokens[i + 1].start].islower()
        )
        follows = known is not None and (behind in known.stop_words or participle)
        return follows and self._gap(i + 1) and self._gap(i)

    def _era(self, i: int) -> Read | None:
        year = self._whole(i)
        if not year:
            return None
        before = self.words.bc.at(self.tokens, i + 1)
        after = self.words.ad.at(self.tokens, i + 1)
        if before and self._gap(i + 1):
            return self._made(i, before[1], year=1 - year)
        if after and self._gap(i + 1):
            return self._made(i, after[1], year=year)
        return (
            self._made(i - 1, i + 1, year=year)
            if self._lower(i - 1) == "ad" and self.text[self.tokens[i - 1].start].isupper()
            else None
        )

    def _upper(self, i: int, year: int) -> int | None:
        """Return the last year of the range that begins at `i`."""
        if self._lower(i + 1) not in HYPHENS and self._lower(i + 1) != "/":
            return None
        last = self._whole(i + 2)
        if last is None or not self._gap(i + 1) or not self._gap(i + 2):
            return None
        digits = len(self._lower(i + 2))
        return last if digits == 4 else year // 100 * 100 + last if digits == 2 else None

    def _in_brackets(self, i: int) -> bool:
        return self._lower(i - 1) == "(" and self._lower(i + 1) in (")", ",", ";")

    # Months and weekdays

    def _month(self, i: int) -> Read | None:
        """Read "4 March 2021", "March 4th, 2021", "4. März 2021", "4 de marzo de 2021", "1er mars", "4-6 March"."""
        month = self.words.months.get(self._lower(i))
        if month is None or not self._named(i):
            return None
        first, days = self._days_before(i)
        behind = i + 1
        if self._lower(behind) == "." and self._lower(i) not in self.words.dates.months:
            behind += 1
        if not days:
            days, behind = self._days_behind(behind)
        year, behind = self._month_year(behind)
        if not days and year is None and not self._alone(i):
            return None
        made = self._made(first, behind, month=month, year=year)
        return [made[0][0]._replace(day=day) for day in days] or made[0], first, behind

    def _named(self, i: int) -> bool:
        """Whether the word is written as a month is: with a capital, where the language does so."""
        if self.words.language not in ("en", "de") or self.lower_case:
            return True
        return self.text[self.tokens[i].start].isupper()

    def _alone(self, i: int) -> bool:
        lower = self._lower(i)
        if lower not in self.words.dates.months:
            return False
        return (
            lower not in self.words.dates.doubtful
            or self._lower(i - 1) in _PREPOSITIONS
            or self._lower(i - 1) in self.before_years
        )

    def _days_before(self, i: int) -> tuple[int, list[int]]:
        """Return the first token of the days before the month at `i`, and the days."""
        j = i - 1
        while j >= 0 and self._lower(j) in ("de", "of", ".", "-", "the") and self._gap(j + 1):
            j -= 1
        suffixes = self.words.numbers.ordinal_suffixes
        if j > 0 and self._lower(j) in suffixes and self._touching(j):
            j -= 1
        day = self._day(j)
        if day is None or not self._gap(j + 1):
            spelled = (
                self._tens_before(j) + self._nth(j)
                if self._lower(j + 1) in ("of", "de") or (j + 1 == i and self.words.language in ("de", "fr"))
                else 0
            )
            return (j - 2 if self._tens_before(j) else j, [spelled]) if 1 <= spelled <= 31 else (i, [])
        before = self._day(j - 2) if self._lower(j - 1) in _AND else None
        return (j, [day]) if before is None or self.taken[j - 2] else (j - 2, [before, day])

    def _days_behind(self, i: int) -> tuple[list[int], int]:
        j = i + 1 if self._lower(i) == "the" else i
        day = self._day(j)
        if day is None or not self._gap(i) or self.words.language not in ("en", "es") or self._clocked(j):
            return [], i
        behind = j + 1
        if self._lower(behind) in self.words.numbers.ordinal_suffixes and self._touching(behind):
            behind += 1
        last = (
            self._day(behind + 1)
            if self._lower(behind) in HYPHENS or self._lower(behind) in ("and", "to", "y")
            else None
        )
        if last is None or (self._lower(behind) not in HYPHENS and self._lower(behind + 2).isalnum()):
            return [day], behind
        return [day, last], behind + 2

    def _clocked(self, i: int) -> bool:
        """Whether the number at `i` is the hour of a time: "March 15:00"."""
        return (
            self._lower(i + 1) == ":"
            and self._touching(i + 1)
            and self._whole(i + 2, 2) is not None
            and self._touching(i + 2)
        )

    def _day(self, i: int) -> int | None:
        value = self._whole(i, 2)
        return value if value is not None and 1 <= value <= 31 else None

    def _month_year(self, i: int) -> tuple[int | None, int]:
        j = self._skip(i, self.words.dates.links)
        year = self._four(j)
        if year is not None and self._gap(j):
            return year, j + 1
        short = self._lower(i) in ("'", "’") and self._whole(i + 1, 2)
        return (self._full(short, 2), i + 2) if short else (None, i)

    def _weekday(self, i: int) -> Read | None:
        number = self.words.dates.weekdays.get(self._lower(i))
        if number is None or not self._named(i):
            return None
        return self._made(i, i + 1, kind=Kind.WEEKDAY, number=number)
