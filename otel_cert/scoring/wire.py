"""The messages of remote scoring, to and from what is scored here; see `proto/otel_cert/scoring/v1/scoring.proto`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast, get_args

import numpy as np

from otel_cert.errors import UsageError
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.pieces import encodable
from otel_cert.scoring.scored_tokens import Form, Item, Problem, TokenScores, Unscored
from otel_cert.scoring.v1 import scoring_pb2 as pb

SERVICE = "otel_cert.scoring.v1.Scoring"
MOST = 256
"""The most texts or items of a request: their vectors are some 50 MB."""
LARGEST_REQUEST = 20 << 20
"""Bytes of a request, as of an export."""

_INT, _HALF, _FLOAT = np.dtype("<i4"), np.dtype("<f2"), np.dtype("<f4")


class Method(NamedTuple):
    """A method of the service: what is sent, and what comes back."""

    request: Any
    response: Any


METHODS: Mapping[str, Method] = {
    "Describe": Method(pb.DescribeRequest, pb.DescribeResponse),
    "Tokenize": Method(pb.TokenizeRequest, pb.TokenizeResponse),
    "Embed": Method(pb.EmbedRequest, pb.EmbedResponse),
    "Score": Method(pb.ScoreRequest, pb.ScoreResponse),
}


class Unreadable(Exception):
    """A message is not what the protocol says it is."""


def vectors_message(encoded: Encoded) -> pb.Vectors:
    """Return the message of a text's vectors, bit for bit."""
    return pb.Vectors(
        offsets=encoded.offsets.astype(_INT).tobytes(),
        pieces=encoded.half.astype(_HALF).tobytes(),
        pooled=encoded.pooled.astype(_FLOAT).tobytes(),
    )


def vectors(message: pb.Vectors, width: int) -> Encoded:
    """Return the vectors of a message; raises Unreadable."""
    offsets = pieces(message.offsets)
    if len(message.pieces) != len(offsets) * width * _HALF.itemsize or len(message.pooled) != width * _FLOAT.itemsize:
        raise Unreadable("vectors are not of the width that the server named")
    half = np.frombuffer(message.pieces, _HALF).reshape(len(offsets), width)
    return Encoded(offsets, half, np.frombuffer(message.pooled, _FLOAT))


def pieces_message(offsets: np.ndarray) -> pb.Pieces:
    """Return the message of a text's word pieces."""
    return pb.Pieces(offsets=offsets.astype(_INT).tobytes())


def pieces(data: bytes) -> np.ndarray:
    """Return word pieces, int32 [n, 2]; raises Unreadable."""
    if len(data) % (2 * _INT.itemsize):
        raise Unreadable("word pieces are no pairs of numbers")
    return np.frombuffer(data, _INT).reshape(-1, 2)


def item_message(item: Item) -> pb.Item:
    """Return the message of an item to score; raises UsageError when its messages are no JSON."""
    answer = encodable(item.answer)
    if isinstance(item.prompt, str):
        return pb.Item(text=encodable(item.prompt), answer=answer)
    try:
        return pb.Item(messages=json.dumps([dict(message) for message in item.prompt]), answer=answer)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the messages of a prompt cannot be sent: {error}", hint="they have to be JSON") from error


def item(message: pb.Item) -> Item:
    """Return the item of a message; raises Unreadable."""
    if message.WhichOneof("prompt") != "messages":
        return Item(message.text, message.answer)
    try:
        found = json.loads(message.messages)
    except ValueError as error:
        raise Unreadable("messages of a prompt are no JSON") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable("messages of a prompt are no JSON array of objects")
    return Item(found, message.answer)


def result_message(scored: TokenScores | Unscored) -> pb.Result:
    """Return the message of what comes of an item."""
    if isinstance(scored, Unscored):
        return pb.Result(unscored=pb.Unscored(problem=scored.problem, message=scored.message))
    return pb.Result(
        scores=pb.TokenScores(
            ids=scored.ids.tolist(),
            starts=scored.offsets[:, 0].tolist(),
            ends=scored.offsets[:, 1].tolist(),
            surprisal=scored.surprisal.tolist(),
            entropy=scored.entropy.tolist(),
            rank=scored.rank.tolist(),
            gap=scored.gap.tolist(),
            form=scored.form,
            windows=scored.windows,
            context=scored.context,
        )
    )


def result(message: pb.Result) -> TokenScores | Unscored:
    """Return what came of an item; raises Unreadable."""
    if message.WhichOneof("result") == "unscored":
        if message.unscored.problem not in get_args(Problem):
            raise Unreadable(f"an unknown problem: {message.unscored.problem[:50]!r}")
        return Unscored(cast("Problem", message.unscored.problem), message.unscored.message)
    sent = message.scores
    lengths = {len(getattr(sent, name)) for name in ("ids", "starts", "ends", "surprisal", "entropy", "rank", "gap")}
    if message.WhichOneof("result") != "scores" or len(lengths) != 1 or sent.form not in get_args(Form):
        raise Unreadable("token scores are not of one length, or of an unknown form")
    return TokenScores(
        ids=np.array(sent.ids, np.int32),
        offsets=np.array([sent.starts, sent.ends], np.int32).T.reshape(-1, 2),
        surprisal=np.array(sent.surprisal, np.float64),
        entropy=np.array(sent.entropy, np.float64),
        rank=np.array(sent.rank, np.int32),
        gap=np.array(sent.gap, np.float64),
        form=cast("Form", sent.form),
        windows=sent.windows,
        context=sent.context,
    )
