"""A span in the making: the record of another tool in the terms of the GenAI conventions.

What has a convention gets its name. The rest of the record stays beside it under the prefix of its source, so that nothing
is lost: `cert.metadata`, `langfuse.level`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from otel_cert.otlp.requests import SIGNALS
from otel_cert.receivers._time import unix_ns
from otel_cert.semconv import messages
from otel_cert.semconv.fields import count, text

_MESSAGE_TYPES = ("human", "ai", "system", "tool", "function", "developer")
"""What LangChain says where others say `role`."""

SCOPES = "otel_cert.import."
"""Prefix of the instrumentation scopes of imported spans; the dialect `otel` claims it."""


@dataclass(slots=True)
class Draft:
    """One span, and what of its record is not in it yet."""

    source: str
    """The tool: end of the scope's name, and prefix of what has no convention."""
    left: dict[str, Any]
    span: Span = field(default_factory=Span)
    resource: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    """What was odd; the attribute `SOURCE.import.flags`."""

    def take(self, *names: str) -> Any:
        """Return the first of these values that is there, and leave it out of the rest."""
        name = self._first(names)
        return None if name is None else self.left.pop(name)

    def peek(self, *names: str) -> Any:
        """Return the first of these values that is there; it stays in the rest."""
        name = self._first(names)
        return None if name is None else self.left[name]

    def say(self, name: str, value: Any) -> None:
        """Set an attribute, unless there is nothing to say."""
        if value not in (None, "", [], {}):
            self.span.attributes.append(KeyValue(key=name, value=_any(value)))

    def flag(self, what: str) -> None:
        """Note that something of the record is odd."""
        if what not in self.flags:
            self.flags.append(what)

    def time(self, name: str) -> int | None:
        """Return a time of the record in nanoseconds, which then is not in the rest; flag what is none."""
        given = self.peek(name)
        if given is None:
            return None
        if (found := unix_ns(given)) is None:
            self.flag(f"{name}: not a time")
            return None
        del self.left[name]
        return found

    def text(self, *names: str) -> str | None:
        """Return the first of these values that is there as text, which then is not in the rest; flag what is none."""
        if (name := self._first(names)) is None:
            return None
        if (found := text(self.left[name])) is None:
            self.flag(f"{name}: not text")
            return None
        del self.left[name]
        return found

    def tokens(self, name: str, given: Any) -> int | None:
        """Return a count of tokens; flag what is none."""
        if given is None:
            return None
        if (found := count(given)) is None:
            self.flag(f"{name}: not a count")
        return found

    def used(self, tokens: Mapping[str, int | None]) -> None:
        """Set `gen_ai.usage.*_tokens`; nothing in and nothing out means that nobody counted."""
        if tokens.get("input_tokens") or tokens.get("output_tokens"):
            for name, number in tokens.items():
                self.say(f"gen_ai.usage.{name}", number)

    def fail(self, message: Any) -> None:
        """Set the status of a failure; these tools keep its text alone, so its type is not known."""
        self.span.status.code = Status.STATUS_CODE_ERROR
        if message is not None:
            self.span.status.message = message if isinstance(message, str) else to_json(message)
        self.say("error.type", "_OTHER")

    def prompted(self, name: str) -> None:
        """Set messages, instructions and tools from a value of the record that holds the request or its messages."""
        given = self._loaded(name)
        if given is None:
            return
        asked = given
        if isinstance(given, dict) and isinstance(given.get("messages"), list):
            asked = given["messages"]
            if system := messages.parts(given.get("system")):
                self.say("gen_ai.system_instructions", to_json(system))
            if isinstance(tools := given.get("tools"), list) and tools:
                self.say("gen_ai.tool.definitions", to_json(messages.tool_definitions(tools)))
        self._said("gen_ai.input.messages", conversation(asked, "user"), name, given)

    def answered(self, name: str, finish_reason: str | None = None) -> None:
        """Set the output messages from a value of the record that holds the response or its messages."""
        given = self._loaded(name)
        if given is None:
            return
        choices = messages.choices(given.get("choices")) if isinstance(given, dict) else None
        found = choices or conversation(given, "assistant")
        if finish_reason and found:
            found[-1].setdefault("finish_reason", finish_reason)
        self._said("gen_ai.output.messages", found, name, given)

    def done(self) -> Draft:
        """Set what is left of the record, under the prefix of its source."""
        for name, value in self.left.items():
            empty_or_plain = not isinstance(value, list | dict) or not value
            self.say(f"{self.source}.{name}", value if empty_or_plain else to_json(value))
        self.say(f"{self.source}.import.flags", "; ".join(self.flags))
        return self

    def _first(self, names: Sequence[str]) -> str | None:
        return next((name for name in names if self.left.get(name) not in (None, "")), None)

    def _said(self, name: str, found: Sequence[Any], origin: str, given: Any) -> None:
        if not found:
            return
        self.say(name, to_json(found))
        if _is_plain(given):  # else it stays as it was sent, too
            self.left.pop(origin, None)

    def _loaded(self, name: str) -> Any:
        """Return a value of the record; what JSON text of an object or array says."""
        given = self.peek(name)
        loaded = messages.loaded(given)
        if loaded is given and isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
            self.flag(f"{name}: not JSON")
        return loaded


