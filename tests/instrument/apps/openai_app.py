"""The OpenAI client as applications use it; knows nothing of otel-cert."""

import asyncio
import os

import openai
from cases import Gate, case, main

from tests.providers.openai_api import TOOLS

URL = os.environ["PROVIDERS"]
QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is Oslo? \U0001f3d4"}]

client = openai.OpenAI(base_url=f"{URL}/v1", max_retries=0)
asynchronous = openai.AsyncOpenAI(base_url=f"{URL}/v1", max_retries=0)


def create(**more):
    return client.chat.completions.create(**{"model": "gpt-4o-mini", "messages": QUESTION, **more})


async def acreate(**more):
    return await asynchronous.chat.completions.create(**{"model": "gpt-4o-mini", "messages": QUESTION, **more})


@case
def chat():
    return create(temperature=0.25, max_tokens=50).model_dump()


@case
def generated_messages():
    return create(messages=(m for m in QUESTION)).choices[0].message.content


@case
def tools():
    first = create(tools=TOOLS).choices[0].message
    answer = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "4 degrees"}
    second = create(messages=[*QUESTION, first, answer], tools=TOOLS)
    return [first.model_dump(), second.choices[0].message.model_dump()]


@case
def stream():
    gate, text, count = Gate(), "", 0
    question = [{"role": "user", "content": gate.question}]
    chunks = create(messages=question, stream=True, stream_options={"include_usage": True})
    for chunk in chunks:
        gate.passed()
        count += 1
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    return [text, count, gate.in_time(), isinstance(chunks, openai.Stream)]


@case
def stream_of_tools():
    return [chunk.model_dump() for chunk in create(stream=True, tools=TOOLS)]


@case
def closed_stream():
    with create(stream=True, logprobs=True) as chunks:
        first = next(iter(chunks))
    return first.model_dump()


@case
def cut_stream():
    chunks = create(messages=[{"role": "user", "content": "cut"}], stream=True)
    return "".join(chunk.choices[0].delta.content for chunk in chunks)


@case
def refused():
    return create(messages=[{"role": "user", "content": "status 429"}])


@case
def malformed():
    """A server that is nearly compatible: what the bare client returns, the recorded one must return too."""
    return create(messages=[{"role": "user", "content": "malformed"}]).model_dump(warnings=False)


@case
def raw():
    response = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=QUESTION, logprobs=True, top_logprobs=2
    )
    return [response.status_code, response.parse().choices[0].message.content]


@case
def raw_body():
    with client.chat.completions.with_streaming_response.create(model="gpt-4o-mini", messages=QUESTION) as response:
        return [response.http_response.is_stream_consumed, len(b"".join(response.http_response.iter_raw()))]


@case
def logprobs():
    return create(logprobs=True, top_logprobs=2).choices[0].logprobs.model_dump()


@case
def logprobs_without_alternatives():
    return create(logprobs=True).choices[0].logprobs.model_dump()


@case
def streamed_logprobs():
    return [c.choices[0].model_dump() for c in create(stream=True, logprobs=True, top_logprobs=2)]


@case
async def asynchronous_logprobs():
    chunks = await acreate(stream=True, logprobs=True)
    return [chunk.choices[0].model_dump() async for chunk in chunks]


@case
async def asynchronous_chat():
    return (await acreate()).choices[0].message.content


@case
async def asynchronous_stream():
    gate, text = Gate(), ""
    question = [{"role": "user", "content": gate.question}]
    async with await acreate(messages=question, stream=True, stream_options={"include_usage": True}) as chunks:
        async for chunk in chunks:
            await asyncio.to_thread(gate.passed)
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    return [text, gate.in_time()]


@case
def embeddings():
    return len(client.embeddings.create(model="text-embedding-3-small", input=["one", "two"]).data)


@case
def responses():
    return client.responses.create(model="gpt-4o", input="What is Oslo?", instructions="Be brief.").output_text


@case
def streamed_response():
    return [event.type for event in client.responses.create(model="gpt-4o", input="What is Oslo?", stream=True)]


@case
def azure():
    resource = openai.AzureOpenAI(azure_endpoint=URL, api_version="2024-10-21")
    answer = resource.chat.completions.create(model="our-deployment", messages=QUESTION)
    return answer.choices[0].message.content


@case
def azure_embeddings():
    resource = openai.AzureOpenAI(azure_endpoint=URL, api_version="2024-10-21")
    return len(resource.embeddings.create(model="our-deployment", input="one").data)


main(asynchronous.close)
