"""The method `judge`: a language model that the user names says of each sentence whether the context supports it.

Its verdicts are a proxy, by a model and a prompt that `versions` names. What it quotes has to occur in the context. A judge
that fails, refuses or answers in another form gives no score. Answer, context and question travel as strings of one JSON
object, which they cannot leave, and the prompt says that they are material; yet a text written to mislead a judge may
mislead it, which no form prevents.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.chat import Chat, ChatSettings, Completion, Failed
from otel_cert.measures.accuracy.language import language_of
from otel_cert.measures.accuracy.method import texts
from otel_cert.measures.accuracy.result import Claim, Evidence, Reason, Scored
from otel_cert.measures.accuracy.sentences import sentences
from otel_cert.scoring.pieces import encodable

_PATH = "/chat/completions"


class Verdict(BaseModel):
    """On one sentence."""

    model_config = ConfigDict(extra="forbid", strict=True)
    sentence: int
    verdict: Literal["supported", "contradicted", "unsupported"]
    quote: str


class Verdicts(BaseModel):
    """On all sentences of an answer, in order."""

    model_config = ConfigDict(extra="forbid", strict=True)
    verdicts: list[Verdict]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdicts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sentence": {"type": "integer"},
                    "verdict": {"type": "string", "enum": ["supported", "contradicted", "unsupported"]},
                    "quote": {"type": "string"},
                },
                "required": ["sentence", "verdict", "quote"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["verdicts"],
    "additionalProperties": False,
}
"""Written out: a server that forces a schema takes no references, and every property has to be required."""


class Judge:
    """Scores by the share of sentences that the judge finds supported."""

    name = "judge"
    threshold = 1.0, "every sentence is supported; not calibrated"

    def __init__(self, settings: ChatSettings) -> None:
        """See `method`."""
        self._settings, self._chat = settings, Chat(settings)

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the method, the judging model, and the prompt with its SHA-256."""
        prompt, digest = _prompt()
        return {
            "judge": "1",
            "model": self._settings.model,
            "endpoint": str(urlsplit(self._settings.url).hostname),
            "prompt": f"{prompt['version']} sha256:{digest}",
        }

    def score(self, answer: str, context: Sequence[str], question: str | None = None) -> Scored:
        """Return the judge's verdicts; `details` has tokens and cost.

        Raises:
            NotScored: answer or context is blank.
            Failed: the judge fails, or its answer cannot be used.

        """
        texts(answer, context)
        language = language_of(answer, *context)
        spans = sentences(answer, language)
        asked: dict[str, Any] = {
            "context": [encodable(chunk) for chunk in context],
            "sentences": [{"sentence": n, "text": encodable(answer[a:b])} for n, (a, b) in enumerate(spans, 1)],
        }
        if question:
            asked["question"] = encodable(question)
        completion = self._chat.ask(_prompt()[0]["system"], json.dumps(asked, ensure_ascii=False), SCHEMA)
        verdicts = _verdicts(completion, len(spans))
        claims = tuple(
            _claim(answer, span, verdict, context, completion) for span, verdict in zip(spans, verdicts, strict=True)
        )
        return Scored(
            confidence=sum(claim.score for claim in claims) / len(claims),
            semantic_score=None,
            grounding_score=None,
            claims=claims,
            language=language,
            details=completion.details,
        )


def _verdicts(completion: Completion, n: int) -> list[Verdict]:
    try:
        found = Verdicts.model_validate_json(completion.text).verdicts
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Failed(
            f"the judge's answer has not the form asked for: {where or 'all'}: {first['msg']}",
            details=completion.details,
        ) from None
    if [verdict.sentence for verdict in found] != list(range(1, n + 1)):
        raise Failed(
            f"the judge was asked about {n} sentences, and answered on others or in another order",
            details=completion.details,
        )
    return found


def _claim(
    answer: str, span: tuple[int, int], verdict: Verdict, context: Sequence[str], completion: Completion
) -> Claim:
    start, end = span
    evidence = None
    if verdict.verdict != "unsupported":
        evidence = _quoted(verdict.quote, context)
        if evidence is None:
            raise Failed(
                f"the judge's evidence on sentence {verdict.sentence} does not occur in the context",
                details=completion.details,
            )
    return Claim(
        start=start, end=end, text=answer[start:end], supported=False, score=float(verdict.verdict == "supported"),
        evidence=evidence, reasons=_reasons(start, end, verdict, evidence),
    )  # fmt: skip


def _reasons(start: int, end: int, verdict: Verdict, evidence: Evidence | None) -> tuple[Reason, ...]:
    if verdict.verdict == "supported":
        return ()
    if evidence is None:
        message = "unsupported: the judge finds nothing in the context that states it"
        return (Reason(kind="unsupported", start=start, end=end, message=message),)
    message = f"contradiction: context has {evidence.text!r}"
    return (Reason(kind="contradiction", start=start, end=end, message=message, evidence=evidence),)


def _quoted(quote: str, context: Sequence[str]) -> Evidence | None:
    """Return where the quote occurs; only white space may differ."""
    words = quote.split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    for number, chunk in enumerate(context):
        if match := pattern.search(encodable(chunk)):
            return Evidence(chunk=number, start=match.start(), end=match.end(), text=chunk[match.start() : match.end()])
    return None


@cache
def _prompt() -> tuple[dict[str, Any], str]:
    """Return the prompt, and the digest of all that a judge is told: prompt and schema."""
    data = (resources.files(__package__) / "judge.yaml").read_bytes()
    found: dict[str, Any] = yaml.safe_load(data)
    told = json.dumps([found["system"], SCHEMA], sort_keys=True)
    return found, hashlib.sha256(told.encode()).hexdigest()


def method(
    endpoint: str | None = None,
    model: str | None = None,
    api_key_env: str | None = None,
    *,
    temperature: float | None = 0.0,
    seed: int | None = 0,
    timeout: float = 60.0,
    attempts: int = 4,
    first_wait: float = 1.0,
    longest_wait: float = 60.0,
) -> Judge:
    """Return the method; nothing is sent before the first score.

    Args:
        endpoint: the base URL of an API like OpenAI's, e.g. `https://api.openai.com/v1`; answers and contexts go there.
        model: the judge's name at that endpoint.
        api_key_env: the environment variable that holds the key; none is sent without.
        temperature: None for models that take only their own.
        seed: None for servers that know none.
        timeout: seconds of one attempt.
        attempts: how often a question is sent at the most.
        first_wait: seconds before the second attempt.
        longest_wait: seconds between two attempts at the most.

    Raises:
        UsageError: an argument is missing or of no sense.

    """
    if not endpoint or not model:
        raise UsageError(
            "the method 'judge' needs an endpoint and a model",
            hint="e.g. endpoint=http://localhost:11434/v1 model=NAME; contexts and answers are sent there",
        )
    if timeout <= 0 or attempts < 1 or first_wait < 0 or longest_wait < first_wait:
        raise UsageError("timeout and attempts have to be more than 0, and first_wait from 0 to longest_wait")
    return Judge(
        ChatSettings(
            _url(endpoint), model, _key(api_key_env), temperature, seed, timeout, attempts, first_wait, longest_wait
        )
    )


def _url(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the judge's endpoint is no URL of an API",
            hint="give http://HOST/v1 or https://HOST/v1; keys by api_key_env",
        )
    base = endpoint.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


def _key(name: str | None) -> str | None:
    if name is None:
        return None
    if not (key := os.environ.get(name, "").strip()):
        raise UsageError(f"the environment variable {name} of the judge's key is not set")
    return key
