"""One answer as it grows: a row of the decoder, its text, its span."""

from __future__ import annotations

import time
from collections.abc import Sequence

from otel_cert.trajectory.decode import Row
from otel_cert.trajectory.model import Model
from otel_cert.trajectory.result import Alternative, Token, Trajectory
from otel_cert.trajectory.spelling import Spelling
from otel_cert.trajectory.telemetry import Recording


class Answer:
    """Turns the steps of a row into tokens with text; `result` has what there is so far."""

    def __init__(self, row: Row, recording: Recording, name: str) -> None:
        """`name` is the model's, as results have it."""
        self.row, self.recording = row, recording
        self._name = name
        self._started = time.monotonic()
        self._seconds = 0.0
        self._tokens: list[Token] = []
        self._end = 0
        self._model: Model | None = None
        self._spelling = Spelling(self._read)

    def advance(self, model: Model) -> Token | None:
        """Take the newest step; returns its token, None when that step ended the answer with none."""
        self._model = model
        self._seconds = time.monotonic() - self._started
        token = None
        if len(self.row.steps) > len(self._tokens):
            token = self._token(model)
            self._tokens.append(token)
        if len(self._tokens) == 1 and token is not None:
            self.recording.first()
        if self.row.finish_reason is not None:
            self._finish()
        return token

    def result(self) -> Trajectory:
        """Return the answer so far, not judged."""
        model = self._model
        return Trajectory(
            text="".join(token.text for token in self._tokens),
            tokens=tuple(self._tokens),
            model=self._name,
            device=model.device if model else "unknown",
            prompt_tokens=len(self.row.prompt),
            finish_reason=self.row.finish_reason or "incomplete",
            seconds=self._seconds,
        )

    def _token(self, model: Model) -> Token:
        step = self.row.steps[-1]
        text = self._spelling.add(step.id)
        start, self._end = self._end, self._end + len(text)
        top = tuple(
            Alternative(text if id_ == step.id and text else model.text_of(id_), logprob) for id_, logprob in step.top
        )
        return Token(text, step.id, start, step.logprob, step.entropy, step.gap, top)

    def _finish(self) -> None:
        """Give the last token the beginning of a character that was never completed."""
        if self._tokens and (rest := self._spelling.rest()):
            last = self._tokens[-1]
            self._tokens[-1] = Token(
                last.text + rest, last.id, last.start, last.logprob, last.entropy, last.gap, last.top
            )

    def _read(self, ids: Sequence[int]) -> str:
        return self._model.read(ids) if self._model else ""
