"""What the classes of a model mean: by the names that its configuration gives them, else as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otel_cert.errors import UsageError

_SUPPORT = ("entail", "consistent", "supported", "factual", "faithful")
_AGAINST = ("not_", "not-", "not ", "non", "un", "in", "no_")
_UNSUPPORTED = ("hallucinat", "unsupported", "inconsistent", "unfaithful", "not_supported")
SETTINGS = ("entailment", "contradiction", "unsupported")


@dataclass(frozen=True)
class Labels:
    """Which output of a model means what."""

    of_tokens: bool
    """Whether each token has classes, not the pair."""
    support: int | None
    """Supported; of a model with one output, that output."""
    contradiction: int | None = None
    """Contradicted, where there is such a class."""
    unsupported: int | None = None
    """Not supported, of a classifier of tokens."""

    def support_of(self, shares: np.ndarray) -> np.ndarray:
        """Return the support of each token, [n], from float [n, classes]."""
        found: np.ndarray = 1 - shares[:, self.unsupported] if self.support is None else shares[:, self.support]
        return found


def find_labels(name: str, config: Any, given: dict[str, str]) -> Labels:
    """Return what the outputs of a model mean; `given` maps `entailment`, `contradiction`, `unsupported` to label names.

    Raises:
        UsageError: the model is no classifier, or its labels do not say what they mean.

    """
    heads = tuple(config.architectures or ())
    names = {str(label).lower(): int(n) for n, label in config.id2label.items()}
    chosen = {role: _chosen(name, role, label, names) for role, label in given.items()}
    if any(head.endswith("ForTokenClassification") for head in heads):
        return _of_tokens(name, names, chosen)
    if any(head.endswith("ForSequenceClassification") for head in heads):
        return _of_pairs(name, names, chosen)
    raise UsageError(
        f"the model {name} is no classifier: its head is {', '.join(heads) or 'not named'}",
        hint="use a cross-encoder (ForSequenceClassification) or a classifier of tokens (ForTokenClassification)",
    )


def _of_pairs(name: str, names: dict[str, int], chosen: dict[str, int]) -> Labels:
    if len(names) == 1:
        return Labels(False, 0)
    support = chosen.get("entailment", _one(n for label, n in names.items() if _supports(label)))
    if support is None:
        raise _unclear(name, names, "entailment")
    against = chosen.get("contradiction", _one(n for label, n in names.items() if "contradict" in label))
    return Labels(False, support, against)


def _of_tokens(name: str, names: dict[str, int], chosen: dict[str, int]) -> Labels:
    unsupported = chosen.get("unsupported", _one(n for label, n in names.items() if _names_unsupported(label)))
    support = chosen.get("entailment", _one(n for label, n in names.items() if _supports(label)))
    if unsupported is None and support is None:
        raise _unclear(name, names, "unsupported")
    return Labels(True, support if unsupported is None else None, unsupported=unsupported)


def _supports(label: str) -> bool:
    return any(word in label for word in _SUPPORT) and not label.startswith(_AGAINST)


def _names_unsupported(label: str) -> bool:
    return any(word in label for word in _UNSUPPORTED) and not label.startswith(("not_hall", "no_hall", "non"))


def _one(found: Any) -> int | None:
    numbers = list(found)
    return numbers[0] if len(numbers) == 1 else None


def _chosen(name: str, role: str, label: str, names: dict[str, int]) -> int:
    if label.lower() not in names:
        raise UsageError(f"the model {name} has no label {label!r} for {role}", hint=f"its labels: {', '.join(names)}")
    return names[label.lower()]


def _unclear(name: str, names: dict[str, int], role: str) -> UsageError:
    return UsageError(
        f"the labels of the model {name} do not say which means {role}: {', '.join(names)}",
        hint=f"say it by the setting {role}=LABEL; its model card should tell",
    )
