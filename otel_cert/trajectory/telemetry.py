"""Each answer as a span of OpenTelemetry's GenAI conventions, with our attributes of log probabilities.

Recorded through the global tracer provider; without one, nothing is. Content is on the span, in a log event or nowhere as
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says. Trouble in recording never becomes the caller's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs
from opentelemetry import trace as tracing
from opentelemetry.trace import SpanKind, StatusCode

from otel_cert.instrument.content import Content, captured
from otel_cert.instrument.logprobs import TOKENS, TOP, VALUES
from otel_cert.instrument.messages import messages, to_json, to_text
from otel_cert.trajectory.errors import GenerationStopped
from otel_cert.trajectory.request import Prompt, Sampling
from otel_cert.trajectory.result import Trajectory

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

SCOPE = "otel_cert.trajectory"
"""The instrumentation scope of these spans."""
PROVIDER = "transformers"
"""Their `gen_ai.provider.name`: the model ran in the application, and nobody sends a bill."""
ENTROPY = "otel_cert.logprobs.entropy"
"""Array of doubles: the exact entropy of the distribution that each token was taken from, in nats."""
PASSED = "otel_cert.trajectory.passed"
"""Whether the answer passed its quality check."""
REASONS = "otel_cert.trajectory.reasons"
"""Why it did not."""

_logger = logging.getLogger("otel_cert.trajectory")


class Recording:
    """The span of one answer, from its request to its end."""

    def __init__(self, model: str, prompt: Prompt, sampling: Sampling, *, stream: bool) -> None:
        self._started = time.monotonic()
        self._prompt = prompt
        self._operation = "text_completion" if isinstance(prompt, str) else "chat"
        self._model = model
        self._span: tracing.Span = tracing.INVALID_SPAN
        self._ended, self._stream = False, stream
        self._quietly(lambda: self._start(sampling, stream=stream))

    def chats(self) -> None:
        """Note that a chat template was applied to the text."""
        self._operation = "chat"

    def first(self) -> None:
        """Note that the first token is there; of streams only, for else nobody has it before the last."""
        seconds = time.monotonic() - self._started
        if self._stream:
            self._quietly(lambda: self._span.set_attribute("gen_ai.response.time_to_first_chunk", seconds))

    def finish(self, answer: Trajectory) -> None:
        """Record the answer and end the span; once."""
        self._end(lambda: self._record(answer))

    def fail(self, error: BaseException) -> None:
        """Record an error, with what came before it, and end the span; once."""

        def record() -> None:
            if isinstance(error, GenerationStopped) and error.partial is not None:
                self._record(error.partial)
            kind = type(error)
            self._name()
            self._span.set_attribute("error.type", f"{kind.__module__}.{kind.__qualname__}")
            message = to_text(str(error))
            self._span.set_status(StatusCode.ERROR, message)
            self._span.record_exception(error, {"exception.message": message})

        self._end(record)

    def drop(self) -> None:
        """End the span of a call that was given up before its first token."""
        self._end(lambda: None)

    def _start(self, sampling: Sampling, *, stream: bool) -> None:
        asked: dict[str, AttributeValue] = {
            "gen_ai.operation.name": self._operation,
            "gen_ai.provider.name": PROVIDER,
            "gen_ai.request.model": self._model,
            "gen_ai.request.max_tokens": sampling.max_new_tokens,
            "gen_ai.request.temperature": float(sampling.temperature),
            "gen_ai.request.stream": stream,
            "gen_ai.output.type": "text",
        }
        if not sampling.greedy:
            asked["gen_ai.request.top_p"] = float(sampling.top_p)
            if sampling.top_k:
                asked["gen_ai.request.top_k"] = sampling.top_k
            if sampling.seed is not None:
                asked["gen_ai.request.seed"] = sampling.seed
        name = f"{self._operation} {self._model}"
        self._span = tracing.get_tracer(SCOPE).start_span(name, kind=SpanKind.CLIENT, attributes=asked)

    def _name(self) -> None:
        self._span.update_name(f"{self._operation} {self._model}")
        self._span.set_attribute("gen_ai.operation.name", self._operation)

    def _record(self, answer: Trajectory) -> None:
        if not self._span.is_recording():
            return
        self._name()
        counted: dict[str, AttributeValue] = {
            "gen_ai.response.model": self._model,
            "gen_ai.usage.input_tokens": answer.prompt_tokens,
            "gen_ai.usage.output_tokens": len(answer.tokens),
            "gen_ai.response.finish_reasons": [answer.finish_reason],
        }
        if answer.tokens:
            counted[VALUES] = [token.logprob for token in answer.tokens]
            counted[ENTROPY] = [token.entropy for token in answer.tokens]
        if answer.gates:
            counted[PASSED] = answer.passed_quality_check
            if answer.reasons:
                counted[REASONS] = list(answer.reasons)
        self._span.set_attributes(counted)
        if content := captured():
            self._tell(answer, content)

    def _tell(self, answer: Trajectory, content: Content) -> None:
        said: dict[str, Any] = {
            "gen_ai.input.messages": to_json(messages(self._prompt, "user")),
            "gen_ai.output.messages": to_json(
                [{**messages(answer.text, "assistant")[0], "finish_reason": answer.finish_reason}]
            ),
        }
        if Content.SPAN in content:
            self._span.set_attributes(said | _spelled(answer))
        if Content.EVENT in content:
            record = _logs.LogRecord(
                timestamp=time.time_ns(),
                context=tracing.set_span_in_context(self._span),
                event_name="gen_ai.client.inference.operation.details",
                attributes={"gen_ai.operation.name": self._operation, **said},
            )
            _logs.get_logger(SCOPE).emit(record)

    def _end(self, record: Callable[[], None]) -> None:
        if not self._ended:
            self._ended = True
            self._quietly(record)
            self._quietly(self._span.end)

    def _quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception:
            _logger.debug("an answer of %s is recorded in part", self._model, exc_info=True)


def _spelled(answer: Trajectory) -> dict[str, str]:
    """Return what spells the answer: its tokens and their alternatives."""
    if not answer.tokens:
        return {}
    found = {TOKENS: to_json([token.text for token in answer.tokens])}
    top = [[{"token": text, "logprob": logprob} for text, logprob in token.top] for token in answer.tokens]
    if any(top):
        found[TOP] = to_json(top)
    return found
