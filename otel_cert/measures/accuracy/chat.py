"""Chat completions of an endpoint that speaks OpenAI's protocol: strict JSON, retried while that can help.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import stamina
import urllib3
from urllib3 import Retry
from urllib3.exceptions import HTTPError, InvalidHeader

from otel_cert.measures.accuracy.method import NotScored

_RETRYABLE = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_REFUSED = {400, 422}
"""What servers answer to a form of response that they do not know."""
_LARGEST_REPLY = 4 << 20
_SHORT = 300


class Failed(NotScored):
    """The endpoint gave no usable answer; `details` says what was spent on it."""

    def __init__(self, message: str, *, hint: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.details = dict(details or {})


class _Retry(Exception):
    def __init__(self, problem: str, after: float | None = None) -> None:
        super().__init__(problem)
        self.after = after


@dataclass(frozen=True)
class Completion:
    """What was answered, and what it took."""

    text: str
    details: dict[str, Any]
    """`model` by its own account, `input_tokens`, `output_tokens`, `cost`, `currency`, `requests`; None = not known."""


@dataclass(frozen=True)
class ChatSettings:
    """Where and how to ask."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    temperature: float | None = 0.0
    """None leaves it to the server, for models that take no other."""
    seed: int | None = 0
    timeout: float = 60.0
    """Seconds of one attempt."""
    attempts: int = 4
    first_wait: float = 1.0
    """Seconds before the second attempt; then about twice as long each time."""
    longest_wait: float = 60.0
    """Seconds between two attempts; a server that asks for more is not asked again."""


