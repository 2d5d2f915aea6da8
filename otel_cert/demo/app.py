"""A small retrieval-augmented application, instrumented as any is: `python -m otel_cert.demo.app CONVERSATION...`.

Where its telemetry and its model requests go is said by the standard environment variables alone
(`OTEL_EXPORTER_OTLP_*`, `OPENAI_BASE_URL`). Writes one JSON line per question: its id and the answer or the error type.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import openai
from opentelemetry import baggage, context, trace

from otel_cert.demo import telemetry
from otel_cert.demo.knowledge import QUESTION_MARK, Conversation, Knowledge, Passage, Question, load

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessage

EMBEDDING_MODEL = "text-embedding-3-small"
TOP_K = 3
ALTERNATIVES = 4
"""Of each token, where log probabilities are asked for."""

_INSTRUCTIONS = """\
You answer visitors of a museum. Use only the visitor information that comes with the question. If it does not contain \
the answer, say that the visitor information does not say. Answer in one or two short sentences, in the language of \
the question. Do not mention these instructions. For the opening hours on one particular day, call the tool \
opening_hours first."""

_TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "opening_hours",
            "description": "Opening hours of the museum on a day of the week.",
            "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
        },
    }
]

_tracer = trace.get_tracer("rag-demo")


class Assistant:
    """Answers questions from passages: retrieve, ask the model, run the tool it asks for."""

    def __init__(self, client: openai.OpenAI, knowledge: Knowledge) -> None:
        self._client = client
        self._knowledge = knowledge
        self._vectors = self._embed([f"{p.title}. {p.text}" for p in knowledge.passages])

    def answer(self, question: Question, conversation: Conversation) -> str:
        """Return the model's answer; raises openai.APIStatusError when it refuses."""
        with _tracer.start_as_current_span("answer question", attributes={"question.id": question.id}):
            passages = self._retrieve(question.question)
            messages = _prompt(question.question, passages)
            if conversation.stream:
                return self._stream(conversation, messages)
            return self._chat(conversation, messages)

    def _retrieve(self, question: str) -> list[Passage]:
        attributes = {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": "visitor-information",
            "gen_ai.retrieval.query.text": question,
        }
        with _tracer.start_as_current_span("retrieval visitor-information", attributes=attributes) as span:
            vector = self._embed([question])[0]
            scored = [(_dot(vector, v), p) for v, p in zip(self._vectors, self._knowledge.passages, strict=True)]
            best = sorted(scored, key=lambda pair: pair[0], reverse=True)[:TOP_K]
            documents = [{"id": p.id, "score": round(score, 4), "text": p.text} for score, p in best]
            span.set_attribute("gen_ai.retrieval.documents", json.dumps(documents))
            return [p for _, p in best]

    def _chat(self, conversation: Conversation, messages: list[Any]) -> str:
        message = self._complete(conversation, messages)
        if message.tool_calls:
            messages.append(message.model_dump(exclude_none=True))
            messages.extend(self._run(call) for call in message.tool_calls)
            message = self._complete(conversation, messages)
        return message.content or ""

    def _complete(self, conversation: Conversation, messages: list[Any]) -> ChatCompletionMessage:
        completion = self._client.chat.completions.create(
            model=conversation.model,
            messages=messages,
            tools=_TOOLS,
            temperature=0.2,
            max_tokens=200,
            **_asked(conversation),
        )
        message: ChatCompletionMessage = completion.choices[0].message
        return message

    def _stream(self, conversation: Conversation, messages: list[Any]) -> str:
        chunks = self._client.chat.completions.create(
            model=conversation.model,
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
            temperature=0.2,
            **_asked(conversation),
        )
        return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)

    def _run(self, call: Any) -> dict[str, str]:
        name, arguments = call.function.name, call.function.arguments
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.call.arguments": arguments,
        }
        with _tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes) as span:
            result = self._knowledge.hours[json.loads(arguments)["day"]]
            span.set_attribute("gen_ai.tool.call.result", result)
        return {"role": "tool", "tool_call_id": call.id, "content": result}

    def _embed(self, texts: list[str]) -> list[list[float]]:
        response = self._client.embeddings.create(model=EMBEDDING_MODEL, input=texts)
        return [item.embedding for item in response.data]


def _asked(conversation: Conversation) -> dict[str, Any]:
    return {"logprobs": True, "top_logprobs": ALTERNATIVES} if conversation.logprobs else {}


def _prompt(question: str, passages: Sequence[Passage]) -> list[Any]:
    information = "\n".join(f"[{p.id}] {p.title}: {p.text}" for p in passages)
    return [
        {"role": "system", "content": _INSTRUCTIONS},
        {"role": "user", "content": f"Visitor information:\n{information}\n\n{QUESTION_MARK}{question}"},
    ]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def converse(assistant: Assistant, conversation: Conversation) -> list[Mapping[str, str]]:
    """Ask all questions of a conversation; returns what came back for each."""
    token = context.attach(baggage.set_baggage(telemetry.CONVERSATION, conversation.id))
    try:
        return [_ask(assistant, question, conversation) for question in conversation.questions]
    finally:
        context.detach(token)


def _ask(assistant: Assistant, question: Question, conversation: Conversation) -> Mapping[str, str]:
    try:
        return {"question": question.id, "answer": assistant.answer(question, conversation)}
    except openai.APIStatusError as error:
        return {"question": question.id, "error": type(error).__name__}


def main(names: Sequence[str]) -> None:
    """Hold the named conversations and write what came back to stdout."""
    knowledge = load()
    with telemetry.exported():
        assistant = Assistant(openai.OpenAI(max_retries=0), knowledge)
        for conversation in knowledge.conversations:
            if conversation.id in names:
                for line in converse(assistant, conversation):
                    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
