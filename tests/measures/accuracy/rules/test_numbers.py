"""Quantities that texts in four languages state; the values are worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.measures.accuracy.rules.figures import figures
from otel_cert.measures.accuracy.rules.quantity import Hedge, Quantity


def _only(text: str, language: str = "en") -> Quantity:
    (quantity,) = figures(text, language).quantities
    return quantity


@pytest.mark.parametrize(
    ("language", "text", "value", "dimension", "unit", "span"),
    [
        ("en", "It made $450B.", 450e9, "money", "$", "$450B"),
        ("en", "It made USD 1,469.3bn.", 1469.3e9, "money", "USD", "USD 1,469.3bn"),
        ("en", "It cost £3.2m then.", 3.2e6, "money", "GBP", "£3.2m"),
        ("en", "worth 5 million euros", 5e6, "money", "EUR", "5 million euros"),
        ("en", "Rs. 5 crore were paid", 5e7, "money", "rupee", "Rs. 5 crore"),
        ("en", "some villages have 2 lakh voters", 2e5, "number", "", "2 lakh"),
        ("en", "₹12,34,567 were paid", 1234567.0, "money", "INR", "₹12,34,567"),
        ("en", "20 cents per share", 0.2, "money", "cent", "20 cents"),
        ("en", "a dose of 50 mg daily", 0.05, "mass", "mg", "50 mg"),
        ("en", "a 758-acre campus", 758 * 4046.8564224, "area", "acre", "758-acre"),
        ("en", "at 60 km/h", 60.0, "speed", "km/h", "60 km/h"),
        ("en", "at -5 °C", -5.0, "temperature", "°C", "-5 °C"),
        ("en", "at 212 degrees Fahrenheit", 100.0, "temperature", "°F", "212 degrees Fahrenheit"),
        ("en", "by 25 basis points", 0.25, "percent", "%", "25 basis points"),
        ("en", "by 12.5 per cent", 12.5, "percent", "%", "12.5 per cent"),
        ("en", "two hundred and five guests", 205.0, "number", "", "two hundred and five"),
        ("en", "one and a half million users", 1.5e6, "number", "", "one and a half million"),
        ("en", "half a million users", 5e5, "number", "", "half a million"),
        ("en", "two-thirds of it", 2 / 3, "fraction", "", "two-thirds"),
        ("en", "3/4 of it", 0.75, "fraction", "", "3/4"),
        ("en", "three weeks later", 21 * 86400.0, "time", "wk", "three weeks"),
        ("en", "the 17th guest", 17.0, "ordinal", "", "17th"),
        ("de", "Es waren 1.234,56 Mio. € im Jahr.", 1234.56e6, "money", "EUR", "1.234,56 Mio. €"),
        ("de", "rund 89,5 Milliarden Euro", 89.5e9, "money", "EUR", "89,5 Milliarden Euro"),
        ("de", "eine Billion Dollar", 1e12, "money", "$", "eine Billion Dollar"),
        ("de", "fünfundzwanzig Leute", 25.0, "number", "", "fünfundzwanzig"),
        ("de", "zweitausenddreihundert Leute", 2300.0, "number", "", "zweitausenddreihundert"),
        ("de", "anderthalb Stunden", 5400.0, "time", "h", "anderthalb Stunden"),
        ("es", "2.500 millones de dólares", 2.5e9, "money", "$", "2.500 millones de dólares"),
        ("es", "3 mil millones de euros", 3e9, "money", "EUR", "3 mil millones de euros"),
        ("es", "treinta y cinco personas", 35.0, "number", "", "treinta y cinco"),
        ("es", "un millón y medio de personas", 1.5e6, "number", "", "un millón y medio"),
        ("fr", "1 234,56 millions d’euros", 1234.56e6, "money", "EUR", "1 234,56 millions d’euros"),
        ("fr", "un prix de 5 M€", 5e6, "money", "EUR", "5 M€"),
        ("fr", "soixante-dix-sept personnes", 77.0, "number", "", "soixante-dix-sept"),
        ("fr", "quatre-vingt-dix-neuf personnes", 99.0, "number", "", "quatre-vingt-dix-neuf"),
        ("fr", "vingt et un jours", 21 * 86400.0, "time", "d", "vingt et un jours"),
    ],
)
def test_value_and_span(language: str, text: str, value: float, dimension: str, unit: str, span: str) -> None:
    quantity = _only(text, language)
    assert quantity.first.value == pytest.approx(value, rel=1e-12)
    assert (quantity.first.dimension, quantity.first.unit) == (dimension, unit)
    assert text[quantity.start : quantity.end] == span


def test_doubtful_numerals_keep_both_readings() -> None:
    assert [reading.value for reading in _only("Hay 1.234 casas", "es").readings] == [1234.0, 1.234]
    assert [reading.value for reading in _only("There are 1,234 houses").readings] == [1234.0]
    by_the_rest_of_the_text = figures("Hay 1.234 casas y 2,5 hectáreas", "es").quantities[0]
    assert [reading.value for reading in by_the_rest_of_the_text.readings] == [1234.0]


def test_hedges() -> None:
    assert _only("about 90 people").hedge is Hedge.ABOUT
    assert _only("mehr als 400 Leute", "de").hedge is Hedge.OVER
    assert _only("jusqu’à 40 %", "fr").hedge is Hedge.UNDER
    assert _only("casi 90 personas", "es").hedge is Hedge.NEARLY


def test_both_ends_of_a_range_share_unit_and_scale() -> None:
    low, high = figures("It costs $5–10 billion.", "en").quantities
    assert (low.first.value, high.first.value, low.until) == (5e9, 10e9, 10e9)
    low, high = figures("zwischen 5 und 10 Prozent", "de").quantities
    assert (low.first.value, low.first.dimension, low.until) == (5.0, "percent", 10.0)


def test_numbering_and_counting_words_are_no_claims() -> None:
    text = "There are two reasons:\n1. Costs fell.\n2) Sales rose [3].\nRepeat steps 4 and 5 (passage 6)."
    assert [text[q.start : q.end] for q in figures(text, "en").quantities if q.claim] == []


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800 5", "😀", "$" * 1000, "1.2.3.4", "9" * 5000, "٣٤٥", "½", "-", "()", "1 000 " * 50]
)
@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "und", "zh"])
def test_nothing_breaks(text: str, language: str) -> None:
    for quantity in figures(text, language).quantities:
        assert 0 <= quantity.start < quantity.end <= len(text)


def test_a_megabyte_of_digits_is_read_quickly() -> None:
    assert figures("1" * 1_000_000, "en").quantities == ()
    assert figures("1.1" * 300_000, "en").quantities == ()


_FORMATS = {"en": (",", "."), "de": (".", ","), "es": (".", ","), "fr": ("\u202f", ",")}


@given(value=st.decimals("0.01", "999999999.99", places=2), language=st.sampled_from(sorted(_FORMATS)))
def test_a_formatted_value_is_read_back(value: object, language: str) -> None:
    group, decimal = _FORMATS[language]
    written = f"{value:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group)
    assert _only(f"x {written} x", language).first.value == float(str(value))


@given(value=st.integers(0, 10**12 - 1), language=st.sampled_from(sorted(_FORMATS)))
def test_a_formatted_whole_number_is_read_back(value: int, language: str) -> None:
    written = f"{value:,}".replace(",", _FORMATS[language][0])
    assert float(value) in [reading.value for reading in _only(f"x {written} x", language).readings]


@given(st.text(max_size=200), st.sampled_from(["en", "de", "es", "fr", "und"]))
def test_any_text_gives_spans_inside_it(text: str, language: str) -> None:
    found = figures(text, language)
    spans = [(one.start, one.end) for one in found.quantities] + [(one.start, one.end) for one in found.dates]
    assert all(0 <= start < end <= len(text) for start, end in spans)


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "one in every 12 drivers", [1, 12]),
        ("en", "one in five drivers", [1, 5]),
        ("en", "one in the house", []),
        ("en", "the one in 1990", []),
        ("es", "uno de cada diez hombres", [1, 10]),
        ("fr", "un sur dix", [1, 10]),
    ],
)
def test_one_of_so_many_is_a_number(language: str, text: str, values: list[float]) -> None:
    assert [one.first.value for one in figures(text, language).quantities] == values
