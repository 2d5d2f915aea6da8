"""A document as eyes may see it: characters that hide or turn text around are named instead of obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from otel_cert.report.model import Document, Kind

HIDDEN = re.compile("[\x80-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f]")
"""Controls, embeddings and overrides of direction (Unicode UAX 9), annotations, and the invisible tags."""
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")


def readable(document: Document) -> Document:
    """Return the document with what hides in its texts made visible, as `[U+202E]`, and every line's end as LF."""
    made: Document = _shown(document)
    return made


def named(characters: str) -> str:
    """Return characters by their code points."""
    return "".join(f"[U+{ord(character):04X}]" for character in characters)


def _shown(value: Any) -> Any:
    match value:
        case Kind():  # a text of ours, and more than a text
            return value
        case str():
            return HIDDEN.sub(lambda found: named(found[0]), _LINE_ENDS.sub("\n", value))
        case tuple():
            return tuple(map(_shown, value))
        case list():
            return list(map(_shown, value))
        case Mapping():
            return {key: _shown(item) for key, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: _shown(getattr(value, field.name)) for field in fields(value)})
        case _:
            return value
