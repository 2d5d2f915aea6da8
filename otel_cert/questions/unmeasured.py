"""Asks for which calls there are no token figures, and why."""

from __future__ import annotations

from otel_cert.questions.entropy import SOURCE
from otel_cert.questions.question import WINDOW, Question
from otel_cert.schema import BIGINT, TEXT, Column

REASONS = {
    "failed_call": "the call failed",
    "embeddings": "a call for embeddings answers with no tokens",
    "provider_has_none": "Anthropic's API has no log probabilities",
    "model_has_none": "OpenAI's reasoning models refuse them",
    "not_asked": "the application did not ask for log probabilities",
    "asked_not_recorded": "the application asked, and what recorded the call left them out; see docs/logprobs.md",
    "not_recorded": "no log probabilities in the record, whether or not they were asked for; see docs/logprobs.md",
    "no_tokens": "the record has no token",
    "no_numbers": "no token of the record has a usable number",
    "own_recorded": "log probabilities of its own are recorded; `always` scores it nevertheless",
    "not_sampled": "it is not in the sample that is scored",
    "no_content": "its answer was not recorded",
    "no_answer": "it answered without text, or called a tool",
    "no_prompt": "its prompt was not recorded, or holds no text",
    "chat_template": "the scoring model's chat template refuses its messages",
    "other_tokenizer": "the scoring model's tokenizer is that of another model",
    "out_of_memory": "scoring it needs more memory than there is; see `longest`",
    "not_finite": "the scoring model computed numbers that are not finite",
    "impossible": "the scoring model holds a token of it for impossible",
    "scoring_failed": "the scoring model failed on it; the log says why",
    "not_computed": "its processor has not seen it yet; `otel-cert process` computes it",
}
"""What each reason means."""

UNMEASURED = Question(
    "unmeasured",
    "Calls without token entropy",
    "not_recorded: the record does not say whether the application asked for log probabilities; asked_not_recorded: it"
    " did, and they are not in the record. not_computed: the processor has not seen the call.",
    columns=(
        Column("provider", TEXT, "Provider; NULL = unknown."),
        Column("reason", TEXT, "Why, as in `token_entropy`; NULL = they have figures."),
        Column("calls", BIGINT, "Calls."),
    ),
    params=(*WINDOW, SOURCE),
)
