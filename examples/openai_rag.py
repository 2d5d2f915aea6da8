"""A small retrieval-augmented application whose calls otel-cert stores, prices and reports on.

    pip install openai opentelemetry-sdk opentelemetry-exporter-otlp opentelemetry-instrumentation-openai
    otel-cert serve &
    export OPENAI_API_KEY=... OTEL_SERVICE_NAME=kitchen-helper OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
    python examples/openai_rag.py "How should I store tomatoes?"

Nothing here knows otel-cert: the environment says where the telemetry goes. OPENAI_BASE_URL and OPENAI_MODEL choose
another provider or model.
"""

import json
import os
import sys

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PASSAGES = {
    "tomatoes": "Store tomatoes at room temperature: below 10 degrees Celsius tomatoes lose their taste.",
    "potatoes": "Potatoes are stored dark, dry and cool, and apart from onions.",
    "bread": "Bread stays fresh for two to four days in a bread box; in the refrigerator it goes stale sooner.",
}

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()
tracer = trace.get_tracer("openai_rag")
client = OpenAI()


def embed(texts: list[str]) -> list[list[float]]:
    response = client.embeddings.create(model="text-embedding-3-small", input=texts)
    return [item.embedding for item in response.data]


def retrieve(question: str) -> str:
    """Return the nearest passage; the span's attributes are those of the GenAI semantic conventions."""
    with tracer.start_as_current_span("retrieval kitchen") as span:
        asked, *known = embed([question, *PASSAGES.values()])
        scores = {
            name: sum(a * b for a, b in zip(asked, vector, strict=True))
            for name, vector in zip(PASSAGES, known, strict=True)
        }
        best = max(scores, key=scores.__getitem__)
        span.set_attribute("gen_ai.operation.name", "retrieval")
        span.set_attribute("gen_ai.data_source.id", "kitchen")
        span.set_attribute("gen_ai.retrieval.query.text", question)
        document = {"id": best, "score": scores[best], "text": PASSAGES[best]}
        span.set_attribute("gen_ai.retrieval.documents", json.dumps([document]))
        return PASSAGES[best]


def answer(question: str) -> str:
    with tracer.start_as_current_span("answer question"):
        completion = client.chat.completions.create(
            model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
            messages=[
                {"role": "system", "content": f"Answer in one sentence, only from this text: {retrieve(question)}"},
                {"role": "user", "content": question},
            ],
        )
        return completion.choices[0].message.content or ""


if __name__ == "__main__":
    print(answer(" ".join(sys.argv[1:]) or "How should I store tomatoes?"))
    provider.shutdown()  # sends what is still waiting
