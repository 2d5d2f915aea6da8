"""Dates that texts in four languages state."""

from __future__ import annotations

import pytest

from otel_cert.measures.accuracy.rules.date import Kind
from otel_cert.measures.accuracy.rules.figures import figures


@pytest.mark.parametrize(
    ("language", "text", "shown", "span"),
    [
        ("en", "on 2021-03-04 it", "2021-03-04", "2021-03-04"),
        ("en", "on 4 March 2021 it", "2021-03-04", "4 March 2021"),
        ("en", "on March 4th, 2021 it", "2021-03-04", "March 4th, 2021"),
        ("en", "in March 2021 it", "2021-03", "March 2021"),
        ("en", "in May it", "--05", "May"),
        ("en", "in Q3 2023 it", "2023-Q3", "Q3 2023"),
        ("en", "the third quarter of 2023 was", "2023-Q3", "third quarter of 2023"),
        ("en", "in FY24 it", "2024", "FY24"),
        ("en", "in the 1990s it", "1990s", "1990s"),
        ("en", "the nineteenth century was", "century 19", "nineteenth century"),
        ("en", "in 44 BC it", "44 BC", "44 BC"),
        ("en", "at 3 pm it", "15:00", "3 pm"),
        ("en", "on Tuesday it", "Tuesday", "Tuesday"),
        ("de", "am 4. März 2021 war", "2021-03-04", "4. März 2021"),
        ("de", "am 04.03.2021 war", "2021-03-04", "04.03.2021"),
        ("de", "im dritten Quartal 2023 war", "2023-Q3", "dritten Quartal 2023"),
        ("de", "im 19. Jahrhundert war", "century 19", "19. Jahrhundert"),
        ("de", "um 15 Uhr war", "15:00", "15 Uhr"),
        ("de", "in den 90er Jahren war", "90s", "90er"),
        ("es", "el 4 de marzo de 2021 fue", "2021-03-04", "4 de marzo de 2021"),
        ("es", "en el siglo XIX fue", "century 19", "siglo XIX"),
        ("es", "tercer trimestre de 2023", "2023-Q3", "tercer trimestre de 2023"),
        ("fr", "le 1er mars 2021 il", "2021-03-01", "1er mars 2021"),
        ("fr", "au XIXe siècle il", "century 19", "XIXe siècle"),
        ("fr", "à 15h30 il", "15:30", "15h30"),
        ("fr", "les années 1990 ont", "1990s", "années 1990"),
    ],
)
def test_date_and_span(language: str, text: str, shown: str, span: str) -> None:
    found = figures(text, language)
    (date,) = found.dates
    assert (date.shown(), text[date.start : date.end]) == (shown, span)
    assert found.quantities == ()


def test_day_and_month_can_be_swapped_only_where_both_are_months() -> None:
    assert figures("on 03/04/2021", "en").dates[0].swapped
    sure = figures("on 03/14/2021", "en").dates[0]
    assert (sure.month, sure.day, sure.swapped) == (3, 14, False)


def test_years_of_a_range() -> None:
    assert [date.year for date in figures("(1568–1573) and 2012–13", "en").dates] == [1568, 1573, 2012, 2013]


def test_a_verb_is_no_month() -> None:
    assert figures("They may march on. May I?", "en").dates == ()


def test_relative_dates_are_none() -> None:
    assert figures("yesterday, last week, vor kurzem", "en").dates == ()


def test_an_hour_is_a_time_only_where_it_is_said_to_be() -> None:
    assert figures("à 15 h", "fr").dates[0].kind is Kind.TIME
    assert figures("pendant 15 h", "fr").dates == ()
