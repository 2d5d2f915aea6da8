"""The Anthropic client as applications use it; knows nothing of otel-cert."""

import os

import anthropic
from cases import Gate, case, main

MODEL = "claude-sonnet-4-5"
SYSTEM = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
QUESTION = [{"role": "user", "content": "What is Oslo?"}]
TOOLS = [{
    "name": "get_weather", "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}]  # fmt: skip

client = anthropic.Anthropic(base_url=os.environ["PROVIDERS"], max_retries=0)
asynchronous = anthropic.AsyncAnthropic(base_url=os.environ["PROVIDERS"], max_retries=0)
GIVEN = {"model": MODEL, "max_tokens": 100, "messages": QUESTION}


@case
def chat():
    return client.messages.create(**GIVEN, system=SYSTEM).model_dump()


@case
def stream():
    gate, text = Gate(), ""
    question = [{"role": "user", "content": gate.question}]
    for event in client.messages.create(**{**GIVEN, "messages": question}, stream=True):
        gate.passed()
        text += event.delta.text if event.type == "content_block_delta" else ""
    return [text, gate.in_time()]


@case
def helped_stream():
    with client.messages.stream(**GIVEN) as events:
        return ["".join(events.text_stream), events.get_final_message().usage.model_dump()]


@case
async def asynchronous_stream():
    async with asynchronous.messages.stream(**GIVEN) as events:
        return "".join([text async for text in events.text_stream])


@case
async def asynchronous_chat():
    return (await asynchronous.messages.create(**GIVEN)).content[0].text


@case
def tools():
    first = client.messages.create(**GIVEN, tools=TOOLS)
    use = first.content[0]
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "4 degrees"}
    messages = [*QUESTION, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(**{**GIVEN, "messages": messages}, tools=TOOLS)
    return [first.model_dump(), second.content[0].text]


@case
def raw():
    response = client.messages.with_raw_response.create(**GIVEN)
    return [response.status_code, response.parse().content[0].text]


@case
def raw_body():
    with client.messages.with_streaming_response.create(**GIVEN) as response:
        return [response.http_response.is_stream_consumed, len(b"".join(response.http_response.iter_raw()))]


@case
def overloaded():
    return client.messages.create(**{**GIVEN, "messages": [{"role": "user", "content": "status 529"}]})


main(asynchronous.close)
