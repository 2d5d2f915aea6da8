"""What the answer of a call should rest on, and how it was found."""

import json

import pytest

from otel_cert.processors.call_context import SOURCES, Chunk, Trace, context_of, question_of
from otel_cert.processors.call_texts import texts
from tests.processors.truth import bodies
from tests.scored import ScoredStore, overlap_installed

LOIRE, ANETO = "The Loire is 1006 kilometres long.", "Mount Aneto is 3404 metres high."


def call(user="How long is it?", *, answer="Long.", system=(), context=None, tools=(), span_id="c"):
    said = [*({"role": "tool", "parts": [{"type": "tool_call_response", "response": t}]} for t in tools)]
    asked = {"role": "user", "parts": [{"type": "text", "content": user}]}
    return {
        "trace_id": "t", "span_id": span_id, "start_unix_ns": 50, "end_unix_ns": 60, "content_state": "present",
        "system_instructions": json.dumps([{"type": "text", "content": text} for text in system]),
        "input_messages": json.dumps([asked, *said]), "retrieved_context": context,
        "output_messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]),
    }  # fmt: skip


def retrieval(span_id, *documents, end=40, query=None):
    given = json.dumps([{"id": None, "text": text} for text in documents])
    return {"span_id": span_id, "start_unix_ns": end - 1, "end_unix_ns": end, "documents": given, "query": query}


def found(row, trace=None, sources=SOURCES):
    return [(c.source, c.text) for c in context_of(row, texts(row), trace or Trace(), sources)]


def test_documents_in_the_prompt_come_first_wherever_they_were_retrieved():
    trace = Trace({"c": "a", "r1": "b", "r2": "a"}, {}, [retrieval("r1", LOIRE), retrieval("r2", ANETO)])
    assert found(call(f"{LOIRE}\n How long is it?"), trace) == [("retrieval", LOIRE)]


def test_else_the_documents_nearest_to_the_call():
    parents = {"root": "", "one": "root", "two": "root", "r1": "one", "r2": "two", "c": "two"}
    trace = Trace(parents, {}, [retrieval("r1", LOIRE), retrieval("r2", ANETO)])
    assert found(call(), trace) == [("retrieval", ANETO)]
    assert found(call() | {"span_id": "elsewhere"}, trace) == [("retrieval", LOIRE), ("retrieval", ANETO)]


def test_what_was_retrieved_after_the_call_is_no_context_of_it():
    assert found(call(), Trace({}, {}, [retrieval("r", LOIRE, end=60)])) == [("retrieval", LOIRE)]
    assert found(call(), Trace({}, {}, [retrieval("r", LOIRE, end=61)])) == []


def test_parents_in_a_circle():
    assert found(call(), Trace({"c": "a", "a": "c", "r": "r"}, {}, [retrieval("r", LOIRE)])) == [("retrieval", LOIRE)]


@pytest.mark.parametrize("context", [LOIRE, json.dumps([LOIRE]), json.dumps([{"id": 1, "text": LOIRE}])])
def test_recorded_context_is_what_was_given_unless_the_prompt_shows_documents(context):
    trace = Trace({}, {}, [retrieval("r", ANETO)])
    assert found(call(context=context), trace) == [("recorded", LOIRE)]
    assert found(call(ANETO, context=context), trace) == [("retrieval", ANETO)]
    assert found(call(), Trace({"c": "f"}, {"f": context})) == [("recorded", LOIRE)], "with the function around it"


def test_tools_count_beside_documents():
    assert found(call(tools=[ANETO])) == [("tool", ANETO)]
    assert found(call(tools=[ANETO], context=LOIRE)) == [("recorded", LOIRE), ("tool", ANETO)]
    assert found(call(tools=[{"metres": 3404}])) == [("tool", '{"metres":3404}')]


def test_the_prompt_and_the_system_come_last():
    assert found(call(f"Context: {LOIRE}\nQuestion: How long?")) == [("prompt", LOIRE)]
    assert found(call(system=[f"<context>{LOIRE}</context>"])) == [("prompt", LOIRE)]
    assert found(call(system=["Be brief."])) == []
    assert found(call(system=[LOIRE * 50])) == [("system", LOIRE * 50)]


def test_only_wanted_sources_count():
    assert found(call(f"Context: {LOIRE}", tools=[ANETO]), sources=("prompt",)) == [("prompt", LOIRE)]
    assert found(call(context=LOIRE), Trace({}, {}, [retrieval("r", ANETO)]), ("retrieval",)) == [("retrieval", ANETO)]


def test_a_piece_counts_once():
    assert found(call(), Trace({}, {}, [retrieval("r", LOIRE, f"  {LOIRE}\n")])) == [("retrieval", LOIRE)]


def test_the_question_is_what_remains_else_the_query():
    row = call(f"Context: {LOIRE}\nQuestion: How long is it?")
    assert question_of(texts(row), Trace(), row) == "How long is it?"
    row = call("")
    assert question_of(texts(row), Trace({}, {}, [retrieval("r", LOIRE, query="how long")]), row) == "how long"
    assert question_of(texts(row), Trace(), row) is None


@pytest.mark.parametrize(
    "broken", [None, "", "{", "null", "[1]", '[{"parts":1}]', '[{"parts":[{"type":"text"}]}]', '["\\ud800"]']
)
def test_messages_of_no_shape_say_nothing(broken):
    row = call() | dict.fromkeys(("input_messages", "output_messages", "system_instructions"), broken)
    said = texts(row)
    assert (said.answer, said.user, said.system, said.tools) == (None, "", (), ())


def test_text_before_a_call_of_a_tool_is_no_answer():
    parts = [{"type": "text", "content": "Let me look."}, {"type": "tool_call", "name": "search"}]
    row = call() | {"output_messages": json.dumps([{"role": "assistant", "parts": parts}])}
    assert texts(row).answer is None


RECORDED = {
    "openinference-langchain": ("retrieval", 2), "openinference-llamaindex": ("retrieval", 2),
    "traceloop-langchain": ("retrieval", 2), "otel-genai-langchain": ("recorded", 1), "otel-genai-openai": ("prompt", 1),
    "vercel-ai-v6": ("prompt", 1), "pydantic-ai": ("prompt", 1),
}  # fmt: skip


@pytest.mark.parametrize("capture", RECORDED)
def test_recorded_applications(tmp_path, capture):
    source, chunks = RECORDED[capture]
    with overlap_installed():
        store = ScoredStore(tmp_path)
        for signal in ("traces", "logs"):
            store.send(*bodies(f"{capture}/rag_a", signal), signal=signal)
        store.seal()
        store.analyse()
        store.score()
    asked = "json_extract_string(details, 'question')"
    sql = f"SELECT context_sources, context_chunks, {asked}, score_value FROM support WHERE error_type IS NULL"
    assert store.rows(sql) == [([source], chunks, "How long is the Loire river?", 1.0)]


def test_a_chunk_knows_its_source():
    assert context_of(call(context=LOIRE), texts(call()), Trace()) == [Chunk("recorded", LOIRE)]
