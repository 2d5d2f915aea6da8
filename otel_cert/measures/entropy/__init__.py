"""Token entropy: how sure a model was, from log probabilities of its tokens; in nats, without a store.

    listed = read(choice)                       tokens of one answer, as `genai_calls.logprobs` has them
    measured = profile(listed, vocabulary=200_019)

`docs/entropy.md` defines each figure.
"""

from __future__ import annotations

from otel_cert.measures.entropy.bounds import Bounds, bounds, entropy
from otel_cert.measures.entropy.places import Part, Place, locate
from otel_cert.measures.entropy.profile import Profile, profile, summarise
from otel_cert.measures.entropy.token import Tokens, read
from otel_cert.measures.entropy.vocabulary import Vocabulary, vocabulary_of

__all__ = [
    "Bounds", "Part", "Place", "Profile", "Tokens", "Vocabulary", "bounds", "entropy", "locate", "profile", "read",
    "summarise", "vocabulary_of",
]  # fmt: skip
