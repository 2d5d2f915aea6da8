"""What a budget is: an amount for a window of time, for the calls that pass its filters and those of its parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from otel_cert.component import Settings
from otel_cert.costs.budget.window import parse_window, parse_zone
from otel_cert.questions.scope import Scope

PER = ("user", "service", "model", "provider", "conversation", "agent", "operation", "environment")
"""What a budget may be for each of, beside `tag:KEY`."""

FILTERS = ("services", "models", "users", "providers")


class Budget(Settings):
    """One budget; its name is its key."""

    amount: Decimal = Field(gt=0, allow_inf_nan=False)
    """What may be spent in one window."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """Of the amount, ISO 4217; spend in another one is shown apart and never added."""
    window: Annotated[str, AfterValidator(parse_window)] = "month"
    """`day`, `week` (from Monday), `month`, `quarter` or `year`; or a duration such as `30d`: the time until now."""
    timezone: Annotated[str, AfterValidator(parse_zone)] = "UTC"
    """Where calendar windows begin at midnight, e.g. `Europe/Berlin`."""
    services: tuple[str, ...] = ()
    """Only calls of one of these services; all when empty, as for the filters that follow."""
    models: tuple[str, ...] = ()
    """Only calls that asked for one of these models, or that it answered."""
    users: tuple[str, ...] = ()
    """Only calls for one of these users."""
    providers: tuple[str, ...] = ()
    """Only calls to one of these providers."""
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Only calls that have one of the values of each of these tags: attributes of the span, its trace's root or resource."""
    per: str | None = None
    """One budget of this amount for each `user`, `service`, `model`, `provider`, `conversation`, `agent`, `operation`,
    `environment` or `tag:KEY` that has calls."""
    parent: str | None = None
    """Name of the budget that this one is a part of; its filters hold here too."""
    levels: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = Field(default=(60, 80, 100), min_length=1)
    """Percentages of the amount; each is told once when the spend reaches it."""

    @field_validator("per")
    @classmethod
    def _known(cls, per: str | None) -> str | None:
        if per is not None and per not in PER and (not per.startswith("tag:") or per == "tag:"):
            raise ValueError(f"{per!r} is not valid; write {', '.join(PER)} or tag:KEY")
        return per

    @field_validator("levels")
    @classmethod
    def _ascending(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if list(levels) != sorted(set(levels)):
            raise ValueError("must ascend")
        return levels


def check(budgets: Mapping[str, Budget]) -> None:
    """Raise ValueError, naming the budget, when parents do not fit: unknown, in a circle, of another kind, filters apart."""
    for name, budget in budgets.items():
        if budget.parent is None:
            continue
        if budget.parent not in budgets:
            raise ValueError(f"{name}.parent: {budget.parent!r} is no budget; valid: {', '.join(budgets)}")
        parent = budgets[budget.parent]
        if name in _line(budgets, budget.parent):
            raise ValueError(f"{name}.parent: is its own parent, through {budget.parent!r}")
        for key in ("currency", "window", "timezone"):
            if getattr(budget, key) != getattr(parent, key):
                raise ValueError(f"{name}.{key}: must be that of its parent {budget.parent!r}: {getattr(parent, key)}")
        if parent.per:
            raise ValueError(f"{name}.parent: {budget.parent!r} is a budget per {parent.per}, which has no parts")
        _check_narrower(budgets, name)


def _line(budgets: Mapping[str, Budget], name: str | None) -> list[str]:
    """Return a budget and those above it, nearest first; each once, also in a circle."""
    line: list[str] = []
    while name is not None and name in budgets and name not in line:
        line.append(name)
        name = budgets[name].parent
    return line


def _check_narrower(budgets: Mapping[str, Budget], name: str) -> None:
    own, parent = budgets[name], budgets[name].parent
    above = filters(budgets, str(parent))
    pairs = [(key, getattr(own, key), allowed) for key, allowed in above.by_name().items()]
    pairs += [(f"tags.{key}", own.tags.get(key, ()), allowed) for key, allowed in above.scope.tags.items()]
    for key, values, allowed in pairs:
        if allowed and (beyond := sorted(set(values) - set(allowed))):
            raise ValueError(
                f"{name}.{key}: {beyond[0]!r} is not allowed by its parent {parent!r}: {', '.join(allowed)}"
            )


@dataclass(frozen=True)
class Filters:
    """The filters of a budget and of all above it."""

    scope: Scope
    providers: Sequence[str]

    def by_name(self) -> dict[str, Sequence[str]]:
        """Return the allowed values of all but tags; empty: any."""
        scope = self.scope
        return {"services": scope.services, "models": scope.models, "users": scope.users, "providers": self.providers}


def filters(budgets: Mapping[str, Budget], name: str) -> Filters:
    """Return what a call has to pass to count in a budget; of one filter the nearest holds, which is the narrowest."""
    line = [budgets[one] for one in _line(budgets, name)]
    values = {key: next((found for one in line if (found := getattr(one, key))), ()) for key in FILTERS}
    tags = {key: allowed for one in reversed(line) for key, allowed in one.tags.items()}
    return Filters(
        Scope(services=values["services"], models=values["models"], users=values["users"], tags=tags),
        values["providers"],
    )


def ordered(budgets: Mapping[str, Budget]) -> list[tuple[str, int]]:
    """Return (name, how many stand above it): each budget followed by its parts."""

    def below(parent: str | None, depth: int) -> list[tuple[str, int]]:
        parts = [name for name, budget in budgets.items() if budget.parent == parent]
        return [entry for name in parts for entry in ((name, depth), *below(name, depth + 1))]

    return below(None, 0)
