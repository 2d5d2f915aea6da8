"""Picking places of columns: of none, of one and of several, in the order asked for."""

import pytest

from otel_cert.semconv.picked import picker


@pytest.mark.parametrize(("places", "picked"), [([], []), ([1], ["b"]), ([2, 0, 2], ["c", "a", "c"])])
def test_values_come_in_the_order_of_the_places(places: list[int], picked: list[str]) -> None:
    assert picker(places)(["a", "b", "c"]) == picked
