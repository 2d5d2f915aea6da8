"""An application that asks for log probabilities, or not; its telemetry goes where the environment says."""

import os

import openai
from opentelemetry import trace

import otel_cert

otel_cert.instrument(capture_content=True)
client = openai.OpenAI(base_url=os.environ["PROVIDERS"] + "/v1", api_key="none", max_retries=0)
QUESTION = [{"role": "user", "content": "What is the capital of Norway?"}]


def ask(**options):
    return client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, **options)


ask(logprobs=True, top_logprobs=2, user="whole")
for _ in ask(logprobs=True, top_logprobs=2, stream=True, user="streamed"):
    pass
ask(logprobs=True, user="without alternatives")
ask(user="not asked")
trace.get_tracer_provider().shutdown()