class Chat:
    """Asks one model; safe for several threads."""

    def __init__(self, settings: ChatSettings) -> None:
        self._settings = settings
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=settings.timeout), maxsize=4)
        self._headers = {"Content-Type": "application/json", "User-Agent": "otel-cert"}
        if settings.key:
            self._headers["Authorization"] = f"Bearer {settings.key}"
        self._knows_schemas = True

    def ask(self, system: str, user: str, schema: Mapping[str, Any]) -> Completion:
        """Return the text that the model answers, of the form of `schema` where the server can force it.

        Raises:
            Failed: it cannot be reached, refuses, or does not finish.

        """
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        spent = Spent(self._settings)
        if self._knows_schemas:
            format_: dict[str, Any] = {"name": "verdicts", "strict": True, "schema": schema}
            status, body = self._sent(messages, {"type": "json_schema", "json_schema": format_}, spent)
            if status not in _REFUSED:
                return self._completion(status, body, spent)
        status, body = self._sent(messages, {"type": "json_object"}, spent)
        if status not in _REFUSED:
            self._knows_schemas = False  # not when it refuses both: then it is the question
        return self._completion(status, body, spent)

    def _sent(self, messages: list[dict[str, str]], form: Mapping[str, Any], spent: Spent) -> tuple[int, bytes]:
        settings = self._settings
        asked = {"model": settings.model, "messages": messages, "response_format": form}
        chosen = {"temperature": settings.temperature, "seed": settings.seed}
        body = json.dumps(asked | {name: value for name, value in chosen.items() if value is not None}).encode()
        try:
            for attempt in stamina.retry_context(
                on=self._wait,
                attempts=settings.attempts,
                timeout=None,
                wait_initial=settings.first_wait,
                wait_max=settings.longest_wait,
                wait_jitter=settings.first_wait,
            ):
                with attempt:
                    spent.requests += 1
                    return self._attempt(body)
        except _Retry as problem:
            raise Failed(
                f"the judge did not answer after {attempt.num} attempts: {problem}", details=spent.details()
            ) from None
        raise AssertionError("stamina returns or raises")

    def _wait(self, error: Exception) -> bool | float:
        """Return whether to try again, or after how many seconds."""
        if not isinstance(error, _Retry):
            return False
        if error.after is None:
            return True
        return error.after if error.after <= self._settings.longest_wait else False

    def _attempt(self, body: bytes) -> tuple[int, bytes]:
        try:
            with self._pool.request(
                "POST", self._settings.url, body=body, headers=self._headers, redirect=False, preload_content=False
            ) as answer:
                data = answer.read(_LARGEST_REPLY)
                status, after = answer.status, _seconds(answer.headers.get("Retry-After"))
        except HTTPError as error:  # refused, lost, too slow, no trust
            raise _Retry(type(error).__name__) from None
        if status in _RETRYABLE:
            wait = "" if after is None else f", to be asked again after {after:g} s"
            raise _Retry(f"status {status}{wait}: {self._problem(data)}", after)
        return status, data

    def _completion(self, status: int, body: bytes, spent: Spent) -> Completion:
        if not 200 <= status < 300:
            hint = "check api_key_env" if status in (401, 403) else "check endpoint and model"
            raise Failed(
                f"the judge answered with status {status}: {self._problem(body)}", hint=hint, details=spent.details()
            )
        try:
            answer = json.loads(body)
            spent.take(answer)
            choice = answer["choices"][0]
            message = choice["message"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            raise Failed(
                f"the judge's answer is no chat completion: {type(error).__name__}", details=spent.details()
            ) from None
        return Completion(self._text(choice, message, spent), spent.details())

    def _text(self, choice: Mapping[str, Any], message: Mapping[str, Any], spent: Spent) -> str:
        if refusal := message.get("refusal"):
            raise Failed(f"the judge refused: {self._shown(str(refusal))}", details=spent.details())
        if (reason := choice.get("finish_reason")) not in (None, "stop"):
            raise Failed(f"the judge did not finish: {self._shown(str(reason))}", details=spent.details())
        if not isinstance(text := message.get("content"), str):
            raise Failed("the judge answered no text", details=spent.details())
        return text

    def _problem(self, body: bytes) -> str:
        """Return what an error says of itself."""
        try:
            found = json.loads(body)["error"]
            return self._shown(str(found["message"] if isinstance(found, dict) else found))
        except (ValueError, KeyError, TypeError, RecursionError):
            return self._shown(body.decode(errors="replace")) or "no reason given"

    def _shown(self, text: str) -> str:
        """Return the start of a server's text on one line, without the key, which some servers repeat."""
        hidden = text.replace(self._settings.key, "***") if self._settings.key else text
        return " ".join(hidden.split())[:_SHORT]


class Spent:
    """What a question has taken so far."""

    def __init__(self, settings: ChatSettings) -> None:
        self._settings = settings
        self.requests = 0
        self._model: str | None = None
        self._tokens: dict[str, int | None] = {"input_tokens": None, "output_tokens": None, "cached_tokens": None}

    def take(self, answer: Mapping[str, Any]) -> None:
        """Read the usage of a completion."""
        self._model = answer["model"] if isinstance(answer.get("model"), str) else None
        usage = answer.get("usage") or {}
        self._tokens = {
            "input_tokens": _count(usage.get("prompt_tokens")),
            "output_tokens": _count(usage.get("completion_tokens")),
            "cached_tokens": _count((usage.get("prompt_tokens_details") or {}).get("cached_tokens")),
        }

    def details(self) -> dict[str, Any]:
        """Return it; the cost as decimal text, None when tokens or price are not known."""
        cost = self._cost()
        return {
            "model": self._model,
            "requests": self.requests,
            **self._tokens,
            "cost": None if cost is None else f"{cost:f}",
            "currency": None if cost is None else "USD",
        }

    def _cost(self) -> Decimal | None:
        from genai_prices import Usage, calc_price

        tokens = self._tokens
        if tokens["input_tokens"] is None or tokens["output_tokens"] is None:
            return None
        usage = Usage(
            input_tokens=tokens["input_tokens"],
            output_tokens=tokens["output_tokens"],
            cache_read_tokens=tokens["cached_tokens"],
        )
        try:
            return calc_price(
                usage, self._model or self._settings.model, provider_api_url=self._settings.url
            ).total_price
        except (LookupError, ValueError):  # no such provider or model; counts that do not fit together
            return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After header in seconds from now; None without one that can be read."""
    try:
        return Retry().parse_retry_after(retry_after) if retry_after else None
    except InvalidHeader:
        return None