def to_json(value: Any) -> str:
    """Return JSON text."""
    return json.dumps(value, ensure_ascii=False)


def conversation(given: Any, role: str) -> list[dict[str, Any]]:
    """Return messages of any shape in the schema of the conventions; what says no role is of `role`.

    >>> conversation("Hi", "user")
    [{'role': 'user', 'parts': [{'type': 'text', 'content': 'Hi'}]}]
    """
    found: list[dict[str, Any]] = []
    open_ = False  # whether the last message takes further parts
    for item in given if isinstance(given, list) else [given]:
        if _is_message(item) and (made := messages.message(item, role if "role" in item else None))["parts"]:
            found.append(made)
            open_ = False
        elif open_:
            found[-1]["parts"] += _parts(item)
        else:
            found.append({"role": role, "parts": _parts(item)})
            open_ = True
    return found


def request(drafts: Iterable[Draft]) -> bytes:
    """Return an OTLP trace request of finished drafts."""
    made = SIGNALS["traces"].request()
    for (source, resource), group in groupby(drafts, key=lambda d: (d.source, sorted(d.resource.items()))):
        sent = made.resource_spans.add()
        for name, value in resource:
            sent.resource.attributes.append(KeyValue(key=name, value=AnyValue(string_value=value)))
        scope = sent.scope_spans.add()
        scope.scope.name = f"{SCOPES}{source}"
        scope.spans.extend(draft.span for draft in group)
    return bytes(made.SerializeToString(deterministic=True))


def _any(value: Any) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int() if -(2**63) <= value < 2**63:
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case list() if all(isinstance(item, str) for item in value):
            return AnyValue(array_value=ArrayValue(values=map(_any, value)))
    return AnyValue(string_value=to_json(value))


def _is_message(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return "role" in item or "lc" in item or (item.get("type") in _MESSAGE_TYPES and "content" in item)


def _parts(item: Any) -> list[dict[str, Any]]:
    if isinstance(item, str) or (isinstance(item, dict) and isinstance(item.get("type"), str)):
        return messages.parts(item)
    return messages.parts(to_json(item))


def _is_plain(given: Any) -> bool:
    """Return whether messages say all that was given: text, or roles with text."""
    match given:
        case str() | {"role": str(), "content": str()} if isinstance(given, str) or len(given) == 2:
            return True
        case {"messages": list() as inside} if len(given) == 1:
            return _is_plain(inside)
        case list():
            return all(isinstance(item, dict) and "messages" not in item and _is_plain(item) for item in given)
    return False
