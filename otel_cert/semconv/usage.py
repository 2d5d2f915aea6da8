"""Token counts inside the usage objects of providers, as OpenAI's and Anthropic's APIs return them.

>>> from otel_cert.semconv.sources import path
>>> from otel_cert.semconv.span import Span
>>> span = Span("chat", 0, 0, 0, "scope", None, {"raw": '{"output_tokens": 3}'})
>>> counts(path("raw"))["output_tokens"](span)
3
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otel_cert.semconv.combinators import derived
from otel_cert.semconv.computed import Source
from otel_cert.semconv.fields import count
from otel_cert.semconv.sources import Key

_PLACES: Mapping[str, tuple[tuple[Key, ...], ...]] = {
    "cache_read_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("cache_read_input_tokens",),
    ),
    "cache_write_tokens": (
        ("prompt_tokens_details", "cache_write_tokens"),
        ("prompt_tokens_details", "cache_creation_tokens"),
        ("cache_creation_input_tokens",),
    ),
    "output_tokens": (("completion_tokens",), ("output_tokens",)),
    "reasoning_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "thinking_tokens"),
    ),
    "cache_write_1h_tokens": (("cache_creation", "ephemeral_1h_input_tokens"),),
    "input_audio_tokens": (("prompt_tokens_details", "audio_tokens"), ("input_tokens_details", "audio_tokens")),
    "output_audio_tokens": (("completion_tokens_details", "audio_tokens"), ("output_tokens_details", "audio_tokens")),
    "input_image_tokens": (("prompt_tokens_details", "image_tokens"), ("input_tokens_details", "image_tokens")),
    "output_image_tokens": (("completion_tokens_details", "image_tokens"), ("output_tokens_details", "image_tokens")),
}
DETAILS = tuple(field for field in _PLACES if field != "output_tokens")
"""The fields that say of some tokens what they are."""

_ADDED = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def counts(usage: Source) -> Mapping[str, Source]:
    """Return, per token field, a source that reads the usage object which `usage` finds."""
    spread = derived(usage, _spread)
    return {
        "input_tokens": derived(usage, _input),
        **{field: _first(spread, places) for field, places in _PLACES.items()},
    }


def _spread(usage: Any) -> dict[tuple[Key, ...], Any] | None:
    """Return what is in a usage object and in the objects in it, by place."""
    if not isinstance(usage, dict):
        return None
    found: dict[tuple[Key, ...], Any] = {}
    for name, value in usage.items():
        found[name,] = value
        if isinstance(value, dict):
            for inner, number in value.items():
                found[name, inner] = number
    return found


def _first(spread: Source, places: Sequence[tuple[Key, ...]]) -> Source:
    def then(found: Mapping[tuple[Key, ...], Any]) -> Any:
        for place in places:
            if (value := found.get(place)) is not None:
                return value
        return None

    return derived(spread, then)


def _input(usage: Any) -> Any:
    """Return all input tokens: Anthropic counts those of its cache beside the others."""
    if not isinstance(usage, dict):
        return None
    sent = usage.get("prompt_tokens")
    if sent is None and count(usage.get("input_tokens")) is not None:
        return sum(count(usage.get(key)) or 0 for key in _ADDED)
    return sent
