"""Which calls a question is about: a window of time, and filters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Scope:
    """Calls that started in a window and pass every filter; of the values of one filter any will do."""

    since_ns: int | None = None
    """First start, ns since 1970, inclusive; None = no bound."""
    until_ns: int | None = None
    """End of the window, ns since 1970, exclusive; None = no bound."""
    services: Sequence[str] = ()
    models: Sequence[str] = ()
    """Asked for, or the one that answered."""
    users: Sequence[str] = ()
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Attribute of the call's span, else of its trace's root, else of its resource -> values."""

    def params(self) -> dict[str, int | str | None]:
        """Return the parameters of a question based on `priced`."""
        return {
            "since_ns": self.since_ns,
            "until_ns": self.until_ns,
            "services": _array(self.services),
            "models": _array(self.models),
            "users": _array(self.users),
            "tags": json.dumps({k: list(v) for k, v in sorted(self.tags.items())}) if self.tags else None,
        }

    def filters(self) -> dict[str, list[str]]:
        """Return each filter as an answer names it: `service`, `model`, `user`, `tag:KEY` -> values."""
        given = {"service": self.services, "model": self.models, "user": self.users}
        tags = {f"tag:{key}": values for key, values in self.tags.items()}
        return {name: sorted(set(values)) for name, values in {**given, **tags}.items() if values}

    def between(self, since_ns: int | None, until_ns: int | None) -> Scope:
        """Return the same filters over another window."""
        return replace(self, since_ns=since_ns, until_ns=until_ns)


def _array(values: Sequence[str]) -> str | None:
    return json.dumps(sorted(set(values))) if values else None
