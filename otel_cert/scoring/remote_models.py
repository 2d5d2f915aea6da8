"""A scoring server's models, used as those of this process are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, TypeVar

import numpy as np
import structlog

from otel_cert.errors import OtelCertError, Retryable
from otel_cert.scoring import wire
from otel_cert.scoring.cache import Cache
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.pieces import encodable
from otel_cert.scoring.remote import Remote
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.scoring.v1 import scoring_pb2 as pb

log = structlog.get_logger(__name__)

_TEXTS, _ITEMS = 64, 16
"""In a request: a server batches those of several, and a lost one costs little."""
_LETTERS = 4 << 20
"""Characters in a request, which may take four bytes each."""

_T = TypeVar("_T")


class LanguageModel(Protocol):
    """Scores answers token by token: `causal.CausalLM`, or the one of a server."""

    @property
    def label(self) -> str:
        """Which model numbers are under."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Return what numbers depend on."""
        ...

    def score(self, items: Iterable[Item]) -> list[TokenScores | Unscored]:
        """Return the numbers of each item, or why it has none."""
        ...


class RemoteEncoder(Encoder):
    """An encoder whose texts a server computes; caches are here, and hold what equal versions computed anywhere.

    While the server cannot be asked, `fallback` computes, when its versions are those of the server: the vectors are then
    the same, bit for bit. Otherwise `Retryable` is raised, and the work is for later.
    """

    def __init__(self, remote: Remote, *, fallback: Encoder | None = None, caches: Sequence[Cache] = ()) -> None:
        """Ask nothing yet."""
        self._remote, self._fallback, self._caches = remote, fallback, tuple(caches)
        self._about: tuple[Mapping[str, str], int, int] | None = None

    @property
    def versions(self) -> Mapping[str, str]:
        """Return what the server's vectors depend on, asked once; the fallback's when it cannot be asked."""
        return self._known()[0]

    @property
    def width(self) -> int:
        """Return the numbers of a vector."""
        return self._known()[1]

    @property
    def longest(self) -> int:
        """Return the most word pieces of a text that `encode` takes."""
        return self._known()[2]

    def pieces(self, text: str) -> np.ndarray:
        """Return the characters of each word piece, int32 [n, 2]."""
        try:
            sent = self._remote.ask("Tokenize", pb.TokenizeRequest(texts=[encodable(text)]))
        except Retryable as error:
            return self._instead(error).pieces(text)
        found: np.ndarray = _read(sent.pieces, lambda one: wire.pieces(one.offsets), 1)[0]
        return found

    def unload(self) -> None:
        """Free the fallback's model; the server keeps its own."""
        if self._fallback is not None:
            self._fallback.unload()

    def _computed(self, texts: Sequence[str]) -> list[Encoded]:
        width = self.width
        try:
            return [one for part in _parts(texts, _TEXTS, len) for one in self._asked(part, width)]
        except Retryable as error:
            return self._instead(error).encode(texts, keep=False)

    def _asked(self, texts: Sequence[str], width: int) -> list[Encoded]:
        sent = self._remote.ask("Embed", pb.EmbedRequest(texts=[encodable(text) for text in texts]))
        if dict(sent.versions) != dict(self.versions):
            raise Retryable(
                f"the scoring server {self._remote.endpoint} computes with other versions than before",
                hint="start this process again to go on with the new ones",
            )
        return _read(sent.vectors, lambda one: wire.vectors(one, width), len(texts))

    def _known(self) -> tuple[Mapping[str, str], int, int]:
        if self._about is None:
            try:
                sent = self._remote.ask("Describe", pb.DescribeRequest())
                self._about = dict(sent.encoder_versions), int(sent.width), int(sent.longest)
            except Retryable:
                if self._fallback is None:
                    raise
                self._about = dict(self._fallback.versions), self._fallback.width, self._fallback.longest
        return self._about

    def _instead(self, error: Retryable) -> Encoder:
        """Return the fallback when it computes the same; else raise `error`."""
        if self._fallback is None:
            raise error
        if dict(self._fallback.versions) != dict(self._known()[0]):
            log.warning("vectors of this machine would be others than the server's: left for later", why=error.message)
            raise error
        log.debug("computed here instead of by the scoring server", why=error.message)
        return self._fallback


class RemoteLM:
    """A language model that a server computes; see `LanguageModel`. Nothing else computes in its place."""

    def __init__(self, remote: Remote) -> None:
        """Ask nothing yet."""
        self._remote = remote
        self._about: tuple[str, Mapping[str, str]] | None = None

    @property
    def label(self) -> str:
        """Return which model numbers are under; raises Retryable when the server cannot be asked, or has none."""
        return self._known()[0]

    @property
    def versions(self) -> Mapping[str, str]:
        """Return what numbers depend on; see `label`."""
        return self._known()[1]

    def score(self, items: Iterable[Item]) -> list[TokenScores | Unscored]:
        """Return the numbers of each item, or why it has none; see `Remote.ask` for what it raises."""
        label, versions = self._known()
        found: list[TokenScores | Unscored] = []
        for part in _parts(items, _ITEMS, _letters):
            sent = self._remote.ask("Score", pb.ScoreRequest(items=[wire.item_message(item) for item in part]))
            if (sent.label, dict(sent.versions)) != (label, dict(versions)):
                raise Retryable(
                    f"the scoring server {self._remote.endpoint} scores with another model than before",
                    hint="start this process again to go on with the new one",
                )
            found += _read(sent.results, wire.result, len(part))
        return found

    def _known(self) -> tuple[str, Mapping[str, str]]:
        if self._about is None:
            sent = self._remote.ask("Describe", pb.DescribeRequest())
            if not sent.lm_label:
                raise Retryable(
                    f"the scoring server {self._remote.endpoint} has no language model",
                    hint="start it with --lm MODEL",
                )
            self._about = sent.lm_label, dict(sent.lm_versions)
        return self._about


def _letters(item: Item) -> int:
    prompt = item.prompt
    return len(item.answer) + (len(prompt) if isinstance(prompt, str) else sum(len(str(one)) for one in prompt))


def _parts(things: Iterable[_T], most: int, size: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Yield the things in requests: so many at most, and not too large together where one alone is not."""
    waiting = iter(things)
    while taken := list(islice(waiting, most)):
        part: list[_T] = []
        letters = 0
        for thing in taken:
            letters += size(thing)
            if part and letters > _LETTERS:
                yield part
                part, letters = [], size(thing)
            part.append(thing)
        yield part


def _read(sent: Sequence[Any], read: Callable[[Any], _T], n: int) -> list[_T]:
    """Return n things that are read out of an answer.

    Raises:
        OtelCertError: the answer is not what the protocol says.

    """
    try:
        found = [read(one) for one in sent]
    except wire.Unreadable as error:
        raise OtelCertError(f"the scoring server's answer cannot be read: {error}") from error
    if len(found) != n:
        raise OtelCertError(f"the scoring server answered {len(found)} of {n}")
    return found
