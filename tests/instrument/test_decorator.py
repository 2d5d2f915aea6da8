"""`@otel_cert.trace` on every kind of function."""

# ruff: noqa: ARG001 - what is decorated need not use its arguments

import asyncio
import inspect
import json
from dataclasses import dataclass

import pytest
from opentelemetry import trace as tracing
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import otel_cert
from otel_cert.errors import UsageError
from otel_cert.instrument import content
from otel_cert.instrument.rules import Call


@pytest.fixture
def spans(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "get_tracer", provider.get_tracer)
    monkeypatch.setenv(content.VARIABLE, "SPAN_ONLY")
    return exporter.get_finished_spans


def said(span, which):
    return [(m["role"], m["parts"][0]["content"]) for m in json.loads(span.attributes[f"gen_ai.{which}.messages"])]


def test_a_function_is_a_span_with_question_context_and_answer(spans):
    @otel_cert.trace(operation="invoke_agent", name="guide", metadata={"tenant": "north", "attempt": 2, "tags": ["a"]})
    def answer(question, context, *, limit=3):
        return f"{question} {len(context)} {limit}"

    assert answer("Why?", context=["one", "two"]) == "Why? 2 3"
    (span,) = spans()
    assert (span.name, span.kind, span.status.status_code) == (
        "invoke_agent guide",
        SpanKind.INTERNAL,
        StatusCode.UNSET,
    )
    assert said(span, "input") == [("user", "Why?")]
    assert said(span, "output") == [("assistant", "Why? 2 3")]
    assert json.loads(span.attributes["gen_ai.prompt.variable.context"]) == ["one", "two"]
    assert span.attributes["gen_ai.agent.name"] == "guide"
    assert (span.attributes["tenant"], span.attributes["attempt"], span.attributes["tags"]) == ("north", 2, ("a",))


def test_without_parentheses_the_function_is_a_workflow_of_its_name(spans):
    @otel_cert.trace
    def plan(trip):
        """Plan it."""
        return {"days": trip}

    assert plan(3) == {"days": 3}
    (span,) = spans()
    assert span.attributes["gen_ai.workflow.name"] == "plan"
    assert said(span, "input") == [("user", '{"trip":3}')]
    assert said(span, "output") == [("assistant", '{"days":3}')]
    assert (plan.__name__, plan.__doc__) == ("plan", "Plan it.")
    assert str(inspect.signature(plan)) == "(trip)"


def test_rules_say_where_question_context_and_answer_are(spans):
    @dataclass
    class Request:
        text: str

    @otel_cert.trace(
        input="request.text",
        context="result.sources.0",
        answer=lambda call: call.result["reply"].upper(),
        metadata={"gen_ai.usage.input_tokens": lambda call: call.result["tokens"], "absent": lambda _: None},
    )
    def answer(request):
        return {"reply": request.text, "sources": ["page 1", "page 2"], "tokens": 12}

    answer(Request("hello"))
    (span,) = spans()
    assert said(span, "input") == [("user", "hello")]
    assert said(span, "output") == [("assistant", "HELLO")]
    assert span.attributes["gen_ai.prompt.variable.context"] == "page 1"
    assert span.attributes["gen_ai.usage.input_tokens"] == 12
    assert "absent" not in span.attributes


def test_none_records_nothing_of_it(spans):
    @otel_cert.trace(input=None, context=None, answer=None)
    def answer(question, context):
        return question + context

    answer("secret", "papers")
    (span,) = spans()
    assert "secret" not in str(dict(span.attributes))
    assert "papers" not in str(dict(span.attributes))


@pytest.mark.parametrize("word", ["NO_CONTENT", "false", "", "nonsense", "EVENT_ONLY"])
def test_no_content_is_on_the_span_unless_the_variable_says_so(spans, monkeypatch, word):
    monkeypatch.setenv(content.VARIABLE, word)

    @otel_cert.trace(operation="retrieval", metadata={"k": lambda call: len(call.result)})
    def search(query):
        return [{"id": "d1", "score": 0.5, "text": "secret"}]

    assert search("secret")
    (span,) = spans()
    assert "secret" not in str(dict(span.attributes))
    assert json.loads(span.attributes["gen_ai.retrieval.documents"]) == [{"id": "d1", "score": 0.5}]
    assert span.attributes["k"] == 1


