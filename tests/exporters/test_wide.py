import pytest

from otel_cert.exporters import _wide
from otel_cert.report.model import Column, Table
from otel_cert.report.words import words


def table(*cells: str, rows: int = 2) -> Table:
    columns = tuple(Column(f"c{index}") for index in range(len(cells)))
    return Table("A table", columns, (cells,) * rows)


def test_a_table_that_fits_stays_whole():
    whole = table("a", "b")
    assert _wide.parts(whole, words("en")) == (whole,)
    assert not _wide.is_small(whole)


def test_a_table_too_wide_for_a_page_stands_in_parts_that_repeat_its_first_column():
    parts = _wide.parts(table("name", *(f"{n:010}" for n in range(39))), words("en"))
    assert len(parts) > 1
    assert all(part.rows[0][0] == "name" and part.columns[0].header == "c0" for part in parts)
    assert [cell for part in parts for cell in part.rows[0][1:]] == [f"{n:010}" for n in range(39)]
    assert [part.caption for part in parts[:2]] == ["A table", "A table (continued)"]
    assert all(len(_wide.parts(part, words("en"))) == 1 for part in parts)


def test_smaller_type_comes_before_parts():
    seven = table(*("x" * 11 for _ in range(7)))
    assert _wide.is_small(seven)
    assert _wide.parts(seven, words("en")) == (seven,)


@pytest.mark.parametrize("cells", [("annex-iv.1", "long text " * 30, "yes"), ("a", "b"), ("x" * 200,), ("", "")])
def test_the_columns_fill_the_width_and_no_word_of_usual_length_is_broken(cells: tuple[str, ...]):
    shares = _wide.shares(table(*cells))
    assert sum(shares) == pytest.approx(1)
    for share, cell in zip(shares, cells, strict=True):
        longest = max((len(word) for word in cell.split()), default=0)
        assert share * 90 >= min(longest, 16)


def test_the_longest_text_gets_most_of_what_is_left():
    shares = _wide.shares(table("annex-iv.1", "a point", "long text " * 30))
    assert shares[2] > 0.5


def test_one_long_cell_among_short_ones_does_not_take_the_width_of_the_others():
    columns = tuple(map(Column, ("a", "b")))
    usual = ("some words", "a sentence of about sixty characters that every row has here")
    rows = (("words " * 40, "x"), *[usual] * 60)
    narrow, wide = _wide.shares(Table("t", columns, rows))
    assert wide > 0.55 > narrow


def test_a_table_without_rows_has_columns():
    assert _wide.shares(Table("t", (Column("a"), Column("b")), ())) == [0.5, 0.5]


def test_a_row_with_a_label_only_is_filled_by_hand():
    assert _wide.is_blank(("Reviewer", "", "", ""))
    assert not any(
        _wide.is_blank(row) for row in (("Reviewer", "", "", "x"), ("a model", "", ""), ("", "", "", ""), ("alone",))
    )
