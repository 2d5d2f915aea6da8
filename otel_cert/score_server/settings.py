"""What can be set about a scoring server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from otel_cert.component import Settings
from otel_cert.config import endpoints
from otel_cert.receivers._settings import GrpcTlsSettings


class ScoreServerSettings(Settings):
    """Where it listens, who may ask, and how much at once."""

    endpoint: str = "127.0.0.1:4319"
    """Where to listen, `HOST:PORT`; port 0 takes a free one."""
    tls: GrpcTlsSettings = GrpcTlsSettings()
    """TLS, on when there is a certificate."""
    auth: Literal["tokens"] | None = None
    """`tokens`: every request needs a bearer token with the scope `score`."""
    data_dir: Path | None = None
    """Data directory whose tokens are valid."""
    most_together: int = Field(128, ge=1)
    """Texts that are computed together."""
    most_items_together: int = Field(32, ge=1)
    """Answers that the language model scores together."""
    waiting: int = Field(2048, ge=1)
    """Texts, and answers, that may wait; more are refused with the time after which to try again."""
    calls: int = Field(256, ge=1)
    """Requests that may wait at a time."""
    grace_s: float = Field(30.0, ge=0)
    """How long requests in flight may take when it is told to stop."""

    @field_validator("endpoint")
    @classmethod
    def _checked(cls, endpoint: str) -> str:
        endpoints.checked(endpoint)
        return endpoint

    def exposed(self) -> Mapping[tuple[str, ...], str]:
        """Return the endpoint when others reach it without TLS, or without saying who they are."""
        if (self.tls.enabled and (self.auth or self.tls.client_ca_file)) or endpoints.is_loopback(self.endpoint):
            return {}
        return {
            ("endpoint",): f"{self.endpoint} is not this machine only: anybody on the network could read along and ask"
        }