def test_messages_keep_their_roles_tool_calls_and_results(spans):
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    conversation = [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": "x"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
    ]

    @otel_cert.trace(operation="chat", metadata={"gen_ai.request.model": "local-7b", "gen_ai.provider.name": "local"})
    def ask(messages):
        return {"role": "assistant", "content": "Four."}

    ask(conversation)
    (span,) = spans()
    assert (span.name, span.kind) == ("chat local-7b", SpanKind.CLIENT)
    given = json.loads(span.attributes["gen_ai.input.messages"])
    assert [m["role"] for m in given] == ["user", "assistant", "tool"]
    assert given[0]["parts"] == [{"type": "text", "content": "Hi"}, {"type": "image_url", "image_url": "x"}]
    assert given[1]["parts"] == [{"type": "tool_call", "id": "c1", "name": "f", "arguments": "{}"}]
    assert given[2]["parts"] == [{"type": "tool_call_response", "id": "c1", "response": "4"}]
    assert said(span, "output") == [("assistant", "Four.")]


def test_what_was_retrieved_is_recorded_as_documents(spans):
    @dataclass
    class Document:
        page_content: str
        id: str

    @otel_cert.trace(operation="retrieval", name="handbook")
    def search(query):
        return [(Document("Bread keeps.", "b1"), 0.75), "Plain text."]

    search("bread")
    (span,) = spans()
    assert span.attributes["gen_ai.data_source.id"] == "handbook"
    assert span.attributes["gen_ai.retrieval.query.text"] == "bread"
    assert json.loads(span.attributes["gen_ai.retrieval.documents"]) == [
        {"id": "b1", "score": 0.75, "text": "Bread keeps."},
        {"text": "Plain text."},
    ]


def test_a_tool_has_its_arguments_and_its_result(spans):
    @otel_cert.trace(operation="execute_tool")
    def weather(city, unit="C"):
        return {"degrees": 4}

    weather("Oslo")
    (span,) = spans()
    assert (span.name, span.attributes["gen_ai.tool.name"]) == ("execute_tool weather", "weather")
    assert json.loads(span.attributes["gen_ai.tool.call.arguments"]) == {"city": "Oslo", "unit": "C"}
    assert json.loads(span.attributes["gen_ai.tool.call.result"]) == {"degrees": 4}


def test_arguments_are_recorded_as_they_were_before_the_call(spans):
    @otel_cert.trace
    def answer(messages):
        messages.append({"role": "assistant", "content": "added"})

    answer([{"role": "user", "content": "Hi"}])
    assert said(spans()[0], "input") == [("user", "Hi")]


def test_an_exception_is_recorded_and_raised_again(spans):
    failure = KeyError("gone")

    @otel_cert.trace(metadata={"tenant": lambda call: call.arguments["tenant"], "n": lambda call: len(call.result)})
    def fail(question, context, tenant):
        raise failure

    with pytest.raises(KeyError) as caught:
        fail("Why?", "a page", "north")
    assert caught.value is failure
    (span,) = spans()
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "KeyError")
    assert span.events[0].attributes["exception.message"] == "'gone'"
    assert (span.attributes["tenant"], span.attributes["gen_ai.prompt.variable.context"]) == ("north", "a page")
    assert said(span, "input") == [("user", "Why?")]
    assert "gen_ai.output.messages" not in span.attributes


def test_wrong_arguments_fail_as_they_would_without(spans):
    @otel_cert.trace
    def answer(question):
        return question

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'question'"):
        answer()
    assert spans()[0].attributes["error.type"] == "TypeError"


def test_nested_calls_are_children(spans):
    @otel_cert.trace(operation="execute_tool")
    def inner():
        return 1

    @otel_cert.trace
    def outer():
        return inner() + inner()

    outer()
    first, second, whole = spans()
    assert {first.parent.span_id, second.parent.span_id} == {whole.context.span_id}
    assert whole.parent is None


def test_coroutines_that_run_side_by_side_keep_their_own_children(spans):
    @otel_cert.trace(operation="execute_tool", metadata={"of": lambda call: call.arguments["name"]})
    async def inner(name):
        await asyncio.sleep(0.001)
        return name

    @otel_cert.trace(metadata={"of": lambda call: call.arguments["name"]})
    async def outer(name):
        await asyncio.sleep(0.001)
        return await inner(name)

    async def both():
        return await asyncio.gather(outer("a"), outer("b"))

    assert asyncio.run(both()) == ["a", "b"]
    parents = {s.attributes["of"]: s.context.span_id for s in spans() if s.name.startswith("invoke")}
    children = {s.attributes["of"]: s.parent.span_id for s in spans() if s.name.startswith("execute")}
    assert parents == children
    assert inspect.iscoroutinefunction(outer)


