"""Recorded messages become what chat templates read; what cannot is named."""

from otel_cert.measures.recorded_item import recorded_item
from otel_cert.scoring.scored_tokens import Item


def part(text):
    return {"type": "text", "content": text}


def test_texts_keep_their_roles():
    found = recorded_item(
        [part("Be brief."), part("Be kind.")],
        [{"role": "developer", "parts": [part("In French.")]}, {"role": "user", "parts": [part("Hello"), part("you")]}],
        "Bonjour.",
    )
    assert found.item == Item(
        [
            {"role": "system", "content": "Be brief.\nBe kind."},
            {"role": "system", "content": "In French."},
            {"role": "user", "content": "Hello\nyou"},
        ],
        "Bonjour.",
    )
    assert found.left_out == ()


def test_tools_are_called_and_answer():
    call = {"type": "tool_call", "id": "1", "name": "weather", "arguments": '{"city": "Paris"}'}
    plain = {"type": "tool_call", "id": "2", "name": "news", "arguments": "{"}
    responses = [
        {"type": "tool_call_response", "id": "1", "response": "rain"},
        {"type": "tool_call_response", "id": "2", "result": {"é": 1}},
    ]
    found = recorded_item(
        None, [{"role": "assistant", "parts": [call, plain]}, {"role": "tool", "parts": responses}], "Rain."
    )
    called = [
        {"type": "function", "function": {"name": "weather", "arguments": {"city": "Paris"}}},
        {"type": "function", "function": {"name": "news", "arguments": "{"}},
    ]
    assert found.item.prompt == [
        {"role": "assistant", "content": "", "tool_calls": called},
        {"role": "tool", "content": "rain"},
        {"role": "tool", "content": '{"é": 1}'},
    ]


def test_what_is_no_text_is_named():
    parts = [
        {"type": "blob", "data": "x"},
        part("What is this?"),
        {"type": "reasoning", "content": "?"},
        "broken",
        {"type": "blob"},
    ]
    found = recorded_item(None, [{"role": "user", "parts": parts}, None, {"role": "user"}, {"parts": 0}], "A cat.")
    assert found.item.prompt == [{"role": "user", "content": "What is this?"}]
    assert found.left_out == ("blob", "reasoning")
    assert recorded_item(None, None, "x").item.prompt == []
