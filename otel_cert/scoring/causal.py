"""A causal language model scores recorded answers, token by token: surprisal and entropy *under that model*.

Teacher forcing: the model reads the prompt and the answer up to each token, as if it had written them, and its distribution
over what comes next is compared with what came. These are numbers of the model that is asked here; how sure the model was
that wrote the answer is another matter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice

from otel_cert.errors import UsageError
from otel_cert.scoring.causal_files import find_causal
from otel_cert.scoring.causal_model import CausalModel
from otel_cert.scoring.forcing import Answer, Forcing, Part
from otel_cert.scoring.framing import Framed, Framer
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.scoring.windows import Window, windows

_FORM = "1"
"""Raised with whatever changes numbers: how prompts become tokens, windows."""
_PRECISIONS = ("float32", "bfloat16", "float16")
_LEAST_WINDOW = 8
_BATCH_CPU, _BATCH_GPU = 1024, 16_384


class CausalLM:
    """A model that scores answers; loaded at the first, then kept; safe for several threads.

    The same items give the same numbers. In another batch, sums are made in another order: with float32 numbers then
    differ by less than 1e-5 for models such as the tests have; with half precision by more.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        longest: int | None = None,
        stride: int | None = None,
        batch_tokens: int | None = None,
        portion: int = 256,
        local_only: bool = False,
    ) -> None:
        """Find the model, and load nothing yet.

        Args:
            model: a folder, or a name on the hub, whose files are then downloaded unless they were before.
            device: `cpu`, `cuda`, `cuda:1`, or `auto`: a GPU where there is one.
            dtype: of the weights in memory: `float32`, `bfloat16` or `float16`. Probabilities are float32 in any case.
            longest: tokens that are read at once; what the model takes when not given. Less needs less memory.
            stride: tokens by which windows over longer texts move on; half of `longest` when not given. Less gives tokens
                more context, and takes longer.
            batch_tokens: tokens, with padding, that are computed together; less where memory does not suffice. When not
                given, few on processors, where more only need more padding, and many on a GPU.
            portion: items that are sorted by length together; bounds memory.
            local_only: never download.

        Raises:
            NotFound: there is no such model, or files of it are missing.
            UsageError: a setting makes no sense, or the model's files have a form that is not read.

        """
        if dtype not in _PRECISIONS:
            raise UsageError(f"dtype {dtype!r}", hint=f"valid: {', '.join(_PRECISIONS)}")
        if longest is not None and longest < _LEAST_WINDOW:
            raise UsageError(f"longest: {longest} tokens hold no prompt and answer; give {_LEAST_WINDOW} or more")
        if stride is not None and stride < 1:
            raise UsageError(f"stride: {stride}; give 1 or more")
        if batch_tokens is not None and batch_tokens < 1:
            raise UsageError(f"batch_tokens: {batch_tokens}; give 1 or more")
        self._files = find_causal(model, local_only=local_only)
        self._device, self._dtype = device, dtype
        self._longest, self._stride = longest, stride
        self._batch_tokens, self._portion = batch_tokens, max(1, portion)
        self._lock = threading.Lock()
        self._loaded: tuple[CausalModel, Framer] | None = None

    @property
    def label(self) -> str:
        """Return which model numbers are under, e.g. `gpt2 sha256:0123456789ab`; never mix those of two."""
        return self._files.label

    @property
    def versions(self) -> Mapping[str, str]:
        """Return what numbers depend on; reads the files once, and loads nothing."""
        return {
            "model": f"{self._files.name} sha256:{self._files.sha256}",
            "transformers": version("transformers"),
            "torch": version("torch"),
            "dtype": self._dtype,
            "window": f"{self._longest or 'model'}/{self._stride or 'half'}",
            "teacher_forcing": _FORM,
        }

    def score(self, items: Iterable[Item]) -> list[TokenScores | Unscored]:
        """Return the numbers of each item, or why it has none: one that fails leaves the others as they are.

        Raises:
            NotFound: PyTorch or transformers is not installed, or the model is damaged.
            UsageError: it is no causal language model.

        """
        return list(self.stream(items))

    def stream(self, items: Iterable[Item]) -> Iterator[TokenScores | Unscored]:
        """Return the numbers of each item, like `score`, of however many items in bounded memory."""
        waiting = iter(items)
        while portion := list(islice(waiting, self._portion)):
            with self._lock:  # a tokenizer of transformers is not safe for several threads; memory is for one batch
                found = self._scored(portion)
            yield from found

    def load(self) -> None:
        """Load the model now, to learn now what is wrong with it; see `score` for what it raises."""
        with self._lock:
            self._model()

    def unload(self) -> None:
        """Free the model; the next score loads it again."""
        with self._lock:
            if self._loaded is not None:
                model, self._loaded = self._loaded[0], None
                model.relieve()

    def _model(self) -> tuple[CausalModel, Framer]:
        if self._loaded is None:
            model = CausalModel(self._files, self._device, self._dtype)
            self._loaded = model, Framer(model.tokenizer)
        return self._loaded

    def _scored(self, items: Sequence[Item]) -> list[TokenScores | Unscored]:
        model, framer = self._model()
        failed: dict[int, Unscored] = {}
        answers: dict[int, Answer] = {}
        for n, item in enumerate(items):
            framed = framer.framed(item)
            if isinstance(framed, Framed):
                answers[n] = answer = Answer(framed, tuple(self._windows(framed, model.longest)))
                if (problem := answer.problem(model.vocabulary)) is not None:
                    failed[n] = problem
            else:
                failed[n] = framed
        parts = [Part(n, w) for n, answer in answers.items() if n not in failed for w in answer.windows]
        budget = self._batch_tokens or (_BATCH_CPU if model.device == "cpu" else _BATCH_GPU)
        failed |= Forcing(model, answers, budget).all(parts)
        for n, answer in answers.items():
            if n not in failed and (problem := answer.unusable()) is not None:
                failed[n] = problem
        return [failed[n] if n in failed else answers[n].scores() for n in range(len(items))]

    def _windows(self, framed: Framed, limit: int | None) -> Iterator[Window]:
        total = len(framed.ids)
        longest = min([x for x in (self._longest, limit) if x], default=total)
        stride = min(self._stride or max(1, longest // 2), longest - framed.keep)
        return windows(total, framed.first, longest, stride, framed.keep)
