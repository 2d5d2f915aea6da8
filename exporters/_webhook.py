"""Events to a URL: each a POST of JSON, sent until it is answered with success; at least once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import stamina
import structlog
import urllib3
from pydantic import Field, SecretStr, field_validator

from otel_cert.component import Settings
from otel_cert.config.units import Seconds
from otel_cert.costs.budget.alerts import Event
from otel_cert.costs.budget.journal import Journal

from ._settings import Headers

log = structlog.get_logger(__name__)


class WebhookSettings(Settings):
    """Where state changes are sent."""

    url: SecretStr | None = None
    """`http://` or `https://`; nothing is sent without one. Shown and logged nowhere, for it may hold a secret."""
    headers: Headers = Field(default_factory=dict)
    """Headers of every request; write secrets as `${env:NAME}`."""
    timeout: Seconds = Field(default=10.0, gt=0)
    """How long one attempt may take."""
    initial_interval: Seconds = Field(default=1.0, gt=0)
    """Wait about this long after the first failure, then twice as long each time."""
    max_interval: Seconds = Field(default=60.0, gt=0)
    """Wait about this long at most."""
    max_age: Seconds = Field(default=7 * 86400.0, gt=0)
    """Give up an event that could not be delivered for this long."""

    @field_validator("url")
    @classmethod
    def _reachable(cls, url: SecretStr | None) -> SecretStr | None:
        try:
            parts = urlsplit(url.get_secret_value() if url else "http://none")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable or parts.username is not None:
            raise ValueError(
                "must be http://HOST or https://HOST with an optional port and path; credentials belong in headers"
            )
        return url


class Undelivered(Exception):
    """An attempt failed; says how, without the URL."""


class Webhook:
    """Sends one event at a time."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._url = settings.url
        self._headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        self._headers |= {"Content-Type": "application/json", "User-Agent": "otel-cert"}
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=settings.timeout))

    def send(self, event: Event) -> None:
        """Send an event; raises Undelivered unless the answer is a success."""
        if self._url is None:
            raise Undelivered("no URL is configured")
        headers = self._headers | {"Idempotency-Key": event.id}
        body = event.model_dump_json().encode()
        url = self._url.get_secret_value()
        try:
            with self._pool.request(
                "POST", url, body=body, headers=headers, redirect=False, preload_content=False
            ) as answer:
                status = answer.status
        except Exception as error:  # refused, lost, too slow, no trust; its text may hold the URL
            raise Undelivered(type(error).__name__) from None
        if not 200 <= status < 300:
            raise Undelivered(f"status {status}")


class Delivery(threading.Thread):
    """Delivers what waits in a journal, beside the analysis, which it never delays; what fails is tried again."""

    def __init__(self, settings: WebhookSettings, journal: Journal) -> None:
        super().__init__(name="budget-webhook", daemon=True)
        self._settings, self._journal, self._webhook = settings, journal, Webhook(settings)
        self._wake = threading.Event()

    def wake(self) -> None:
        """Say that something may wait."""
        self._wake.set()

    def run(self) -> None:
        """Deliver for ever."""
        settings = self._settings
        while True:
            self._wake.wait()
            self._wake.clear()
            for attempt in stamina.retry_context(
                on=Exception,  # also a full disk
                attempts=None,
                timeout=None,
                wait_initial=settings.initial_interval,
                wait_max=settings.max_interval,
                wait_jitter=settings.initial_interval,
            ):
                with attempt:
                    self.deliver()

    def deliver(self) -> None:
        """Try everything that waits once; raises Undelivered when something still does."""
        problems = [problem for event in self._journal.waiting() if (problem := self._attempt(event))]
        if problems:
            raise Undelivered(f"{len(problems)} events wait, the last because of: {problems[-1]}")

    def _attempt(self, event: Event) -> str | None:
        """Return why an event still waits, or None."""
        problem = None
        try:
            self._webhook.send(event)
        except Undelivered as error:
            problem = str(error)
        give_up = problem is not None and datetime.now(UTC) - event.at > timedelta(seconds=self._settings.max_age)
        self._journal.attempted(event, problem, give_up=give_up)
        if give_up:
            log.error("an event of a budget was given up", event_id=event.id, problem=problem)
        return None if give_up else problem
