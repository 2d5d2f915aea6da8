import openai
import pytest

from otel_cert.demo.knowledge import QUESTION_MARK
from otel_cert.demo.scripted_model import embed

TOOLS = [{"type": "function", "function": {"name": "opening_hours", "parameters": {"type": "object"}}}]


def asked(question):
    return [{"role": "user", "content": QUESTION_MARK + question}]


@pytest.fixture
def client(model_url):
    with openai.OpenAI(base_url=model_url, api_key="none", max_retries=0) as client:
        yield client


def test_chat(client):
    completion = client.chat.completions.create(
        model="gpt-4o-mini", messages=asked("How much is a standard ticket?"), n=2
    )
    assert completion.model == "gpt-4o-mini-2024-07-18"
    assert [c.message.content for c in completion.choices] == ["A standard ticket costs 14 euros."] * 2
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (12, 18, 30)
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert usage.completion_tokens_details.reasoning_tokens == 0


def test_a_repeated_prompt_reports_cached_tokens(client):
    messages = [{"role": "system", "content": "Answer briefly. " * 40}, *asked("How much is a standard ticket?")]
    usages = [client.chat.completions.create(model="gpt-4.1", messages=messages).usage for _ in range(2)]
    assert [u.prompt_tokens_details.cached_tokens for u in usages] == [0, usages[0].prompt_tokens // 64 * 64]


def test_stream_with_usage(client):
    chunks = list(
        client.chat.completions.create(
            model="gpt-4.1",
            messages=asked("Is my assistance dog welcome?"),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(text) > 1
    assert "".join(text) == "Yes, assistance dogs are welcome."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens == 9


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_when_they_are_asked_for(client, stream):
    asked_for = {"model": "gpt-4.1", "messages": asked("How much is a standard ticket?"), "stream": stream}
    created = client.chat.completions.create(**asked_for, logprobs=True, top_logprobs=2)
    choices = [choice for chunk in (created if stream else [created]) for choice in chunk.choices]
    entries = [entry for choice in choices if choice.logprobs for entry in choice.logprobs.content]
    assert "".join(entry.token for entry in entries) == "A standard ticket costs 14 euros."
    assert all(len(entry.top_logprobs) == 2 for entry in entries)
    created = client.chat.completions.create(**asked_for)
    assert all(choice.logprobs is None for chunk in (created if stream else [created]) for choice in chunk.choices)


def test_stream_without_usage(client):
    chunks = client.chat.completions.create(model="gpt-4.1", messages=asked("Unknown?"), stream=True)
    assert all(c.usage is None for c in chunks)


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call(client, stream):
    created = client.chat.completions.create(
        model="gpt-4.1", messages=asked("Can I visit on a Monday?"), tools=TOOLS, stream=stream
    )
    choices = [c for chunk in (created if stream else [created]) for c in chunk.choices]
    calls = [c for choice in choices for c in ((choice.delta if stream else choice.message).tool_calls or [])]
    assert [(c.function.name, c.function.arguments) for c in calls] == [("opening_hours", '{"day": "monday"}')]
    assert choices[-1].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("question", "error", "status"),
    [
        ("Can I get a refund for an online ticket?", openai.RateLimitError, 429),
        ("Can I borrow a wheelchair?", openai.InternalServerError, 500),
    ],
)
def test_declared_errors(client, question, error, status):
    with pytest.raises(error) as raised:
        client.chat.completions.create(model="gpt-4.1", messages=asked(question))
    assert raised.value.status_code == status


def test_a_request_without_messages_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="required"):
        client.chat.completions.create(model="gpt-4.1", messages=[])
    with pytest.raises(openai.BadRequestError, match="required"):
        client.embeddings.create(model="text-embedding-3-small", input=[])


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeddings(client, encoding):
    options = {"encoding_format": encoding} if encoding else {}
    response = client.embeddings.create(model="text-embedding-3-small", input=["tram lines", "tickets"], **options)
    assert [d.index for d in response.data] == [0, 1]
    assert response.usage.prompt_tokens == response.usage.total_tokens == 5
    if encoding != "base64":
        assert response.data[0].embedding == pytest.approx(embed("tram lines"), abs=1e-6)
    else:
        assert isinstance(response.data[0].embedding, str)
