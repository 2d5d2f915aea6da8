"""How many tokens a model chooses among, for the models of which that is published: `vocabularies.yaml`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import yaml
from pydantic import ConfigDict, Field, TypeAdapter

from otel_cert.measures.accuracy.result import Model


class Vocabulary(NamedTuple):
    """A vocabulary: its name and number of tokens, special ones included."""

    name: str
    size: int


class Known(Model):
    """An entry of `vocabularies.yaml`."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(gt=1)
    """Tokens, special and reserved ones included."""
    source: str
    """Where that is published."""
    date: dt.date
    """When it was looked up."""
    models: tuple[str, ...]
    """How names of models begin that use it."""


def vocabulary_of(model: str | None, own: Mapping[str, int] | None = None) -> Vocabulary | None:
    """Return the vocabulary of a model as providers name it, or None when it is not known.

    The longest known beginning decides: `gpt-4o-mini-2024-07-18` is a `gpt-4o`, not a `gpt-4`. Before it may stand an
    owner or a prefix (`openai/gpt-4o`, `us.meta.llama3-1-8b`, `ft:gpt-4o:...`).

    Args:
        model: name of the model; None = unknown.
        own: beginning of a name -> tokens, of the user; goes before what is known here.

    """
    if not model:
        return None
    name = model.lower()
    for sizes in ({k.lower(): Vocabulary(k, v) for k, v in (own or {}).items()}, _known()):
        found = [beginning for beginning in sizes if _begins(name, beginning)]
        if found:
            return sizes[max(found, key=len)]
    return None


def _begins(name: str, beginning: str) -> bool:
    return re.search(rf"(?:^|[/.:]){re.escape(beginning)}(?![a-z0-9])", name) is not None


@cache
def _known() -> dict[str, Vocabulary]:
    return {model: Vocabulary(name, known.size) for name, known in vocabularies().items() for model in known.models}


@cache
def vocabularies() -> dict[str, Known]:
    """Return what `vocabularies.yaml` holds, by name of the vocabulary."""
    text = (resources.files(__package__) / "vocabularies.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Known]).validate_python(yaml.safe_load(text))
