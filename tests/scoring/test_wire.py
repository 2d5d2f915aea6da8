"""Messages of remote scoring, there and back."""

import numpy as np
import pytest

from otel_cert.errors import UsageError
from otel_cert.scoring import wire
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.scoring.v1 import scoring_pb2 as pb


def scores(n):
    return TokenScores(
        ids=np.arange(n, dtype=np.int32), offsets=np.arange(2 * n, dtype=np.int32).reshape(n, 2),
        surprisal=np.linspace(0, 1, n) / 3, entropy=np.linspace(1, 2, n) / 7, rank=np.arange(1, n + 1, dtype=np.int32),
        gap=np.full(n, np.inf), form="plain text", windows=1, context=4,
    )  # fmt: skip


@pytest.mark.parametrize("n", [0, 1, 5])
def test_vectors_and_scores_come_back_bit_for_bit(n):
    made = np.random.default_rng(1)
    encoded = Encoded(
        np.arange(2 * n, dtype=np.int32).reshape(n, 2), made.random((n, 4)).astype(np.float16),
        made.random(4).astype(np.float32),
    )  # fmt: skip
    back = wire.vectors(pb.Vectors.FromString(wire.vectors_message(encoded).SerializeToString()), 4)
    assert back.to_bytes() == encoded.to_bytes()
    scored = scores(n)
    got = wire.result(pb.Result.FromString(wire.result_message(scored).SerializeToString()))
    for name in ("ids", "offsets", "surprisal", "entropy", "rank", "gap"):
        one, other = getattr(got, name), getattr(scored, name)
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert (got.form, got.windows, got.context) == ("plain text", 1, 4)


@pytest.mark.parametrize(
    "item",
    [
        Item("A text", "an answer"),
        Item([{"role": "user", "content": "Hi", "n": [1, {"a": None}]}], "an answer 😀"),
        Item("", ""),
        Item([], ""),
    ],
)
def test_items_come_back(item):
    assert wire.item(pb.Item.FromString(wire.item_message(item).SerializeToString())) == item


def test_half_characters_keep_their_place_and_what_is_no_json_is_told():
    assert wire.item(wire.item_message(Item("a\ud800", "\udfffb"))) == Item("a\ufffd", "\ufffdb")
    with pytest.raises(UsageError, match="have to be JSON"):
        wire.item_message(Item([{"content": object()}], "x"))


def test_what_cannot_be_read_is_told():
    for message in (pb.Item(messages="no json"), pb.Item(messages="{}"), pb.Item(messages="[1]")):
        with pytest.raises(wire.Unreadable):
            wire.item(message)
    for message in (
        pb.Vectors(offsets=b"123"),
        pb.Vectors(offsets=b"12345678", pieces=b"1", pooled=b"\0" * 16),
        pb.Vectors(pooled=b"\0" * 12),
    ):
        with pytest.raises(wire.Unreadable):
            wire.vectors(message, 4)
    for message in (
        pb.Result(),
        pb.Result(unscored=pb.Unscored(problem="other")),
        pb.Result(scores=pb.TokenScores(ids=[1], form="plain text")),
        pb.Result(scores=pb.TokenScores(form="other")),
    ):
        with pytest.raises(wire.Unreadable):
            wire.result(message)
    assert wire.result(wire.result_message(Unscored("no_answer", "it is blank"))) == Unscored(
        "no_answer", "it is blank"
    )
