"""The tokens of one answer, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Self

from otel_cert.trajectory.answer import Answer
from otel_cert.trajectory.decode import Decoder, Limits
from otel_cert.trajectory.errors import GenerationStopped
from otel_cert.trajectory.model import Model
from otel_cert.trajectory.result import Token, Trajectory

if TYPE_CHECKING:
    from types import TracebackType

    from otel_cert.trajectory.telemetry import Recording


class Stream:
    """An iterator over tokens; the model is in use only while the next one is asked for.

    `result` is the answer so far, judged when it is complete. `close`, the end of a `with` block or dropping the stream
    ends it early, and its span.
    """

    def __init__(
        self,
        use: Callable[[], AbstractContextManager[Model]],
        begin: Callable[[Model], tuple[Decoder, Answer]],
        judge: Callable[[Trajectory], Trajectory],
        limits: Limits,
        recording: Recording,
    ) -> None:
        """See `TrajectoryMonitor.stream`, which makes them."""
        self._use, self._begin, self._judge = use, begin, judge
        self._limits, self._recording = limits, recording
        self._decoder: Decoder | None = None
        self._answer: Answer | None = None
        self._closed = False

    @property
    def result(self) -> Trajectory | None:
        """Return the answer so far; None before the first token."""
        return self._judge(self._answer.result()) if self._answer else None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Token:
        if self._closed:
            raise StopIteration
        try:
            token = self._next()
        except GenerationStopped as error:
            error.partial = self.result
            self._fail(error)
            raise
        except BaseException as error:
            self._fail(error)
            raise
        if self._decoder is not None and not self._decoder:
            self.close()
        if token is None:
            raise StopIteration
        return token

    def close(self) -> None:
        """End the stream and its span; what was generated stays in `result`."""
        if not self._closed:
            self._closed = True
            if (found := self.result) is not None:
                self._recording.finish(found)
            else:
                self._recording.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _next(self) -> Token | None:
        with self._use() as model:
            if self._decoder is None or self._answer is None:
                self._decoder, self._answer = self._begin(model)
            self._decoder.step(model, self._limits)
            return self._answer.advance(model)

    def _fail(self, error: BaseException) -> None:
        self._closed = True
        self._recording.fail(error)
