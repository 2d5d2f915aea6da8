import numpy as np
import pytest

from otel_cert.store.recent import Recent


@pytest.fixture
def hashes():
    return np.random.default_rng(1).integers(0, 2**64, 40_000, dtype=np.uint64)


def test_what_was_added_is_known_and_hardly_anything_else(hashes):
    recent = Recent()
    added, others = hashes[:20_000], hashes[20_000:]
    recent.add(added)
    assert recent.maybe(added).all()
    assert recent.maybe(others).sum() <= 2
    assert recent.complete


def test_the_newest_are_known_when_older_ones_are_forgotten(hashes):
    recent = Recent(capacity=1_000)
    for start in range(0, len(hashes), 500):
        recent.add(hashes[start : start + 500])
    assert recent.maybe(hashes[-1_000:]).all()
    assert not recent.maybe(hashes[:10_000]).any()
    assert not recent.complete


def test_equal_ids_in_one_batch_are_added(hashes):
    recent = Recent()
    recent.add(np.repeat(hashes[:100], 3))
    assert recent.maybe(hashes[:100]).all()
