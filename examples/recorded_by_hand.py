"""A retrieval-augmented application whose own functions are recorded with `@otel_cert.trace`.

    pip install 'otel-cert[openai]'
    otel-cert serve &
    export OPENAI_API_KEY=... OTEL_SERVICE_NAME=kitchen-helper
    export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no questions, passages and answers
    python examples/recorded_by_hand.py "How should I store tomatoes?"

The functions are the spans, the client's calls their children; the log probabilities show how sure the model was.
"""

import sys

from openai import OpenAI

import otel_cert

otel_cert.instrument()

PASSAGES = {
    "tomatoes": "Store tomatoes at room temperature: below 10 degrees Celsius tomatoes lose their taste.",
    "potatoes": "Potatoes are stored dark, dry and cool, and apart from onions.",
    "bread": "Bread stays fresh for two to four days in a bread box; in the refrigerator it goes stale sooner.",
}

client = OpenAI()


@otel_cert.trace(operation="retrieval", name="kitchen")
def search(question: str, most: int = 2) -> list[dict]:
    """Return the passages that share most words with the question."""
    words = set(question.lower().split())
    scored = [
        {"id": name, "score": len(words & set(text.lower().split())) / len(words), "text": text}
        for name, text in PASSAGES.items()
    ]
    return sorted(scored, key=lambda passage: passage["score"], reverse=True)[:most]


@otel_cert.trace(operation="execute_tool")
def to_fahrenheit(celsius: float) -> float:
    """Convert a temperature."""
    return celsius * 9 / 5 + 32


@otel_cert.trace(
    name="kitchen-helper",
    input="question",
    context="result.passages",
    answer="result.answer",
    metadata={"app.version": "1.2", "app.passages": lambda call: len(call.result["passages"])},
)
def answer(question: str) -> dict:
    """Answer a question from what is found."""
    passages = [passage["text"] for passage in search(question)]
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "Answer in one sentence, only from this:\n" + "\n".join(passages)},
            {"role": "user", "content": f"{question} (10 degrees Celsius are {to_fahrenheit(10):.0f} Fahrenheit.)"},
        ],
        logprobs=True,
    )
    return {"answer": completion.choices[0].message.content, "passages": passages}


if __name__ == "__main__":
    print(answer(" ".join(sys.argv[1:]) or "How should I store tomatoes?")["answer"])
