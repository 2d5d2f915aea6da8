"""`@otel_cert.trace`: any function as a span, whatever kind of function it is.

What the function does is never changed: its result, its exceptions, what it yields and when. Whatever goes wrong in
recording is logged at debug level, and the call goes on.
"""

from __future__ import annotations

import inspect
import logging
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Any, ParamSpec, Self, TypeVar, overload

from opentelemetry import _logs
from opentelemetry import trace as tracing
from opentelemetry.trace import Span, SpanKind, StatusCode

from otel_cert.errors import UsageError
from otel_cert.instrument.content import Content, captured
from otel_cert.instrument.messages import to_text
from otel_cert.instrument.rules import DEFAULT, MODEL_OPERATIONS, Call, Rule, Rules

_P = ParamSpec("_P")
_R = TypeVar("_R")

SCOPE = "otel_cert.instrument"
"""The instrumentation scope of these spans."""

_MOST_ITEMS = 10_000
"""Of a generator that yields more, the first so many are recorded: one without an end must not fill the memory."""

_logger = logging.getLogger(SCOPE)


@overload
def trace(function: Callable[_P, _R], /) -> Callable[_P, _R]: ...


@overload
def trace(
    *,
    operation: str = ...,
    name: str | None = ...,
    input: Rule = ...,
    context: Rule = ...,
    answer: Rule = ...,
    metadata: Mapping[str, Any] | None = ...,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...


def trace(
    function: Callable[..., Any] | None = None,
    /,
    *,
    operation: str = "invoke_workflow",
    name: str | None = None,
    input: Rule = DEFAULT,  # noqa: A002 - the word of the conventions
    context: Rule = DEFAULT,
    answer: Rule = DEFAULT,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Record each call of a function as a span; plain, async, generator or async generator.

    `operation` is the span's `gen_ai.operation.name` (`chat`, `retrieval`, `execute_tool`, `invoke_agent`, ...), `name`
    what is invoked (default: the function's name). `input`, `context` and `answer` say what is recorded as question,
    retrieved text and answer: a path such as `"request.question"` or `"result.answer"`, a function of the `Call`, or
    None for nothing; by default the parameters and results with the usual names. `metadata` are further attributes:
    values, or functions of the `Call`.

    Content is recorded only where OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says so. An exception is recorded
    and raised again. Calls within the function are the span's children. Raises UsageError for what is no function.

        @otel_cert.trace(operation="retrieval", name="handbook")
        def search(question: str) -> list[str]: ...
    """
    decorate = partial(
        _decorate, operation=operation, name=name, input=input, context=context, answer=answer, metadata=metadata
    )
    return decorate if function is None else decorate(function)


def _decorate(
    function: Callable[..., Any],
    *,
    operation: str,
    name: str | None,
    metadata: Mapping[str, Any] | None = None,
    **rules: Any,
) -> Callable[..., Any]:
    if isinstance(function, staticmethod | classmethod) or not callable(function):
        raise UsageError(f"{function!r} is no function", hint="put @trace below @staticmethod and @classmethod")
    named = to_text(name or getattr(function, "__name__", type(function).__name__))
    called = (function,) if isinstance(function, type) else (function, type(function).__call__)
    kinds = (
        (inspect.isasyncgenfunction, _async_generator),
        (inspect.isgeneratorfunction, _generator),
        (inspect.iscoroutinefunction, _coroutine),
    )
    wrap = next((wrap for is_kind, wrap in kinds if any(map(is_kind, called))), _function)
    streams = wrap in (_async_generator, _generator)
    recorder = _Recorder(function, Rules(operation, named, metadata=dict(metadata or {}), **rules), streams=streams)
    return wrap(function, recorder)


def _function(function: Callable[..., Any], recorder: _Recorder) -> Callable[..., Any]:
    @wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        recording = recorder.start(args, kwargs)
        with recording, recording.current():
            result = function(*args, **kwargs)
        recording.finish(result)
        return result

    return traced


def _coroutine(function: Callable[..., Any], recorder: _Recorder) -> Callable[..., Any]:
    @wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        recording = recorder.start(args, kwargs)
        with recording, recording.current():
            result = await function(*args, **kwargs)
        recording.finish(result)
        return result

    return traced


def _generator(function: Callable[..., Any], recorder: _Recorder) -> Callable[..., Any]:
    @wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        recording = recorder.start(args, kwargs)
        with recording:
            inner = function(*args, **kwargs)
            step: Callable[[], Any] = partial(next, inner)
            while True:
                # The span is current in the function only, never in what consumes it.
                with recording.current():
                    try:
                        item = step()
                    except StopIteration as stop:
                        returned = stop.value
                        break
                recording.took(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with recording.current():
                        inner.close()
                    raise
                except BaseException as error:
                    step = partial(inner.throw, error)
                else:
                    step = partial(next, inner) if sent is None else partial(inner.send, sent)
        recording.finish()
        return returned

    return traced


def _async_generator(function: Callable[..., Any], recorder: _Recorder) -> Callable[..., Any]:
    @wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        recording = recorder.start(args, kwargs)
        with recording:
            inner = function(*args, **kwargs)
            step = inner.__anext__
            while True:
                with recording.current():
                    try:
                        item = await step()
                    except StopAsyncIteration:
                        break
                recording.took(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with recording.current():
                        await inner.aclose()
                    raise
                except BaseException as error:
                    step = partial(inner.athrow, error)
                else:
                    step = partial(inner.asend, sent)
        recording.finish()

    return traced


class _Recorder:
    """Starts the spans of one function."""

    def __init__(self, function: Callable[..., Any], rules: Rules, *, streams: bool) -> None:
        self._rules = rules
        self._kind = SpanKind.CLIENT if rules.operation in MODEL_OPERATIONS else SpanKind.INTERNAL
        self._fixed = rules.fixed()
        if streams and rules.operation in MODEL_OPERATIONS:
            self._fixed["gen_ai.request.stream"] = True
        self._tracer = tracing.get_tracer(SCOPE)
        try:
            self._signature: inspect.Signature | None = inspect.signature(function)
        except (TypeError, ValueError):
            self._signature = None  # some functions written in C have none

    def start(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Recording:
        """Start the span of one call."""
        try:
            span = self._tracer.start_span(self._rules.span_name, kind=self._kind, attributes=self._fixed)
        except Exception:
            _logger.debug("a call of %s is not recorded", self._rules.name, exc_info=True)
            span = tracing.NonRecordingSpan(tracing.get_current_span().get_span_context())
        content = captured() if span.is_recording() else Content.NONE
        looked_at = content or (span.is_recording() and self._rules.reads_result)
        return _Recording(span, self._rules, content, Call(self._arguments(args, kwargs) if looked_at else {}))

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if self._signature is None:
            return kwargs
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return {}  # the call is about to fail
        bound.apply_defaults()
        return {name: value for name, value in bound.arguments.items() if name not in ("self", "cls")}


class _Recording:
    """One call: its span, and what is set on it at its end. As a context, it records what the block raises."""

    def __init__(self, span: Span, rules: Rules, content: Content, call: Call) -> None:
        self._span = span
        self._rules = rules
        self._content = content
        self._call = call
        self._items: list[Any] | None = None
        self._started = time.monotonic()
        # Before the function can change its arguments.
        self._said = self._quietly(lambda: rules.before(call)) if content else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, GeneratorExit):  # closed before its end, which is no failure
            self.finish()
        elif error is not None:
            self._quietly(lambda: self._fail(error))
            self._quietly(self._span.end)

    def current(self) -> AbstractContextManager[Span]:
        """Make the span the current one for the length of a block."""
        return tracing.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def took(self, item: Any) -> None:
        """Note what a generator yields."""
        if not self._span.is_recording():
            return
        if self._items is None:
            self._items = []
            self._span.set_attribute("gen_ai.response.time_to_first_chunk", time.monotonic() - self._started)
        if len(self._items) < _MOST_ITEMS and (self._content or self._rules.reads_result):
            self._items.append(item)

    def finish(self, result: Any = None) -> None:
        """Record the result, and end the span."""
        if self._span.is_recording():
            self._call.result = result if self._items is None else _joined(self._items)
            self._record("stop")
        self._quietly(self._span.end)

    def _fail(self, error: BaseException) -> None:
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        self._span.set_attribute("error.type", name)
        self._call.result = _joined(self._items) if self._items else None
        self._record("error")
        self._span.set_status(StatusCode.ERROR)  # what an error says may fail, too
        message, stack = to_text(str(error)), to_text("".join(traceback.format_exception(error)))
        self._span.set_status(StatusCode.ERROR, message)
        self._span.record_exception(error, {"exception.message": message, "exception.stacktrace": stack})

    def _record(self, finish_reason: str) -> None:
        """Set what is known at the end; a rule that fails costs its own attribute only."""
        rules, call = self._rules, self._call
        for measure in rules.measures(text=Content.SPAN in self._content):
            self._span.set_attributes(self._quietly(partial(measure, call)))
        if self._content:
            self._said |= self._quietly(lambda: rules.used(call))
            self._said |= self._quietly(lambda: rules.after(call, finish_reason))
        self._quietly(self._tell)

    def _tell(self) -> None:
        """Put the content where it is wanted."""
        if Content.SPAN in self._content:
            self._span.set_attributes(self._said)
        if Content.EVENT in self._content and self._said:
            record = _logs.LogRecord(
                timestamp=time.time_ns(),
                context=tracing.set_span_in_context(self._span),
                event_name="gen_ai.client.inference.operation.details",
                attributes={"gen_ai.operation.name": self._rules.operation, **self._said},
            )
            _logs.get_logger(SCOPE).emit(record)

    def _quietly(self, act: Callable[[], Any]) -> Any:
        """Return what `act` returns; {} when it fails."""
        try:
            return act()
        except Exception:
            _logger.debug("a call of %s is recorded in part", self._rules.name, exc_info=True)
            return {}


def _joined(items: list[Any]) -> Any:
    return "".join(items) if all(isinstance(item, str) for item in items) else items
