"""What prompts quote as context, found by their marks, and the question that remains."""

import time

import pytest

from otel_cert.processors.prompt_parts import Parts, split

RIVER = "The Loire is 1006 kilometres long."


@pytest.mark.parametrize(
    "prompt",
    [
        f"Context:\n{RIVER}\n\nQuestion: How long is it?",
        f"Context: {RIVER}\nQuestion: How long is it?\nAnswer:",
        f"## Context\n{RIVER}\n## Question:\nHow long is it?",
        f"**Retrieved documents:**\n{RIVER}\n\n**User question:** How long is it?",
        f"Context information is below.\n---\n{RIVER}\n---\nGiven the context, answer.\nQuery: How long is it?\nAnswer: ",
        f'Context:\n"""\n{RIVER}\n"""\nHow long is it?',
        f"<context>{RIVER}</context>\nHow long is it?",
        f'<document id="1" title="a">{RIVER}</document>\nQuestion: How long is it?',
        f"How long is it?\n\nSources:\n```text\n{RIVER}\n```",
        f"How long is it?\n\nSearch results:\n{RIVER}",
        f"Kontext:\n{RIVER}\n\nFrage: How long is it?\nAntwort:",
        f"Auszüge folgen unten.\n{RIVER}\nFrage: How long is it?",
        f"Contexto: {RIVER}\n\nPregunta: How long is it?\nRespuesta:",
        f"Contexte :\n{RIVER}\n\nQuestion : How long is it?\nRéponse :",
    ],
)  # fmt: skip
def test_marked_context_and_question(prompt):
    assert split(prompt) == Parts((RIVER,), "How long is it?")


@pytest.mark.parametrize(
    "prompt",
    [
        "How long is the Loire?",
        "Is context important for an answer? A context is important, they say: is it?",
        "Please document: is this right?",
        "Tell me of the river below the hill: how long is it?",
        "",
        "\x00\u202e\ud800 \U0001f600",
    ],
)
def test_nothing_marked(prompt):
    assert split(prompt) == Parts((), prompt.strip())


def test_pieces_stay_apart_and_elements_within_elements_do_not():
    assert split("<doc>a</doc> <doc>b</doc> c?") == Parts(("a", "b"), "c?")
    assert split("<documents><doc>a</doc></documents> c?") == Parts(("<doc>a</doc>",), "c?")
    assert split("Context:\na\nQuestion: b?\nSource:\nc") == Parts(("a", "c"), "b?")


def test_an_element_that_is_not_closed_is_text():
    assert split("<context> a?") == Parts((), "<context> a?")


@pytest.mark.parametrize(
    "hostile", ["<doc>" * 100_000, "Context:\n---\n" * 50_000, "<doc" * 200_000, "Context " * 100_000]
)
def test_time_grows_with_the_text_only(hostile):
    began = time.process_time()
    split(hostile)
    assert time.process_time() - began < 5
