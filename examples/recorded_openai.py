"""The OpenAI client, recorded: a chat, a stream and a tool.

pip install 'otel-cert[openai]'
otel-cert serve &
export OPENAI_API_KEY=... OTEL_SERVICE_NAME=weather-helper
export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no prompts and answers
python examples/recorded_openai.py
"""

import json

import otel_cert.auto  # noqa: F401 - before the client is imported

# isort: split
from openai import OpenAI

TOOLS = [{
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}]  # fmt: skip

client = OpenAI()


def get_weather(city: str) -> str:
    return f"4 degrees and snow in {city}"


def ask(question: str) -> str:
    """Answer a question, with the tool when the model wants it."""
    messages = [{"role": "user", "content": question}]
    while True:
        message = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOLS).choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = get_weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def stream(question: str) -> None:
    """Print an answer as it comes; with its tokens, which a stream tells only when asked."""
    chunks = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": question}],
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in chunks:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()


if __name__ == "__main__":
    print(ask("How is the weather in Oslo?"))
    stream("What is Oslo?")
