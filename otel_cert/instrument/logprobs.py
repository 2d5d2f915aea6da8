"""Log probabilities of OpenAI chat answers, on the span of the call.

No convention has them and no instrumentation records them, so the attributes are ours: docs/logprobs.md. The answer and
its stream are looked at, never replaced, read ahead or held back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from opentelemetry.trace import Span

from otel_cert.instrument.content import Content, captured
from otel_cert.instrument.messages import to_json
from otel_cert.instrument.spans import before_end

TOKENS = "otel_cert.logprobs.tokens"
"""JSON array of the answer's tokens; content."""
VALUES = "otel_cert.logprobs.values"
"""Array of doubles: the natural logarithm of each token's probability."""
TOP = "otel_cert.logprobs.top"
"""JSON array: for each token the array of its alternatives, each {"token", "logprob"}; content."""

_logger = logging.getLogger("otel_cert.instrument")


def record(response: Any, span: Span) -> None:
    """Put the log probabilities of an answer on the span; of a stream, when the span ends."""
    from openai._legacy_response import LegacyAPIResponse

    if isinstance(response, LegacyAPIResponse):  # `with_raw_response`: read already; what it parses, it keeps
        response = response.parse()
    if hasattr(response, "_iterator"):
        found = _Logprobs()
        response._iterator = _Watched(response._iterator, found)
        before_end(span, found.put)
    elif hasattr(response, "choices"):
        found = _Logprobs()
        found.take(response.choices)
        found.put(span)


class _Logprobs:
    """The log probabilities of one answer, as they come: those of its first choice."""

    def __init__(self) -> None:
        self._tokens: list[Any] = []

    def take(self, choices: Any) -> None:
        """Note the tokens of an answer or a chunk."""
        for choice in choices or ():
            if choice.index == 0 and choice.logprobs is not None:
                self._tokens.extend(choice.logprobs.content or choice.logprobs.refusal or ())

    def put(self, span: Span) -> None:
        """Set the attributes; none when there are no tokens."""
        if not self._tokens:
            return
        span.set_attribute(VALUES, [token.logprob for token in self._tokens])
        if Content.SPAN not in captured():
            return
        span.set_attribute(TOKENS, to_json([token.token for token in self._tokens]))
        top = [[{"token": t.token, "logprob": t.logprob} for t in token.top_logprobs or ()] for token in self._tokens]
        if any(top):
            span.set_attribute(TOP, to_json(top))


class _Watched:
    """An iterator that notes what goes through it, and is otherwise the one it holds."""

    def __init__(self, chunks: Any, found: _Logprobs) -> None:
        self._chunks = chunks
        self._found = found

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._take(self._chunks.__next__())

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> Any:
        return self._take(await self._chunks.__anext__())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chunks, name)

    def _take(self, chunk: Any) -> Any:
        try:
            self._found.take(chunk.choices)
        except Exception:
            _logger.debug("log probabilities of a chunk are not recorded", exc_info=True)
        return chunk
