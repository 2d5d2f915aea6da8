"""The Anthropic client, recorded: a cached prompt and a stream.

pip install 'otel-cert[anthropic]'
otel-cert serve &
export ANTHROPIC_API_KEY=... OTEL_SERVICE_NAME=geography
export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no prompts and answers
python examples/recorded_anthropic.py
"""

import otel_cert.auto  # noqa: F401 - before the client is imported

# isort: split
from anthropic import Anthropic

MODEL = "claude-sonnet-4-5"
SYSTEM = [{"type": "text", "text": "Answer in one sentence.", "cache_control": {"type": "ephemeral"}}]
QUESTION = [{"role": "user", "content": "What is Oslo?"}]

if __name__ == "__main__":
    client = Anthropic()
    answer = client.messages.create(model=MODEL, max_tokens=200, system=SYSTEM, messages=QUESTION)
    print(answer.content[0].text)
    with client.messages.stream(model=MODEL, max_tokens=200, messages=QUESTION) as events:
        for text in events.text_stream:
            print(text, end="", flush=True)
    print()
