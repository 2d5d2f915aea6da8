"""Loads a model once for all who want it, and unloads it when nobody uses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from otel_cert.trajectory.errors import GenerationTimeout, ModelNotLoaded, TrajectoryError
from otel_cert.trajectory.model import Model

_RETRY_S = 1.0
"""When to ask again, where no earlier loading tells how long it takes."""


class State(StrEnum):
    """What a holder has."""

    EMPTY = "not loaded"
    LOADING = "loading"
    READY = "ready"
    CLOSED = "closed"


class Holder:
    """A model that is loaded in a thread of its own, so that who waits for it can stop waiting."""

    def __init__(self, load: Callable[[], Model], on_unload: Callable[[], None]) -> None:
        self._load, self._on_unload = load, on_unload
        self._changed = threading.Condition()
        self._state = State.EMPTY
        self._model: Model | None = None
        self._attempt = 0
        self._failed: tuple[int, Exception] | None = None
        self._leaving = 0
        self._took_s: float | None = None
        self.users = 0

    @property
    def state(self) -> State:
        """Return what it has now."""
        return self._state

    @property
    def error(self) -> Exception | None:
        """Return why the last loading failed; None when it did not."""
        return self._failed[1] if self._failed else None

    @property
    def model(self) -> Model | None:
        """Return the model, when there is one now."""
        return self._model

    @contextmanager
    def use(self, deadline: float | None) -> Iterator[Model]:
        """Return the model, loaded if need be, and keep it for the length of a block.

        `deadline` is of `time.monotonic`; None waits for as long as it takes.

        Raises:
            ModelNotLoaded: not until then, it cannot be loaded, or the holder is closed.
            TrajectoryError: loading failed in another way.

        """
        model = self._taken(deadline)
        try:
            yield model
        finally:
            with self._changed:
                self.users -= 1
                self._changed.notify_all()

    def unload(self, timeout: float | None = None, *, close: bool = False) -> None:
        """Wait until nobody uses the model, and free it; `close` also refuses every later use, at once.

        Raises:
            GenerationTimeout: it is still in use after `timeout` seconds.

        """
        with self._changed:
            self._leaving += 1
            if close:
                self._state = State.CLOSED
                self._changed.notify_all()
            try:
                idle = self._changed.wait_for(lambda: not self.users and self._state is not State.LOADING, timeout)
                if not idle:
                    raise GenerationTimeout(
                        f"the model is in use after {timeout} s and stays loaded", hint="wait longer, or cancel"
                    )
                model, self._model = self._model, None
                if self._state is not State.CLOSED:
                    self._state = State.EMPTY
                if model is not None:
                    model.free()
                    self._on_unload()
            finally:
                self._leaving -= 1
                self._changed.notify_all()

    def _taken(self, deadline: float | None) -> Model:
        with self._changed:
            waits_for = 0
            while True:
                if self._state is State.CLOSED:
                    raise ModelNotLoaded("the monitor is closed", hint="make a new one")
                if not self._leaving and self._state is State.READY and self._model is not None:
                    self.users += 1
                    return self._model
                if self._failed and self._failed[0] == waits_for:
                    raise self._failed[1]
                if not self._leaving and self._state is State.EMPTY:
                    self._start()
                waits_for = self._attempt if self._state is State.LOADING else 0
                self._wait(deadline)

    def _wait(self, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and (left <= 0 or not self._changed.wait(left)):
            raise ModelNotLoaded(
                "the model is not loaded yet; loading goes on",
                hint="try again, or call preload() before",
                recoverable=True,
                retry_after=self._took_s or _RETRY_S,
            )
        if left is None:
            self._changed.wait()

    def _start(self) -> None:
        self._state = State.LOADING
        self._attempt += 1
        threading.Thread(target=self._loading, args=(self._attempt,), name="otel-cert-model", daemon=True).start()

    def _loading(self, attempt: int) -> None:
        started = time.monotonic()
        model, failed = None, None
        try:
            model = self._load()
        except TrajectoryError as error:
            failed = error
        except Exception as error:
            failed = ModelNotLoaded(f"the model cannot be loaded: {type(error).__name__}: {error}")
            failed.__cause__ = error
        with self._changed:
            self._took_s = time.monotonic() - started
            self._model = model
            self._failed = (attempt, failed) if failed else None
            if self._state is State.LOADING:  # or it was closed meanwhile
                self._state = State.READY if model else State.EMPTY
            elif model is not None:
                model.free()
                self._model = None
            self._changed.notify_all()
