"""A guarded method does what it does, whatever an instrumentation makes of it."""

import asyncio
import sys
import types

import pytest
from wrapt import wrap_function_wrapper

from otel_cert.instrument.guard import Guard

MODULE = "a_client_library"


class Client:
    """A client as libraries have them."""

    calls: list

    def __init__(self):
        self.calls = []

    def ask(self, question, *, more=None):
        self.calls.append((question, more))
        if question == "fail":
            raise KeyError(question)
        return [question, self.inner()]

    async def ask_async(self, question, *, more=None):
        return self.ask(question, more=more)

    def inner(self):
        return "inner"


@pytest.fixture
def client(monkeypatch):
    """A client of a fresh library; `instrument` puts an instrumentation between the two parts of the guard."""
    library = types.ModuleType(MODULE)
    library.Client = type("Client", (Client,), dict(vars(Client)))
    monkeypatch.setitem(sys.modules, MODULE, library)

    def instrument(instrumentation, instrumentation_async, bypass=lambda _: False):
        for name, wrapper in (("ask", instrumentation), ("ask_async", instrumentation_async)):
            guard = Guard(f"{MODULE}:Client.{name}", bypass)
            guard.below()
            wrap_function_wrapper(MODULE, f"Client.{name}", wrapper)
            guard.above()
        return library.Client()

    return instrument


def asked(client, *args, **kwargs):
    """Ask both ways; the two must agree."""
    first = client.ask(*args, **kwargs)
    assert asyncio.run(client.ask_async(*args, **kwargs)) == first
    return first


def fails_before(_wrapped, _instance, _args, _kwargs):
    raise ZeroDivisionError("before")


async def fails_before_async(_wrapped, _instance, _args, _kwargs):
    raise ZeroDivisionError("before")


def fails_after(wrapped, _instance, args, kwargs):
    wrapped(*args, **kwargs)
    raise ZeroDivisionError("after")


async def fails_after_async(wrapped, _instance, args, kwargs):
    await wrapped(*args, **kwargs)
    raise ZeroDivisionError("after")


def hides_the_error(wrapped, _instance, args, kwargs):
    try:
        return wrapped(*args, **kwargs)
    except KeyError as error:
        raise ZeroDivisionError("instead") from error


async def hides_the_error_async(wrapped, _instance, args, kwargs):
    try:
        return await wrapped(*args, **kwargs)
    except KeyError as error:
        raise ZeroDivisionError("instead") from error


def test_an_instrumentation_that_fails_before_the_call_is_passed_by(client, caplog):
    guarded = client(fails_before, fails_before_async)
    assert asked(guarded, "why", more=1) == ["why", "inner"]
    # `ask_async` calls `ask`, which is guarded as well.
    assert guarded.calls == [("why", 1)] * 2
    assert "the instrumentation of Client.ask failed (ZeroDivisionError: before)" in caplog.text


def test_one_that_fails_after_the_call_costs_no_second_call(client):
    guarded = client(fails_after, fails_after_async)
    assert asked(guarded, "why") == ["why", "inner"]
    assert len(guarded.calls) == 2


@pytest.mark.parametrize(
    "instrumentation", [(fails_after, fails_after_async), (hides_the_error, hides_the_error_async)]
)
def test_the_methods_own_error_is_raised_as_it_is(client, instrumentation, caplog):
    guarded = client(*instrumentation)
    with pytest.raises(KeyError, match="fail") as raised:
        guarded.ask("fail")
    assert raised.value.__context__ is None
    with pytest.raises(KeyError, match="fail") as raised:
        asyncio.run(guarded.ask_async("fail"))
    assert raised.value.__context__ is None
    assert len(guarded.calls) == 2
    assert caplog.text == ""


def test_an_iterator_is_read_once_for_all(client):
    def reads(wrapped, _instance, args, kwargs):
        assert list(kwargs["more"]) == [1, 2]
        return wrapped(*args, **kwargs)

    async def reads_async(wrapped, _instance, args, kwargs):
        assert list(kwargs["more"]) == [1, 2]
        return await wrapped(*args, **kwargs)

    guarded = client(reads, reads_async)
    guarded.ask("why", more=iter([1, 2]))
    asyncio.run(guarded.ask_async("why", more=(i for i in (1, 2))))
    assert guarded.calls == [("why", [1, 2])] * 2


def test_calls_that_are_better_not_recorded_pass_by(client):
    guarded = client(fails_after, fails_after_async, bypass=lambda arguments: arguments.get("more") == "raw")
    assert asked(guarded, "why", more="raw") == ["why", "inner"]


def test_a_method_that_a_version_does_not_have_is_told():
    with pytest.raises(AttributeError):
        Guard("json:JSONDecoder.no_such_method", lambda _: False)
