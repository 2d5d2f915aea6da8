"""The context of a call: what its answer should rest on, and how that was found.

Looked for in this order; the first that is there counts, and what tools returned counts beside it:

    retrieval   documents retrieved in the trace that stand in the prompt
    recorded    the context recorded with the call, or with a span around it
    retrieval   else the documents retrieved nearest to the call: below the same agent or step
    tool        results of tools among the messages
    prompt      what the prompt marks as context
    system      a long text of the system (only when asked for)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from otel_cert.processors.call_texts import Texts
from otel_cert.processors.prompt_parts import split
from otel_cert.semconv.fields import any_text
from otel_cert.semconv.messages import loaded

SOURCES = ("retrieval", "recorded", "tool", "prompt", "system")

_LONG_SYSTEM = 1500
"""Characters: a shorter text of the system instructs, and says little of the world."""
_KNOWN_BY = 200
"""Characters by which a document is found again in a prompt, which may cut it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of context."""

    source: str
    text: str


@dataclass(slots=True)
class Trace:
    """What happened around the calls of one trace."""

    parents: dict[str, str] = field(default_factory=dict)
    """Span id -> that of its parent."""
    recorded: dict[str, str] = field(default_factory=dict)
    """Span id -> the context recorded with it."""
    retrievals: list[Mapping[str, Any]] = field(default_factory=list)
    """Rows of `genai_retrievals` that succeeded."""

    def around(self, span_id: str) -> Iterator[str]:
        """Yield a span and those around it, innermost first."""
        seen: set[str] = set()
        while span_id and span_id not in seen:
            seen.add(span_id)
            yield span_id
            span_id = self.parents.get(span_id, "")


def question_of(texts: Texts, trace: Trace, call: Mapping[str, Any]) -> str | None:
    """Return what was asked, without the context."""
    if found := split(texts.user).question:
        return found
    asked = [r["query"] for r in _before(trace, call) if r["query"]]
    return asked[-1] if asked else None


def context_of(call: Mapping[str, Any], texts: Texts, trace: Trace, sources: Sequence[str] = SOURCES) -> list[Chunk]:
    """Return the context of a row of `genai_calls`, cut into the pieces in which it was found; empty when there is none."""
    ways: Mapping[str, Callable[[], Sequence[str]]] = {
        "retrieval": lambda: _retrieved(call, texts, trace, "recorded" in sources),
        "recorded": lambda: _recorded(call, trace),
        "tool": lambda: texts.tools,
        "prompt": lambda: [found for text in (texts.user, *texts.system) for found in split(text).context],
        "system": lambda: [text for text in texts.system if len(text) >= _LONG_SYSTEM],
    }
    for group in (("retrieval", "recorded"), ("prompt",), ("system",)):
        wanted = [source for source in group if source in sources]
        found = next(([Chunk(s, t) for t in texts_] for s in wanted if (texts_ := ways[s]())), [])
        if group[0] == "retrieval" and "tool" in sources:
            found += [Chunk("tool", text) for text in ways["tool"]()]
        if found := _distinct(found):
            return found
    return []


def _retrieved(call: Mapping[str, Any], texts: Texts, trace: Trace, else_recorded: bool) -> list[str]:
    retrievals = _before(trace, call)
    documents = [(r, text) for r in retrievals for text in _documents(r["documents"])]
    prompt = _plain("\n".join((texts.user, *texts.system, *texts.tools)))
    if used := [text for _, text in documents if _plain(text)[:_KNOWN_BY] in prompt]:
        return used
    if else_recorded and _recorded(call, trace):
        return []
    around = {span_id: distance for distance, span_id in enumerate(trace.around(call["span_id"]))}
    distances = [next((around[s] for s in trace.around(r["span_id"]) if s in around), inf) for r, _ in documents]
    nearest = min(distances, default=inf)
    return [text for (_, text), distance in zip(documents, distances, strict=True) if distance == nearest]


def _before(trace: Trace, call: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the retrievals that had ended when the call ended, in their order."""
    ended = [r for r in trace.retrievals if r["end_unix_ns"] <= call["end_unix_ns"]]
    return sorted(ended, key=lambda r: (r["start_unix_ns"], r["span_id"]))


def _documents(sent: str | None) -> list[str]:
    given = loaded(sent)
    texts = (d.get("text") for d in given if isinstance(d, dict)) if isinstance(given, list) else ()
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _recorded(call: Mapping[str, Any], trace: Trace) -> list[str]:
    """Return the context recorded with the call, else with the innermost span around it."""
    around = (trace.recorded.get(span_id) for span_id in trace.around(call["span_id"]))
    given = loaded(call["retrieved_context"] or next(filter(None, around), None))
    items = given if isinstance(given, list) else [given]
    return [text for item in items if (text := _item(item)).strip()]


def _item(item: Any) -> str:
    """Return the text of one recorded piece: text, a document, or whatever it is as JSON."""
    if isinstance(item, dict):
        named = (item.get(key) for key in ("text", "content", "page_content"))
        item = next((text for text in named if isinstance(text, str)), item)
    return "" if item is None else item if isinstance(item, str) else any_text(item) or ""


def _distinct(chunks: Sequence[Chunk]) -> list[Chunk]:
    return [*{_plain(chunk.text): chunk for chunk in reversed(chunks)}.values()][::-1]


def _plain(text: str) -> str:
    return " ".join(text.split())
