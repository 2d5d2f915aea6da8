"""The record of a classification: what was answered, what follows, by which legal data, and what a person decided."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from otel_cert.errors import UsageError
from otel_cert.law.classify import Classification
from otel_cert.law.obligations import UNDETERMINED
from otel_cert.law.pack import LawPack


class Decision(BaseModel):
    """What a person decided about a proposal."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    role: str
    time: str
    """ISO 8601, UTC."""
    outcome: str | None
    """What holds instead of the proposal; None = it was confirmed."""
    reason: str | None

    @classmethod
    def made(cls, pack: LawPack, *, name: str, role: str | None, outcome: str | None, reason: str | None) -> Decision:
        """Return a decision of now.

        Raises:
            UsageError: no role, an outcome that there is not, or an override without a reason.

        """
        valid = [rule.outcome for rule in pack.rules.outcome_order]
        if not name.strip() or not (role or "").strip():
            raise UsageError("who confirms needs a name and a role", hint="--confirm NAME --role ROLE")
        if outcome is not None and outcome not in valid:
            raise UsageError(f"there is no outcome {outcome!r}", hint=f"valid are: {', '.join(valid)}")
        if outcome is not None and not (reason or "").strip():
            raise UsageError("an override needs a reason", hint="--reason TEXT; it is kept beside the proposal")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(name=name, role=str(role), time=now, outcome=outcome, reason=reason)

    def sentence(self) -> str:
        """Return it in words."""
        what = "confirmed" if self.outcome is None else f"overridden: {self.outcome}, because {self.reason}"
        return f"{what} ({self.name}, {self.role}, {self.time})"


def write_record(path: Path, found: Classification, decision: Decision | None) -> None:
    """Write the record as JSON.

    Raises:
        UsageError: an undetermined result is to be confirmed, or the file cannot be written.

    """
    if decision is not None and decision.outcome is None and found.outcome == UNDETERMINED:
        raise UsageError(
            "an undetermined result cannot be confirmed", hint="answer what is open, or override with a reason"
        )
    content = {
        "classification": found.model_dump(mode="json"),
        "decision": None if decision is None else decision.model_dump(),
        "outcome": found.outcome if decision is None or decision.outcome is None else decision.outcome,
    }
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
