"""Bedrock through boto3 as applications use it; knows nothing of otel-cert."""

import io
import json
import os

import boto3
from cases import Gate, case, main

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
LLAMA = "meta.llama3-1-8b-instruct-v1:0"
TITAN = "amazon.titan-text-express-v1"
QUESTION = [{"role": "user", "content": [{"text": "What is Oslo?"}]}]
TOOLS = {"tools": [{"toolSpec": {
    "name": "get_weather", "description": "The weather in a city.",
    "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
}}]}  # fmt: skip
BODIES = {
    CLAUDE: {
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
        "messages": [{"role": "user", "content": "What is Oslo?"}],
    },
    LLAMA: {"prompt": "What is Oslo?", "max_gen_len": 100, "temperature": 0.5},
    TITAN: {"inputText": "What is Oslo?", "textGenerationConfig": {"maxTokenCount": 100}},
}  # fmt: skip

CONNECTION = {
    "region_name": "us-east-1", "aws_access_key_id": "none", "aws_secret_access_key": "none",
    "config": boto3.session.Config(retries={"max_attempts": 1}),
}  # fmt: skip

client = boto3.client("bedrock-runtime", endpoint_url=os.environ["PROVIDERS"], **CONNECTION)


def told(response):
    """A response without what differs from call to call."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


@case
def converse():
    return told(client.converse(
        modelId=CLAUDE, messages=QUESTION, system=[{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        inferenceConfig={"maxTokens": 100, "temperature": 0.25},
    ))  # fmt: skip


@case
def converse_tools():
    cached = {"tools": [*TOOLS["tools"], {"cachePoint": {"type": "default"}}]}
    first = client.converse(modelId=CLAUDE, messages=QUESTION, toolConfig=cached)
    message = first["output"]["message"]
    used = message["content"][0]["toolUse"]
    result = {"toolResult": {"toolUseId": used["toolUseId"], "content": [{"text": "4 degrees"}]}}
    messages = [*QUESTION, message, {"role": "user", "content": [result]}]
    return [message, told(client.converse(modelId=CLAUDE, messages=messages, toolConfig=TOOLS))]


@case
def converse_stream():
    gate, text, count = Gate(), "", 0
    question = [{"role": "user", "content": [{"text": gate.question}]}]
    stream = client.converse_stream(modelId=CLAUDE, messages=question)["stream"]
    for event in stream:
        gate.passed()
        count += 1
        text += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
    return [text, count, gate.in_time(), type(stream).__name__]


@case
def converse_stream_closed_early():
    stream = client.converse_stream(modelId=CLAUDE, messages=QUESTION)["stream"]
    first = next(iter(stream))
    stream.close()
    return first


@case
def converse_stream_tools():
    return list(client.converse_stream(modelId=CLAUDE, messages=QUESTION, toolConfig=TOOLS)["stream"])


@case
def converse_stream_cut():
    question = [{"role": "user", "content": [{"text": "cut"}]}]
    return list(client.converse_stream(modelId=CLAUDE, messages=question)["stream"])


@case
def another_service():
    config = {**CONNECTION, "endpoint_url": os.environ["PROVIDERS"]}
    return boto3.client("s3", **config).list_buckets()


@case
def converse_throttled():
    return client.converse(modelId=CLAUDE, messages=[{"role": "user", "content": [{"text": "status 429"}]}])


def invoke(model):
    return client.invoke_model(modelId=model, body=json.dumps(BODIES[model]))["body"]


@case
def invoke_claude():
    return json.loads(invoke(CLAUDE).read())


@case
def invoke_llama():
    return json.loads(invoke(LLAMA).read())


@case
def invoke_titan():
    return json.loads(invoke(TITAN).read())


@case
def invoke_embedding():
    body = json.dumps({"inputText": "Oslo"})
    response = client.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
    return json.loads(response["body"].read())


@case
def invoke_and_read_in_parts():
    body = invoke(LLAMA)
    parts = [body.read(10).decode(), type(body).__name__, "".join(line.decode() for line in body.iter_lines())]
    return [*parts, body.read().decode()]


@case
def invoke_and_iterate():
    return b"".join(invoke(LLAMA)).decode()


@case
def invoke_and_read_lines():
    return [line.decode() for line in invoke(LLAMA).readlines()]


@case
def invoke_and_read_into():
    body, buffer = invoke(LLAMA), bytearray(1000)
    length = body.readinto(buffer)
    return [buffer[:length].decode(), body.read().decode()]


@case
def invoke_in_a_block():
    with invoke(LLAMA) as raw:
        return [type(raw).__name__, raw.read().decode()]


@case
def invoke_and_leave_unread():
    body = invoke(LLAMA)
    body.close()
    return type(body).__name__


@case
def invoke_with_a_file():
    body = io.BytesIO(json.dumps(BODIES[LLAMA]).encode())
    return json.loads(client.invoke_model(modelId=LLAMA, body=body)["body"].read())


@case
def invoke_with_another_shape():
    return json.loads(client.invoke_model(modelId=LLAMA, body='{"messages": "What is Oslo?"}')["body"].read())


def invoke_stream(model):
    response = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(BODIES[model]))
    return [json.loads(event["chunk"]["bytes"]) for event in response["body"]]


@case
def invoke_stream_claude():
    return invoke_stream(CLAUDE)


@case
def invoke_stream_llama():
    return invoke_stream(LLAMA)


@case
def invoke_stream_titan():
    return invoke_stream(TITAN)


main()
