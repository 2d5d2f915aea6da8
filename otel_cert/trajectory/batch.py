"""Answers several prompts side by side, and gives each its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from otel_cert.trajectory.answer import Answer
from otel_cert.trajectory.decode import Decoder, Limits
from otel_cert.trajectory.errors import GenerationStopped, TrajectoryError
from otel_cert.trajectory.model import Model
from otel_cert.trajectory.request import Prompt, Sampling
from otel_cert.trajectory.result import Trajectory
from otel_cert.trajectory.telemetry import Recording


@dataclass(slots=True)
class Call:
    """One prompt, its span, and what became of it."""

    prompt: Prompt
    recording: Recording
    ids: Sequence[int] = ()
    outcome: Trajectory | TrajectoryError | None = None

    def end(self, outcome: Trajectory | TrajectoryError) -> None:
        """Note the outcome, and end the span."""
        self.outcome = outcome
        if isinstance(outcome, Trajectory):
            self.recording.finish(outcome)
        else:
            self.recording.fail(outcome)


@dataclass(frozen=True, slots=True)
class Batches:
    """How prompts are answered."""

    name: str
    sampling: Sampling
    top: int
    size: int
    """Most rows of one batch."""
    judge: Callable[[Trajectory], Trajectory]

    def run(self, model: Model, calls: Sequence[Call], limits: Limits) -> None:
        """Give every call its outcome; prompts of similar length go together, so that little is padded."""
        ordered = sorted(calls, key=lambda call: len(call.ids))
        for first in range(0, len(ordered), self.size):
            self._together(model, ordered[first : first + self.size], limits)

    def _together(self, model: Model, calls: Sequence[Call], limits: Limits) -> None:
        decoder = Decoder(model, [call.ids for call in calls], self.sampling, self.top)
        answers = [Answer(row, call.recording, self.name) for row, call in zip(decoder.rows, calls, strict=True)]
        by_row = {id(answer.row): (answer, call) for answer, call in zip(answers, calls, strict=True)}
        try:
            while decoder:
                for row in decoder.step(model, limits):
                    answer, call = by_row[id(row)]
                    answer.advance(model)
                    if row.finish_reason is not None:
                        call.end(self.judge(answer.result()))
        except TrajectoryError as error:
            for answer, call in zip(answers, calls, strict=True):
                if call.outcome is None:
                    call.end(self._stopped(error, answer))

    def _stopped(self, error: TrajectoryError, answer: Answer) -> TrajectoryError:
        """Return the error of one answer, with what it had."""
        if not isinstance(error, GenerationStopped):
            return error
        partial = self.judge(answer.result()) if answer.row.steps else None
        found = type(error)(error.message, hint=error.hint, partial=partial)
        found.__cause__ = error.__cause__
        return found


def unfinished(calls: Sequence[Call]) -> Iterator[Call]:
    """Yield the calls that have no outcome yet."""
    return (call for call in calls if call.outcome is None)