def test_a_cancelled_coroutine_is_recorded_as_such(spans):
    @otel_cert.trace
    async def wait():
        await asyncio.sleep(10)

    async def cancel():
        await asyncio.wait_for(wait(), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(cancel())
    assert spans()[0].attributes["error.type"] == "asyncio.exceptions.CancelledError"


def test_a_generator_is_recorded_when_it_ends_and_is_current_only_inside(spans):
    inside = []

    @otel_cert.trace(operation="chat")
    def stream(question):
        for word in ("It ", "is ", "so."):
            inside.append(tracing.get_current_span().get_span_context().span_id)
            yield word
        return "done"

    def consume():
        words = []
        generator = stream("Why?")
        while True:
            try:
                words.append(next(generator))
            except StopIteration as stop:
                return words, stop.value
            assert not tracing.get_current_span().get_span_context().is_valid, "the consumer is outside"
            assert spans() == ()

    assert consume() == (["It ", "is ", "so."], "done")
    (span,) = spans()
    assert set(inside) == {span.context.span_id}
    assert said(span, "output") == [("assistant", "It is so.")]
    assert span.attributes["gen_ai.request.stream"] is True
    assert span.attributes["gen_ai.response.time_to_first_chunk"] >= 0
    assert inspect.isgeneratorfunction(stream)


def test_a_generator_takes_what_is_sent_and_thrown_and_may_be_closed(spans):
    seen = []

    @otel_cert.trace
    def echo():
        try:
            while True:
                try:
                    seen.append((yield len(seen)))
                except ValueError as error:
                    seen.append(str(error))
        finally:
            seen.append("closed")

    generator = echo()
    assert [next(generator), generator.send("a"), generator.throw(ValueError("b")), generator.send(None)] == [
        0,
        1,
        2,
        3,
    ]
    generator.close()
    assert seen == ["a", "b", None, "closed"]
    (span,) = spans()
    assert span.status.status_code is StatusCode.UNSET, "closing early is no failure"
    assert said(span, "output") == [("assistant", "[0,1,2,3]")]


def test_a_generator_that_fails_has_what_it_yielded_before_and_its_error(spans):
    @otel_cert.trace
    def stream(question):
        yield "It "
        raise OSError("lost")

    with pytest.raises(OSError, match="lost"):
        list(stream("Why?"))
    assert spans()[0].attributes["error.type"] == "OSError"
    assert json.loads(spans()[0].attributes["gen_ai.output.messages"])[0]["finish_reason"] == "error"
    assert said(spans()[0], "output") == [("assistant", "It ")]


def test_an_async_generator_is_recorded_when_it_ends(spans):
    @otel_cert.trace(operation="execute_tool")
    async def inner():
        return 1

    @otel_cert.trace
    async def stream(question):
        for word in ("It ", "is."):
            await inner()
            yield word

    async def consume(most):
        words = []
        generator = stream("Why?")
        async for word in generator:
            assert not tracing.get_current_span().get_span_context().is_valid
            words.append(word)
            if len(words) == most:
                break
        await generator.aclose()
        return words

    assert asyncio.run(consume(9)) == ["It ", "is."]
    *children, whole = spans()
    assert {child.parent.span_id for child in children} == {whole.context.span_id}
    assert said(whole, "output") == [("assistant", "It is.")]
    assert asyncio.run(consume(1)) == ["It "]
    assert said(spans()[-1], "output") == [("assistant", "It ")]
    assert inspect.isasyncgenfunction(stream)


def test_a_rule_that_fails_costs_its_attribute_only(spans):
    def broken(call):
        raise ZeroDivisionError

    @otel_cert.trace(answer=broken, metadata={"a": broken, "b": lambda call: call.arguments["question"]})
    def answer(question, context):
        return "fine"

    assert answer("Why?", "a page") == "fine"
    (span,) = spans()
    assert said(span, "input") == [("user", "Why?")]
    assert span.attributes["gen_ai.prompt.variable.context"] == "a page"
    assert span.attributes["b"] == "Why?"
    assert not {"a", "gen_ai.output.messages"} & set(span.attributes)


def test_text_that_no_exporter_could_send_is_made_sendable(spans):
    @otel_cert.trace(operation="execute_tool", metadata={"odd": "\ud800"})
    def tool(text):
        return text

    assert tool("\ud800\0") == "\ud800\0"
    for value in spans()[0].attributes.values():
        str(value).encode()


def test_whatever_fails_or_is_recorded_its_span_can_be_exported(spans):
    class Unspeakable(Exception):
        def __str__(self):
            raise ZeroDivisionError

    @otel_cert.trace(name="odd \ud800", metadata={"big": 2**63, "many": [1, 2**63], "least": -(2**63)})
    def fail(error):
        raise error

    for error in (ValueError("\ud800"), Unspeakable()):
        with pytest.raises(type(error)):
            fail(error)
    surrogate, unspeakable = spans()
    assert (surrogate.status.status_code, surrogate.status.description) == (StatusCode.ERROR, "?")
    assert unspeakable.status.status_code == StatusCode.ERROR
    assert surrogate.attributes["big"] == str(2**63)
    assert json.loads(surrogate.attributes["many"]) == [1, 2**63]
    assert surrogate.attributes["least"] == -(2**63)
    (event,) = surrogate.events
    assert event.attributes["exception.message"] == "?"
    assert "raise error" in event.attributes["exception.stacktrace"]
    (resource,) = encode_spans([surrogate, unspeakable]).resource_spans
    for sent in resource.scope_spans[0].spans:
        assert {"big", "many", "least", "gen_ai.workflow.name"} <= {a.key for a in sent.attributes}


def test_what_json_does_not_know_is_recorded_as_text(spans):
    endless = []
    endless.append(endless)

    @otel_cert.trace(context=None)
    def answer(messages, **_):
        return {(1, 2): endless}

    answer([{"role": "user", "content": 5}, {"role": "user", "content": {"a": 1}}])
    answer(endless)
    first, second = spans()
    assert said(first, "input") == [("user", "5"), ("user", '{"a":1}')]
    assert said(first, "output") == [("assistant", json.dumps(str({(1, 2): endless})))]
    assert said(second, "input") == [("user", json.dumps("[[...]]"))]


def test_an_object_that_is_called_is_what_its_call_is(spans):
    class Asks:
        async def __call__(self, question):
            await asyncio.sleep(0)
            return f"{question}!"

    class Yields:
        def __call__(self, question):
            yield question
            yield "!"

    assert asyncio.run(otel_cert.trace(Asks())("Why")) == "Why!"
    assert list(otel_cert.trace(Yields())("Why")) == ["Why", "!"]
    assert otel_cert.trace(Yields)().__class__ is Yields
    assert [said(s, "output")[0][1] for s in spans()[:2]] == ["Why!", "Why!"]


def test_what_is_still_to_come_is_left_to_the_caller(spans):
    @otel_cert.trace
    def answer(question):
        return iter([question])

    @otel_cert.trace(operation="retrieval")
    def search(query):
        return (page for page in [query])

    assert (list(answer("a")), list(search("b"))) == (["a"], ["b"])
    assert not {"gen_ai.output.messages", "gen_ai.retrieval.documents"} & {a for s in spans() for a in s.attributes}


def test_methods_leave_self_out(spans):
    class Bot:
        @otel_cert.trace
        def ask(self, about):
            return about

        @staticmethod
        @otel_cert.trace
        def tell(about):
            return about

    assert Bot().ask("x") == "x"
    assert Bot.tell("y") == "y"
    assert [said(s, "input") for s in spans()] == [[("user", '{"about":"x"}')], [("user", '{"about":"y"}')]]
    with pytest.raises(UsageError, match="below @staticmethod"):
        otel_cert.trace(staticmethod(len))


def test_content_may_go_to_an_event_instead(spans, monkeypatch):
    emitted = []
    monkeypatch.setenv(content.VARIABLE, "EVENT_ONLY")
    logger = type("Logger", (), {"emit": lambda _, record: emitted.append(record)})()
    monkeypatch.setattr("opentelemetry._logs.get_logger", lambda *_: logger)

    @otel_cert.trace
    def answer(question):
        return "Because."

    answer("Why?")
    (record,) = emitted
    assert record.event_name == "gen_ai.client.inference.operation.details"
    assert record.span_id == spans()[0].context.span_id
    assert "Because." in record.attributes["gen_ai.output.messages"]


def test_a_call_has_arguments_and_result():
    assert Call({"a": 1}, 2).arguments == {"a": 1}
