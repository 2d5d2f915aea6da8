"""Texts to vectors: one for each word piece, and one for the whole text.

What a text gives does not depend on what is encoded beside it, nor on whether it came out of a cache: bit for bit.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np

from otel_cert.scoring.cache import Cache
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.models import find_model
from otel_cert.scoring.pieces import Pieces, Tokenizer
from otel_cert.scoring.runtime import Runtime, open_runtime

_FORM = "1"
"""Raised with whatever changes vectors: padding, pooling, rounding."""
_STEP = 8
"""Texts are padded to a multiple of this. A text's vectors depend on the length it is padded to, and on nothing else."""
_BATCH, _BATCH_TOKENS = 32, 4096
_PORTION = 256
"""Texts that are looked up, sorted by length and computed together: bounds memory."""
_TINY = 1e-12


class Encoder:
    """A model that turns texts into vectors; loaded at the first text, then kept; safe for several threads."""

    def __init__(self, model: str | None = None, *, threads: int = 1, caches: Sequence[Cache] = ()) -> None:
        """Find the model, and load nothing yet; see `find_model`. `caches` are asked in their order."""
        self._files = find_model(model)
        self._threads, self._caches = threads, tuple(caches)
        self._lock = threading.Lock()
        self._tokenizer: Tokenizer | None = None
        self._runtime: Runtime | None = None

    @property
    def longest(self) -> int:
        """Return the most word pieces of a text that `encode` takes; 254 for MiniLM."""
        return self._files.longest

    @property
    def width(self) -> int:
        """Return the numbers of a vector; 384 for MiniLM."""
        return int(self._files.config["hidden_size"])

    @property
    def versions(self) -> Mapping[str, str]:
        """Return what vectors depend on; loads the model, for only then it is known what computes it."""
        return {
            "model": f"{self._files.name} sha256:{self._files.sha256}",
            "runtime": self._loaded().version,
            "tokenizers": self._tokenizer_loaded().version,
            "encoder": _FORM,
        }

    def pieces(self, text: str) -> np.ndarray:
        """Return the characters of each word piece, int32 [n, 2]: the first, and behind the last; any length."""
        return self._tokenized([text])[0].offsets

    def encode(self, texts: Iterable[str], *, keep: bool = True) -> list[Encoded]:
        """Return the vectors of each text; `keep` says whether caches take them.

        Raises:
            ValueError: a text has more word pieces than `longest`: nothing is ever cut off.

        """
        return list(self.stream(texts, keep=keep))

    def stream(self, texts: Iterable[str], *, keep: bool = True) -> Iterator[Encoded]:
        """Return the vectors of each text, like `encode`, of however many texts in bounded memory."""
        waiting = iter(texts)
        while portion := list(islice(waiting, _PORTION)):
            keys = [self._key(text) for text in portion]
            found = self._kept(dict.fromkeys(keys))
            missing = {key: text for key, text in zip(keys, portion, strict=True) if key not in found}
            if missing:
                computed = dict(zip(missing, self._computed(list(missing.values())), strict=True))
                found |= computed
                if keep:
                    for cache in self._caches:
                        cache.put(computed)
            yield from (found[key] for key in keys)

    def unload(self) -> None:
        """Free the model; the next text loads it again."""
        with self._lock:
            self._runtime = self._tokenizer = None

    def _key(self, text: str) -> bytes:
        seed = "\0".join(self.versions.values()).encode()
        return hashlib.sha256(seed + b"\0" + text.encode("utf-8", "surrogatepass")).digest()

    def _kept(self, keys: Iterable[bytes]) -> dict[bytes, Encoded]:
        found: dict[bytes, Encoded] = {}
        for n, cache in enumerate(self._caches):
            more = cache.get([key for key in keys if key not in found])
            for quicker in self._caches[:n]:
                quicker.put(more)
            found |= more
        return found

    def _computed(self, texts: Sequence[str]) -> list[Encoded]:
        pieces = self._tokenized(texts)
        for each, text in zip(pieces, texts, strict=True):
            if len(each.ids) > self.longest:
                raise ValueError(
                    f"a text of {len(text)} characters has {len(each.ids)} word pieces; the model takes {self.longest}"
                )
        runtime = self._loaded()
        found: dict[int, Encoded] = {}
        for batch in _batches(pieces, together=runtime.together):
            found |= zip(
                batch.members, self._run(runtime, [pieces[n] for n in batch.members], batch.length), strict=True
            )
        return [found[n] for n in range(len(pieces))]

    def _run(self, runtime: Runtime, pieces: Sequence[Pieces], length: int) -> Iterator[Encoded]:
        ids, mask = np.zeros((2, len(pieces), length), np.int32)
        tokenizer = self._tokenizer_loaded()
        for row, each in enumerate(pieces):
            n = len(each.ids) + 2
            ids[row, :n] = [tokenizer.first, *each.ids, tokenizer.last]
            mask[row, :n] = 1
        hidden = runtime.run(ids, mask)
        return (_encoded(each, hidden[row, : len(each.ids) + 2]) for row, each in enumerate(pieces))

    def _tokenized(self, texts: Sequence[str]) -> list[Pieces]:
        return self._tokenizer_loaded().pieces(texts)

    def _tokenizer_loaded(self) -> Tokenizer:
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = Tokenizer(self._files)
            return self._tokenizer

    def _loaded(self) -> Runtime:
        with self._lock:
            if self._runtime is None:
                self._runtime = open_runtime(self._files, self._threads)
            return self._runtime


class _Batch(NamedTuple):
    members: list[int]
    length: int
    """Tokens, with special ones and padding."""


def _batches(pieces: Sequence[Pieces], *, together: bool) -> Iterator[_Batch]:
    """Put texts that are padded to one length together, longest first: a too large batch then fails at the start."""
    step = _STEP if together else 1
    lengths = [-(-(len(each.ids) + 2) // step) * step for each in pieces]
    for length, group in groupby(sorted(range(len(pieces)), key=lambda n: -lengths[n]), key=lambda n: lengths[n]):
        members = iter(group)
        size = min(_BATCH, max(1, _BATCH_TOKENS // length)) if together else 1
        while batch := list(islice(members, size)):
            yield _Batch(batch, length)


def _encoded(pieces: Pieces, hidden: np.ndarray) -> Encoded:
    """Return the vectors of one text from its tokens' float32 [n + 2, width], special ones at both ends."""
    half = _unit(hidden[1:-1]).astype(np.float16)
    pooled = _unit(hidden.mean(axis=0, keepdims=True))[0]
    for array in (pieces.offsets, half, pooled):
        array.setflags(write=False)
    return Encoded(pieces.offsets, half, pooled)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    found: np.ndarray = vectors / np.maximum(length, np.float32(_TINY))
    return found
