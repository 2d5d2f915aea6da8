"""Teacher forcing: windows of many answers computed in batches, and put together again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from otel_cert.scoring.causal_model import CausalModel
from otel_cert.scoring.distribution import told
from otel_cert.scoring.framing import Framed
from otel_cert.scoring.scored_tokens import TokenScores, Unscored
from otel_cert.scoring.windows import Window

_NUMBERS = 4


class Part(NamedTuple):
    """A window of an answer."""

    answer: int
    window: Window


class Answer:
    """The tokens of an item, and its numbers as far as they are known."""

    def __init__(self, framed: Framed, over: tuple[Window, ...]) -> None:
        self.framed, self.windows = framed, over
        self.numbers = np.full((_NUMBERS, len(framed.ids) - framed.first), np.nan)

    def read(self, window: Window) -> np.ndarray:
        """Return the tokens that the model reads, int32."""
        ids = self.framed.ids[window.start : window.end - 1]
        return np.concatenate([self.framed.ids[: self.framed.keep], ids]) if window.start else ids

    def length(self, window: Window) -> int:
        """Return how many tokens it reads."""
        return window.end - 1 - window.start + (self.framed.keep if window.start else 0)

    def places(self, window: Window) -> np.ndarray:
        """Return where in what is read the tokens stand that are followed by scored ones."""
        moved = window.start - (self.framed.keep if window.start else 0)
        return np.arange(window.first, window.end) - 1 - moved

    def problem(self, vocabulary: int) -> Unscored | None:
        """Return why a model with so many tokens cannot read it, if so."""
        if int(self.framed.ids.max()) < vocabulary:
            return None
        return Unscored(
            "other_tokenizer", f"the tokenizer gives token {int(self.framed.ids.max())}, and the model has {vocabulary}"
        )

    def unusable(self) -> Unscored | None:
        """Return why the numbers are none, if so."""
        surprisal, entropy = self.numbers[:2]
        if (bad := np.isnan(surprisal) | np.isnan(entropy)).any():
            return Unscored(
                "not_finite", f"the model's logits are no numbers {self._where(bad)}; are its weights damaged?"
            )
        if (bad := np.isinf(surprisal)).any():
            return Unscored("impossible", f"the model gives a probability of 0 {self._where(bad)}")
        return None

    def scores(self) -> TokenScores:
        """Return all numbers; there must be one for each token."""
        framed = self.framed
        surprisal, entropy, rank, gap = self.numbers
        context = min(int(self.places(window)[0]) + 1 for window in self.windows)
        return TokenScores(
            framed.ids[framed.first :], framed.offsets, surprisal, entropy, rank.astype(np.int32), gap,
            framed.form, len(self.windows), context,
        )  # fmt: skip

    def _where(self, bad: np.ndarray) -> str:
        return f"for {int(bad.sum())} of {bad.size} tokens of the answer, first at character {self._character(bad)}"

    def _character(self, bad: np.ndarray) -> int:
        return int(self.framed.offsets[int(bad.argmax()), 0])


class Forcing:
    """Computes windows in batches of similar length, longest first: too large a batch then fails at the start."""

    def __init__(self, model: CausalModel, answers: Mapping[int, Answer], budget: int) -> None:
        self._model, self._answers, self._budget = model, answers, budget

    def all(self, parts: Sequence[Part]) -> dict[int, Unscored]:
        """Put the numbers of all windows into their answers, and return those that do not fit into memory."""
        failed: dict[int, Unscored] = {}
        waiting = deque(sorted(parts, key=self._length, reverse=True))
        while waiting:
            batch = [waiting.popleft() for _ in range(self._fits(waiting))]
            batch = [part for part in batch if part.answer not in failed]
            if not batch or self._tried(batch):
                continue
            self._model.relieve()
            if len(batch) > 1:
                self._budget = self._length(batch[0]) * (len(batch) // 2)
                waiting.extendleft(reversed(batch))
            else:
                failed[batch[0].answer] = Unscored(
                    "out_of_memory",
                    f"{self._length(batch[0])} tokens do not fit into memory, even alone; give a smaller `longest`",
                )
        return failed

    def _fits(self, waiting: Sequence[Part]) -> int:
        return min(len(waiting), max(1, self._budget // self._length(waiting[0])))

    def _length(self, part: Part) -> int:
        return self._answers[part.answer].length(part.window)

    def _tried(self, batch: Sequence[Part]) -> bool:
        """Compute a batch; return whether memory sufficed."""
        try:
            self._compute(batch)
        except (MemoryError, RuntimeError) as error:
            if not self._model.is_out_of_memory(error):
                raise
            return False
        return True

    def _compute(self, batch: Sequence[Part]) -> None:
        ids = np.empty((len(batch), self._length(batch[0])), np.int64)
        places, targets = [], []
        for row, (n, window) in enumerate(batch):
            answer = self._answers[n]
            read = answer.read(window)
            ids[row, : len(read)] = read
            ids[row, len(read) :] = read[-1]  # any would do, if all weights are numbers: one of its own does no harm
            places.append(answer.places(window))
            targets.append(answer.framed.ids[window.first : window.end])
        counts = [len(each) for each in places]
        found = self._numbers(ids, np.repeat(np.arange(len(batch)), counts), np.concatenate(places), targets)
        for (n, window), part in zip(batch, np.split(found, np.cumsum(counts)[:-1], axis=1), strict=True):
            first = self._answers[n].framed.first
            self._answers[n].numbers[:, window.first - first : window.end - first] = part

    def _numbers(self, ids: np.ndarray, rows: np.ndarray, places: np.ndarray, targets: list[np.ndarray]) -> np.ndarray:
        """Return float64 [4, scored tokens]: surprisal, entropy, rank, gap."""
        wanted, at, found = self._model.tensor(np.concatenate(targets)), 0, []
        for logits in self._model.logits(ids, rows, places):
            numbers = told(logits, wanted[at : at + len(logits)])
            found.append(np.stack([each.double().cpu().numpy() for each in numbers]))
            at += len(logits)
        return np.concatenate(found, axis=1)
