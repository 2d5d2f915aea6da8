"""YAML read by libyaml where PyYAML was built with it: ten times as fast, and the packaged data are large."""

from __future__ import annotations

from typing import Any

import yaml

NEXT = "mend it there; nothing was written"
"""What to do about a `complaint`."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _ByHand(_Loader):  # type: ignore[misc]  # which of the two loaders is known at run time only
    """Refuses a key that stands twice: of two answers or texts one would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else id(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load(text: str | bytes) -> Any:
    """Return what the text holds; raise yaml.YAMLError when it is no YAML."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - both are safe


def load_by_hand(text: str) -> Any:
    """Return what a person wrote; raise yaml.YAMLError also for a key that stands twice or a day that does not exist."""
    try:
        return yaml.load(text, Loader=_ByHand)  # noqa: S506 - of a safe loader
    except ValueError as error:
        if isinstance(error, UnicodeDecodeError):
            raise
        raise yaml.YAMLError(f"a day or time that does not exist: {error}") from error


def complaint(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """Return what is wrong with a file that a person wrote, to follow its name: `, line 3: it is no valid YAML: ...`."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return f": it is no valid YAML: {error}"
    said = ", ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    return f", line {mark.line + 1}: it is no valid YAML: {said}"
