"""Validates settings against their model and tells every fault with its line, path, valid values and closest match."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from inspect import isclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from otel_cert.config.yaml_tree import Path, Tree, dotted
from otel_cert.errors import ConfigProblem

ModelT = TypeVar("ModelT", bound=BaseModel)

_EXPECTED = {
    "model_type": "must be a mapping of keys",
    "dict_type": "must be a mapping of keys",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "missing": "required, and missing",
}
"""Our words for some of pydantic's error types."""


def validate(model: type[ModelT], value: object, path: Path, tree: Tree) -> ModelT | None:
    """Return `value` as `model`, noting faults in `tree.problems`.

    Faulty parts are then taken out and replaced by their defaults, so that what depends on the rest can be checked in
    the same pass; None when that leaves no valid settings.
    """
    value = _over_defaults(model, {} if value is None else value)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
    tree.problems += [_problem(model, detail, path, tree) for detail in details]
    try:
        return model.model_validate(_without(value, [detail["loc"] for detail in details]))
    except ValidationError:
        return None


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of `names`, or None when none is similar."""
    return next(iter(get_close_matches(name, list(names), n=1)), None)


def keys(model: type[BaseModel]) -> dict[str, str]:
    """Return {key in YAML: field name}."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's annotation is, or None."""
    return annotation if isclass(annotation) and issubclass(annotation, BaseModel) else None


def _over_defaults(model: type[BaseModel], value: object) -> object:
    """Lay nested mappings over a field's own default, not its type's; `grpc:` without a value is that default."""
    if not isinstance(value, Mapping):
        return value
    result = dict(value)
    for key, name in keys(model).items():
        field = model.model_fields[name]
        child = model_of(field.annotation)
        if child and key in result:
            given = _over_defaults(child, {} if result[key] is None else result[key])
            default = field.get_default(call_default_factory=True)
            set_by_default = default.model_dump(by_alias=True, exclude_unset=True) if isinstance(default, child) else {}
            result[key] = _laid_over(set_by_default, given)
    return result


def _laid_over(below: dict[str, Any], above: object) -> object:
    if not isinstance(above, Mapping):
        return above
    return below | {k: _laid_over(below[k], v) if isinstance(below.get(k), dict) else v for k, v in above.items()}


def _without(value: object, locations: Iterable[tuple[int | str, ...]]) -> object:
    """Return a copy of nested mappings without the values at `locations`."""
    if not isinstance(value, Mapping):
        return {}
    heads: dict[int | str, list[tuple[int | str, ...]]] = {}
    for head, *tail in filter(None, locations):
        heads.setdefault(head, []).append(tuple(tail))
    kept = {}
    for key, child in value.items():
        if key not in heads:
            kept[key] = child
        elif isinstance(child, Mapping) and all(heads[key]):
            kept[key] = _without(child, heads[key])
    return kept


def _problem(model: type[BaseModel], detail: ErrorDetails, path: Path, tree: Tree) -> ConfigProblem:
    """Return one of pydantic's errors in our words."""
    here = (*path, *(str(part) for part in detail["loc"]))
    kind, name = detail["type"], here[-1] if here else ""
    valid: tuple[str, ...] = ()
    message = re.sub(r"^(Value error, |Input should be )", "", detail["msg"])
    if kind == "extra_forbidden":
        valid = _keys_at(model, detail["loc"][:-1])
        message = "unknown key" if valid else f"unknown key; {here[-2]} takes no settings"
    elif kind in ("literal_error", "enum"):
        name, message = str(detail["input"]), f"{detail['input']!r} is not valid"
        valid = tuple(re.findall(r"'([^']*)'", str(detail["ctx"]["expected"])))
    elif kind in _EXPECTED:
        message = _EXPECTED[kind]
    elif detail["msg"].startswith("Input"):
        message = f"must be {message}"
    return ConfigProblem(message, dotted(here), line=tree.line(here), valid=valid, closest=closest(name, valid))


def _keys_at(annotation: Any, location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys that a model has at a location below it."""
    if model := model_of(annotation):
        if not location:
            return tuple(keys(model))
        name = keys(model).get(str(location[0]))
        return _keys_at(model.model_fields[name].annotation, location[1:]) if name else ()
    if isclass(get_origin(annotation)) and issubclass(get_origin(annotation), (Mapping, list, tuple)):
        location = location[1:]
    return next(filter(None, (_keys_at(part, location) for part in get_args(annotation))), ())
