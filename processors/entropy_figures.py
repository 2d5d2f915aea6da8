"""The columns of `token_entropy` that say what an answer's tokens are together, whoever computed their probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from otel_cert.measures.entropy import Place, Profile
from otel_cert.measures.entropy.profile import Run, mean
from otel_cert.schema import Table

Row = dict[str, Any]

KINDS = ("text", "reasoning", "tool_call")


def figures(found: Profile, places: Sequence[Place | None], spelled: Callable[[Run], str | None]) -> Row:
    """Return the columns of a profile of n tokens.

    Args:
        found: the profile.
        places: [n] where the tokens stand in the answer; None = not known.
        spelled: returns the text of some tokens, None when it was not recorded.

    """
    kinds = [place.kind if place else None for place in places]
    lower, upper = found.entropy
    bounded = not np.isnan(upper[~np.isnan(lower)]).any()
    return {
        "n_tokens": len(found.surprisal),
        "n_known": found.known,
        "surprisal": _values(found.surprisal),
        "entropy_lower": _values(lower),
        "entropy_upper": _values(upper),
        "kinds": kinds,
        "starts": [place.start if place else None for place in places],
        "ends": [place.end if place else None for place in places],
        "sum_surprisal": found.total,
        "mean_nll": found.mean,
        "perplexity": found.perplexity,
        **{f"{kind}_mean_nll": _mean_of(kind, kinds, found.surprisal) for kind in KINDS},
        "mean_entropy_lower": mean(lower),
        "mean_entropy_upper": mean(upper) if bounded else None,
        "share_below": found.share_below,
        "below_probability": found.below,
        "surprisal_parts": list(found.surprisal_parts),
        "entropy_parts": list(found.entropy_parts),
        **_worst(found, spelled),
    }


def _worst(found: Profile, spelled: Callable[[Run], str | None]) -> Row:
    row: Row = {}
    if (worst := found.worst) is not None:
        row |= {"worst_token": worst.first, "worst_surprisal": worst.mean, "worst_text": spelled(worst)}
    if (window := found.window) is not None:
        row |= {"window_first": window.first, "window_last": window.last, "window_mean": window.mean}
        row["window_text"] = spelled(window)
    return row


def _mean_of(kind: str, kinds: Sequence[str | None], surprisal: NDArray[np.float64]) -> float | None:
    return mean(surprisal[[each == kind for each in kinds]]) if kind in kinds else None


def _values(values: NDArray[np.float64]) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]


def storable(text: str | None) -> str | None:
    """Return text without lone surrogates, which UTF-8 cannot hold."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def listed(sent: str | None) -> list[Any]:
    """Return a JSON list; an empty one for what is none."""
    try:
        found = orjson.loads(sent) if sent else None
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def filled(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Return rows as a table; what a row lacks is unknown."""
    return pa.Table.from_pylist(list(rows), schema=table.arrow) if rows else table.empty()
