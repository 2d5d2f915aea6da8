"""What the loopback providers say and count: the truth that spans are compared with."""

from dataclasses import dataclass

TOKENS = ("Oslo", " is", " the", " capital", " of", " Norway", ".")
ANSWER = "".join(TOKENS)
LOGPROBS = tuple(-0.125 * (i + 1) for i in range(len(TOKENS)))
"""Natural logarithms, exact as doubles."""

ALTERNATIVE = ("Bergen", -3.5)
"""The second most likely token, at each place."""

TOOL = "get_weather"
TOOL_ARGUMENTS = {"city": "Oslo"}
TOOL_RESULT = "4 degrees, snow"

DIMENSIONS = 8


@dataclass(frozen=True)
class Usage:
    """Tokens of one answer; `given` includes what was cached."""

    given: int
    said: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


ANSWERED = Usage(given=41, said=7, cache_read=16, reasoning=3)
"""OpenAI's, for text. Only its shape can hold reasoning tokens."""
CALLED = Usage(given=67, said=11, cache_read=16)
"""OpenAI's, for a tool call."""
EMBEDDED = 5
"""Tokens of each embedded text."""
CLAUDE = Usage(given=1480, said=9, cache_read=1024, cache_write=256)
"""Anthropic's and Bedrock's: 200 tokens outside the cache."""
CLAUDE_CALLED = Usage(given=300, said=21)
INVOKED = Usage(given=23, said=7)
"""InvokeModel's, which has no cache in the Llama and Titan shapes."""
