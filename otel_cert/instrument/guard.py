"""A call is what it would be without its instrumentation: the same result, the same exception.

Instrumentations read what applications and servers send, and some of that they do not expect. Around a guarded function
there is a wrapper above the instrumentation and one below it. What the lower one saw the function do, the upper one makes
happen, whatever the instrumentation makes of it.
"""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from wrapt import wrap_function_wrapper

_logger = logging.getLogger("otel_cert.instrument")

_Arguments = dict[str, Any]


class _Outcome:
    """What the guarded function did."""

    called = False
    result: Any = None
    error: BaseException | None = None


_outcome: ContextVar[_Outcome | None] = ContextVar("otel_cert_outcome", default=None)


class Guard:
    """Guards one method; `below` before the instrumentation is turned on, `above` after it."""

    def __init__(self, path: str, bypass: Callable[[_Arguments], bool]) -> None:
        """Guard MODULE:CLASS.METHOD; calls for whose arguments `bypass` returns true pass the instrumentation by.

        Raises ImportError or AttributeError when this version of the library has no such method.
        """
        self._module, _, self._name = path.partition(":")
        self._bypass = bypass
        self._original: Any = importlib.import_module(self._module)
        for name in self._name.split("."):
            self._original = getattr(self._original, name)
        self._asynchronous = inspect.iscoroutinefunction(inspect.unwrap(self._original))

    def below(self) -> None:
        """Note what the method itself does."""
        wrap_function_wrapper(self._module, self._name, _note_async if self._asynchronous else _note)

    def above(self) -> None:
        """Make the caller see what the method itself did."""
        wrap_function_wrapper(self._module, self._name, self._keep_async if self._asynchronous else self._keep)

    def _keep(self, wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: _Arguments) -> Any:
        if self._bypass(kwargs):
            return self._original(instance, *args, **kwargs)
        kwargs = _read(kwargs)
        outcome = _Outcome()
        token = _outcome.set(outcome)
        try:
            return wrapped(*args, **kwargs)
        except Exception as error:
            if error is outcome.error:
                raise
            self._tell(error, outcome)
        finally:
            _outcome.reset(token)
        if outcome.error is not None:  # raised out here, where it gets no other error as its context
            raise outcome.error
        return outcome.result if outcome.called else self._original(instance, *args, **kwargs)

    async def _keep_async(
        self, wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: _Arguments
    ) -> Any:
        if self._bypass(kwargs):
            return await self._original(instance, *args, **kwargs)
        kwargs = _read(kwargs)
        outcome = _Outcome()
        token = _outcome.set(outcome)
        try:
            return await wrapped(*args, **kwargs)
        except Exception as error:
            if error is outcome.error:
                raise
            self._tell(error, outcome)
        finally:
            _outcome.reset(token)
        if outcome.error is not None:
            raise outcome.error
        return outcome.result if outcome.called else await self._original(instance, *args, **kwargs)

    def _tell(self, error: Exception, outcome: _Outcome) -> None:
        """Say that the instrumentation failed where the method did not."""
        if outcome.error is None:
            what = "otel-cert: the instrumentation of %s failed (%s: %s); the call did not"
            _logger.warning(what, self._name, type(error).__name__, error)


def _note(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: _Arguments) -> Any:
    outcome = _outcome.get() or _Outcome()
    token = _outcome.set(None)  # what it calls in turn is no concern of this guard
    outcome.called = True
    try:
        outcome.result = wrapped(*args, **kwargs)
    except BaseException as error:
        outcome.error = error
        raise
    finally:
        _outcome.reset(token)
    return outcome.result


async def _note_async(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: _Arguments) -> Any:
    outcome = _outcome.get() or _Outcome()
    token = _outcome.set(None)
    outcome.called = True
    try:
        outcome.result = await wrapped(*args, **kwargs)
    except BaseException as error:
        outcome.error = error
        raise
    finally:
        _outcome.reset(token)
    return outcome.result


def _read(kwargs: _Arguments) -> _Arguments:
    """Return the arguments with every iterator as a list: it can be read once only, and the call needs it."""
    return {name: list(value) if hasattr(value, "__next__") else value for name, value in kwargs.items()}
