"""YAML read with line numbers and `${env:NAME}`, every fault collected instead of the first one raised.

Strings are expanded as the OpenTelemetry Collector does: `${env:NAME}` or `${NAME}` is the variable,
`${env:NAME:-text}` falls back to text when it is not set, `$$` is a dollar sign. A variable that is not set and has no
fallback is a fault. Expanded text stays text; settings convert it to what they need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from otel_cert.errors import ConfigProblem

Path = tuple[str, ...]

_MERGE = "tag:yaml.org,2002:merge"
_REFERENCE = re.compile(r"\$\$|\$\{([^}]*)\}")
_VARIABLE = re.compile(r"(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


@dataclass
class Tree:
    """The plain value of a document, the line of each of its paths, and what is wrong with it as YAML."""

    value: object = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[ConfigProblem] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """Return the line of `path`, or of the nearest key above it that is in the document."""
        while len(path) > 1 and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def dotted(path: Path) -> str:
    """Return `a.b[0].c` for ("a", "b", "0", "c")."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).removeprefix(".")


def read(text: str, environ: Mapping[str, str]) -> Tree:
    """Return the document in `text`; a document that is no YAML has the value None and one problem."""
    tree = Tree()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            tree.value = _Builder(tree, environ).build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        parts = " ".join(part for part in (error.context, error.problem) if part)
        tree.problems.append(ConfigProblem(f"not YAML: {parts}", "", line=mark.line + 1 if mark else None))
    except yaml.YAMLError as error:
        tree.problems.append(ConfigProblem(f"not YAML: {error}", ""))
    except RecursionError:
        tree.problems.append(ConfigProblem("nested too deeply", ""))
    return tree


class _Builder:
    """Turns nodes into plain values, noting lines and faults in `tree`."""

    def __init__(self, tree: Tree, environ: Mapping[str, str]) -> None:
        self._tree = tree
        self._environ = environ
        self._constructor = yaml.SafeLoader("")
        self._open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> object:
        self._tree.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is parent for parent in self._open):
            self._fault("an alias that contains itself", path, node)
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(child, (*path, str(i))) for i, child in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        self._check_keys(node, path)
        if any(key.tag == _MERGE for key, _ in node.value):
            self._constructor.flatten_mapping(node)
        result: dict[str, object] = {}
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode):
                self._tree.lines[(*path, key.value)] = key.start_mark.line + 1
                result[key.value] = self.build(child, (*path, key.value))
        return result

    def _check_keys(self, node: yaml.MappingNode, path: Path) -> None:
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault("a key must be text", path, key)
            elif key.value in first:
                self._fault(f"duplicate key, first on line {first[key.value]}", (*path, key.value), key)
            else:
                first[key.value] = key.start_mark.line + 1

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        try:
            value: object = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._fault(f"not a YAML value: {getattr(error, 'problem', error)}", path, node)
            return None
        return self._expand(value, path, node) if isinstance(value, str) else value

    def _expand(self, text: str, path: Path, node: yaml.Node) -> str:
        def replace(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            variable = _VARIABLE.fullmatch(match[1])
            if variable is None:
                self._fault(f"{match[0]} is no variable", path, node, valid=("${env:NAME}", "${env:NAME:-default}"))
                return ""
            name, default = variable.groups()
            if name not in self._environ and default is None:
                hint = f"write ${{env:{name}:-default}} to allow it"
                self._fault(f"environment variable {name} is not set; {hint}", path, node)
            return self._environ.get(name, default or "")

        return _REFERENCE.sub(replace, text)

    def _fault(self, message: str, path: Path, node: yaml.Node, valid: tuple[str, ...] = ()) -> None:
        self._tree.problems.append(ConfigProblem(message, dotted(path), line=node.start_mark.line + 1, valid=valid))
