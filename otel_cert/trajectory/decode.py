"""Generates token by token: several answers side by side, measured as they grow, stopped between any two tokens.

A loop of our own rather than `generate`: it has each step's logits without keeping them all, asks the clock and the caller
before each token, and goes on where it was when the model moves from the accelerator to the processor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from otel_cert.trajectory.errors import GenerationCancelled, GenerationTimeout
from otel_cert.trajectory.measure import Step, measure
from otel_cert.trajectory.model import Model
from otel_cert.trajectory.request import Sampling

_COMPACT = 0.5
"""When no more than this share of the rows is unfinished, the others are taken out of the batch."""


class Limits:
    """Until when, and whether it is still wanted."""

    def __init__(self, timeout: float | None, stop: threading.Event | None = None) -> None:
        self._timeout = timeout
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self._stop = stop

    @property
    def left(self) -> float:
        """Return the seconds left; -1, which waits for as long as it takes, when there is no limit."""
        return -1 if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raise GenerationTimeout or GenerationCancelled when it is to end."""
        if self._stop is not None and self._stop.is_set():
            raise GenerationCancelled("generation was cancelled")
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise self.timeout()

    def timeout(self) -> GenerationTimeout:
        """Return the error of time that is over."""
        return GenerationTimeout(
            f"generation was stopped after {self._timeout:g} s", hint="ask for fewer tokens, or give a longer timeout"
        )


@dataclass(slots=True)
class Row:
    """One answer as it grows."""

    prompt: Sequence[int]
    most: int
    """Tokens that may be generated."""
    draw: Any = None
    steps: list[Step] = field(default_factory=list)
    finish_reason: str | None = None

    @property
    def ids(self) -> list[int]:
        """Return the tokens of prompt and answer."""
        return [*self.prompt, *(step.id for step in self.steps)]


class Decoder:
    """Rows that are decoded together; what a row gives does not depend on the others, but for rounding."""

    def __init__(self, model: Model, prompts: Sequence[Sequence[int]], sampling: Sampling, top: int) -> None:
        """`top` says how many of the most probable tokens are noted at each step."""
        places = model.places
        self.rows = [
            Row(ids, min(sampling.max_new_tokens, places - len(ids)) if places else sampling.max_new_tokens)
            for ids in prompts
        ]
        if not sampling.greedy:
            for row in self.rows:
                row.draw = _generator(model.torch, sampling.seed)
        self._sampling, self._top = sampling, top
        self._running = list(self.rows)
        self._past: Any = None
        self._mask: Any = None
        self._computed: tuple[int, str] | None = None
        """Model and device that `_past` belongs to."""

    def __bool__(self) -> bool:
        """Return whether anything is left to generate."""
        return any(row.finish_reason is None for row in self.rows)

    def step(self, model: Model, limits: Limits) -> list[Row]:
        """Generate one token for each row that is not finished, and return these rows.

        A row that ends with this step has its `finish_reason`, and no step for the token that ended it.

        Raises:
            GenerationTimeout, GenerationCancelled: before the token; what came before stays.
            OutOfMemory: GPUOutOfMemory or CPUFallbackFailed on an accelerator.
            InvalidLogits: the model computed no distribution.

        """
        limits.check()
        with _locked(model.computing, limits), model.torch.inference_mode(), model.memory_errors():
            steps = self._fitting(model)
        advanced = [row for row in self._running if row.finish_reason is None]
        for row, step in zip(self._running, steps, strict=True):
            if row.finish_reason is not None:
                continue
            if step.id in model.ends:
                row.finish_reason = "stop"
                continue
            row.steps.append(step)
            if len(row.steps) >= row.most:
                row.finish_reason = "length"
        self._compact(model)
        return advanced

    def _fitting(self, model: Model) -> list[Step]:
        while True:
            try:
                return self._next(model)
            except model.torch.OutOfMemoryError as error:
                self._past = None
                model.to_cpu(error.with_traceback(None))  # its frames hold what is to be freed; raises the second time

    def _next(self, model: Model) -> list[Step]:
        if self._past is None or self._computed != (id(model), model.device):
            inputs = self._whole(model)
        else:
            inputs = self._last(model)
        self._past = None
        found = model.net(**inputs)
        # Models with another kind of memory than keys and values begin anew at each step: slow, and right.
        self._past = getattr(found, model.memory, None) if model.memory in model.takes else None
        self._computed = id(model), model.device
        return measure(model.torch, found.logits[:, -1], self._sampling, [row.draw for row in self._running], self._top)

    def _whole(self, model: Model) -> dict[str, Any]:
        """Return all tokens of the unfinished rows, padded on the left."""
        torch = model.torch
        self._running = [row for row in self._running if row.finish_reason is None]
        tokens = [row.ids for row in self._running]
        width = max(map(len, tokens))
        padded = [[model.padding] * (width - len(ids)) + ids for ids in tokens]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in tokens]
        self._mask = torch.tensor(mask, device=model.device)
        positions = (self._mask.cumsum(-1) - 1).clamp(min=0)
        return self._inputs(model, torch.tensor(padded, device=model.device), positions, None)

    def _last(self, model: Model) -> dict[str, Any]:
        """Return the last token of each row; finished rows get one that nothing attends to."""
        torch = model.torch
        last = [row.steps[-1].id if row.finish_reason is None else model.padding for row in self._running]
        more = [[int(row.finish_reason is None)] for row in self._running]
        self._mask = torch.cat([self._mask, torch.tensor(more, device=model.device)], -1)
        positions = (self._mask.sum(-1, keepdim=True) - 1).clamp(min=0)
        return self._inputs(model, torch.tensor(last, device=model.device)[:, None], positions, self._past)

    def _inputs(self, model: Model, ids: Any, positions: Any, past: Any) -> dict[str, Any]:
        offered = {"position_ids": positions, "logits_to_keep": 1, model.memory: past, "use_cache": True}
        known = {name: value for name, value in offered.items() if name in model.takes}
        return {"input_ids": ids, "attention_mask": self._mask, **known}

    def _compact(self, model: Model) -> None:
        alive = [n for n, row in enumerate(self._running) if row.finish_reason is None]
        if self._past is None or not alive or len(alive) > _COMPACT * len(self._running):
            return
        if hasattr(self._past, "batch_select_indices"):
            keep = model.torch.tensor(alive, device=model.device)
            self._past.batch_select_indices(keep)
            self._mask = self._mask[keep]
            self._running = [self._running[n] for n in alive]


def _generator(torch: Any, seed: int | None) -> Any:
    draw = torch.Generator()  # of the processor, so that every device draws the same
    if seed is None:
        draw.seed()
    else:
        draw.manual_seed(seed)
    return draw


@contextmanager
def _locked(lock: threading.Lock, limits: Limits) -> Iterator[None]:
    if not lock.acquire(timeout=limits.left):
        raise limits.timeout()
    try:
        yield
    finally:
        lock.release()
