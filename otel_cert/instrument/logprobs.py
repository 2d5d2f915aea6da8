"""Log probabilities of OpenAI chat answers, on the span of the call.

No convention has them and no instrumentation records them, so the attributes are ours: docs/logprobs.md. The answer and
its stream are looked at, never replaced, read ahead or held back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span

from otel_cert.instrument.content import Content, captured
from otel_cert.instrument.messages import to_json
from otel_cert.instrument.spans import before_end

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

TOKENS = "otel_cert.logprobs.tokens"
"""JSON array of the answer's tokens; content."""
VALUES = "otel_cert.logprobs.values"
"""Array of doubles: the natural logarithm of each token's probability."""
TOP = "otel_cert.logprobs.top"
"""JSON array: for each token the array of its alternatives, each {"token", "logprob"}; content."""

_logger = logging.getLogger("otel_cert.instrument")


def record(response: Any, span: Span) -> None:
    """Put the log probabilities of an answer on the span; of a stream, when the span ends."""
    found = _Logprobs()
    if hasattr(response, "choices"):
        found.take(response.choices)
        found.put(span)
    elif hasattr(response, "_iterator"):
        response._iterator = _Watched(response._iterator, found)
        before_end(span, found.put)
    else:
        from openai._legacy_response import LegacyAPIResponse

        if isinstance(response, LegacyAPIResponse):  # `with_raw_response`: read already; what it parses, it keeps
            record(response.parse(), span)


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
        tokens = self._tokens
        if not tokens:
            return
        found: dict[str, AttributeValue] = {VALUES: [token.logprob for token in tokens]}
        if Content.SPAN in captured():
            found[TOKENS] = to_json([token.token for token in tokens])
            top = [[{"token": t.token, "logprob": t.logprob} for t in token.top_logprobs or ()] for token in tokens]
            if any(top):
                found[TOP] = to_json(top)
        span.set_attributes(found)


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
