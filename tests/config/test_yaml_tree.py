import pytest

from otel_cert.config.yaml_tree import dotted, read


def test_every_path_has_its_line():
    tree = read("a:\n  b: 1\n  c:\n    - x\n    - y: 2\n", {})
    assert tree.value == {"a": {"b": 1, "c": ["x", {"y": 2}]}}
    lines = {dotted(path): line for path, line in tree.lines.items()}
    assert lines == {"": 1, "a": 1, "a.b": 2, "a.c": 3, "a.c[0]": 4, "a.c[1]": 5, "a.c[1].y": 5}
    assert tree.line(("a", "c", "0", "missing")) == 4
    assert tree.line(("not", "there")) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:A}", "one"),
        ("${A}", "one"),
        ("${env:B:-two}", "two"),
        ("${env:A:-two}", "one"),
        ("${env:B:-}", ""),
        ("${env:B:-http://x:1}", "http://x:1"),
        ("<${env:A}-${A}>", "<one-one>"),
        ("$$", "$"),
        ("$${env:A}", "${env:A}"),
        ("$A $5 {x}", "$A $5 {x}"),
    ],
)
def test_expansion(text, value):
    tree = read(f"key: '{text}'", {"A": "one"})
    assert (tree.value, tree.problems) == ({"key": value}, [])


@pytest.mark.parametrize("text", ["${env:B}", "${B}", "${file:x}", "${}", "${env:1}", "${env:A B}"])
def test_no_expansion(text):
    (problem,) = read(f"\nkey: '{text}'", {}).problems
    assert (problem.line, problem.path) == (2, "key")


def test_the_values_of_variables_are_not_expanded_again():
    assert read("k: ${A}", {"A": "${B} $$"}).value == {"k": "${B} $$"}


@pytest.mark.parametrize(
    "text", ["[" * 5000, "a: \0", "%", "{a: b", "- a\nb: c", "a: *b", "!!python/object:os.x {}", "a: !!int x"]
)
def test_no_text_makes_it_raise(text):
    assert read(text, {}).problems or "python" in text


def test_a_tagged_object_is_never_built():
    assert read("!!python/object/apply:os.getcwd []", {}).value == []
