"""`system.yaml` to start from: every key with its meaning, and the JSON schema that editors check it with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from otel_cert.report.system import UNNAMED, System

_HEAD = """\
# yaml-language-server: $schema={schema}
# What an organisation declares about its AI system, for `otel-cert report`. Only the two names are needed; what is left
# out is shown as open in the documents. Remove the "# " before a key to use it; "##" explains the key below. What a person
# writes here is never overwritten silently.
"""
_REQUIRED = {"system.name": UNNAMED, "provider.name": UNNAMED}
"""Open fields in the documents until they are replaced."""


def schema() -> str:
    """Return the JSON schema of the file."""
    return json.dumps(System.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def commented(schema_file: str) -> str:
    """Return the file's text: the names to fill in, everything else as comments."""
    return _HEAD.format(schema=schema_file) + "\n".join(_keys(System, "", "")) + "\n"


def _keys(model: type[BaseModel], path: str, indent: str, off: str = "") -> Iterator[str]:
    """Yield the lines of a mapping; `off` begins those that are comments."""
    for name, field in model.model_fields.items():
        here = f"{path}{name}"
        if field.description:
            yield f"## {indent}{' '.join(field.description.split())}"
        inner, listed = _inner(field.annotation)
        mark = "" if not off and (here in _REQUIRED or here in ("system", "provider")) else off or "# "
        if inner is None:
            yield f"{mark}{indent}{name}:{_example(here, field.default)}"
        elif listed == "mapping":
            yield f"{mark}{indent}{name}:"
            yield f"{mark}{indent}  ID:"
            yield from _keys(inner, f"{here}.", f"{indent}    ", mark)
        elif listed == "list":
            yield f"{mark}{indent}{name}:"
            lines = list(_keys(inner, f"{here}.", f"{indent}    ", mark))
            yield from _as_item(lines, f"{mark}{indent}    ", f"{mark}{indent}  - ")
        else:
            yield f"{mark}{indent}{name}:"
            yield from _keys(inner, f"{here}.", f"{indent}  ", mark)


def _as_item(lines: list[str], plain: str, first: str) -> Iterator[str]:
    """Yield the lines of a mapping as an item of a list: a dash before its first key."""
    begun = False
    for line in lines:
        if not begun and line.startswith(plain):
            begun = True
            yield first + line[len(plain) :]
        else:
            yield line


def _example(path: str, default: object) -> str:
    if path in _REQUIRED:
        return f" {_REQUIRED[path]}"
    return f" {default}" if isinstance(default, str) else " []" if default == () else ""


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the model inside a type, and whether it is a list or mapping of them."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        models = [one for one in args if isinstance(one, type) and issubclass(one, BaseModel)]
        return (models[0], "") if models else (None, "")
    if isinstance(annotation, type) and origin is None and issubclass(annotation, BaseModel):
        return annotation, ""
    if args and isinstance(args[-1], type) and issubclass(args[-1], BaseModel):
        return args[-1], "mapping"
    if args and isinstance(args[0], type) and issubclass(args[0], BaseModel):
        return args[0], "list"
    return None, ""
