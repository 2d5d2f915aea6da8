"""The page of the points cannot leave one out."""

from .points import NOT_TESTED, PARTLY, SECTIONS, by_point


def test_every_point_is_tested_or_has_a_reason():
    numbers = [number for group in SECTIONS.values() for number in group]
    assert numbers == list(range(1, 89))
    assert sorted([*by_point(), *NOT_TESTED]) == numbers
    assert PARTLY.keys() <= by_point().keys()


def test_every_test_says_what_holds():
    unsaid = [test.name for found in by_point().values() for test in found if not test.sentence.endswith((".", "`."))]
    assert unsaid == []
