"""What of a decorated function's call is recorded: rules, and the attributes they give.

A rule is a path or a function of the call. A path starts with the name of a parameter or with `result`, and goes on
through keys, attributes and positions: `question`, `request.text`, `result.answer`, `result.documents.0`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeGuard

from otel_cert.instrument.messages import documents, messages, to_json, to_text

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

_INPUTS = ("messages", "question", "query", "prompt", "input", "text", "message")
_CONTEXTS = ("context", "contexts", "documents", "passages", "chunks")
_ANSWERS = ("answer", "response", "output", "content", "text")

MODEL_OPERATIONS = ("chat", "text_completion", "generate_content", "embeddings")
"""Those that ask a model."""


@dataclass(slots=True)
class Call:
    """One call of a decorated function, as rules see it."""

    arguments: Mapping[str, Any]
    """Its arguments by parameter, defaults included; without `self` and `cls`."""
    result: Any = None
    """What it returned; of a generator what it yielded, text joined. None before the end."""


Rule = str | Callable[[Call], Any] | None
"""A path, a function of the call, or None: nothing."""


class _Default:
    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT: Any = _Default()
"""The parameter or result with one of the usual names; for the answer else the whole result."""


@dataclass(frozen=True)
class Rules:
    """What is recorded of a function."""

    operation: str
    name: str
    input: Rule = DEFAULT
    context: Rule = DEFAULT
    answer: Rule = DEFAULT
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def reads_result(self) -> bool:
        """Whether the call is looked at also where no content is recorded."""
        return self.operation == "retrieval" or any(map(callable, self.metadata.values()))

    @property
    def span_name(self) -> str:
        """The name that the conventions give the span."""
        target = self.metadata.get("gen_ai.request.model") if self.operation in MODEL_OPERATIONS else None
        return f"{self.operation} {target if isinstance(target, str) else self.name}"

    def fixed(self) -> dict[str, AttributeValue]:
        """Return the attributes that are the same for each call."""
        named = {
            "retrieval": "gen_ai.data_source.id",
            "execute_tool": "gen_ai.tool.name",
            "invoke_agent": "gen_ai.agent.name",
            "create_agent": "gen_ai.agent.name",
            "invoke_workflow": "gen_ai.workflow.name",
        }.get(self.operation)
        own = {named: self.name} if named else {}
        if self.operation == "execute_tool":
            own["gen_ai.tool.type"] = "function"
        constant = {k: attribute(v) for k, v in self.metadata.items() if v is not None and not callable(v)}
        return {"gen_ai.operation.name": self.operation, **own, **constant}

    def before(self, call: Call) -> dict[str, AttributeValue]:
        """Return what the call was given, as attributes: content."""
        given = self._input(call)
        if given is None:
            return {}
        if self.operation == "retrieval":
            return {"gen_ai.retrieval.query.text": to_text(given)}
        if self.operation == "execute_tool":
            return {"gen_ai.tool.call.arguments": to_text(given)}
        return {"gen_ai.input.messages": to_json(messages(given, "user"))}

    def used(self, call: Call) -> dict[str, AttributeValue]:
        """Return what the answer was made from, as attributes: content."""
        context = self._context(call)
        return {} if context is None else {"gen_ai.prompt.variable.context": to_text(context)}

    def after(self, call: Call, finish_reason: str) -> dict[str, AttributeValue]:
        """Return what came out, as attributes: content."""
        if self.operation in ("retrieval", "embeddings") or (answer := self._answer(call)) is None:
            return {}
        if self.operation == "execute_tool":
            return {"gen_ai.tool.call.result": to_text(answer)}
        said = [{**m, "finish_reason": finish_reason} for m in messages(answer, "assistant")]
        return {"gen_ai.output.messages": to_json(said)}

    def measures(self, *, text: bool) -> Iterator[Callable[[Call], dict[str, AttributeValue]]]:
        """Yield what gives the attributes that a call decides and that are no content, one function for each.

        Documents have their text with `text` only.
        """
        for key, rule in self.metadata.items():
            if callable(rule):
                yield partial(_measured, key, rule)
        if self.operation == "retrieval":
            yield partial(self._found, text=text)

    def _found(self, call: Call, *, text: bool) -> dict[str, AttributeValue]:
        answer = self._answer(call)
        return {} if answer is None else {"gen_ai.retrieval.documents": to_json(documents(answer, text=text))}

    def _input(self, call: Call) -> Any:
        if self.input is not DEFAULT:
            return _apply(self.input, call)
        if self.operation == "execute_tool":
            return call.arguments or None
        name = next((n for n in _INPUTS if n in call.arguments), None)
        given = {k: v for k, v in call.arguments.items() if k not in _CONTEXTS}
        return call.arguments[name] if name else given or None

    def _context(self, call: Call) -> Any:
        if self.context is not DEFAULT:
            return _apply(self.context, call)
        of_result = call.result if isinstance(call.result, Mapping) else {}
        return next((place[n] for place in (call.arguments, of_result) for n in _CONTEXTS if n in place), None)

    def _answer(self, call: Call) -> Any:
        if self.answer is not DEFAULT:
            return _apply(self.answer, call)
        if isinstance(call.result, Awaitable | Iterator | AsyncIterator):
            return None  # what it will give is not known yet, and is the caller's
        if isinstance(call.result, Mapping) and self.operation not in ("execute_tool", "retrieval"):
            return next((call.result[n] for n in _ANSWERS if n in call.result), call.result)
        return call.result


def _measured(key: str, rule: Callable[[Call], Any], call: Call) -> dict[str, AttributeValue]:
    value = rule(call)
    return {} if value is None else {key: attribute(value)}


def attribute(value: Any) -> AttributeValue:
    """Return a value that an attribute can hold: itself, or its JSON."""
    if _is_number(value):
        return value
    if isinstance(value, str):
        return to_text(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        kinds = {type(item) for item in value}
        if len(kinds) == 1 and all(map(_is_number, value)):
            return value
        if kinds == {str}:
            return [to_text(item) for item in value]
    return to_json(value)


def _is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a value is a number that OTLP can hold; a larger one would cost the attribute."""
    return isinstance(value, float) or (isinstance(value, int) and -(2**63) <= value < 2**63)


def _apply(rule: Rule, call: Call) -> Any:
    if rule is None or callable(rule):
        return rule(call) if rule else None
    head, *steps = rule.split(".")
    value = call.result if head == "result" and head not in call.arguments else call.arguments.get(head)
    for step in steps:
        value = _step(value, step)
    return value


def _step(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if step.isdigit() and isinstance(value, Sequence):
        return value[int(step)] if int(step) < len(value) else None
    return getattr(value, step, None)
