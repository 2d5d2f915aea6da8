"""The made traffic has what the commands are to find, and stays the same."""

import ast
import hashlib
from pathlib import Path

from . import answers, traffic


def test_the_traffic_is_the_same_each_time():
    made = traffic.calls()
    assert made == traffic.calls()
    assert (len(made), len(answers.golden())) == (
        len({c.number for c in made}),
        sum(c.start >= traffic.GOLDEN_DAY for c in made),
    )
    assert hashlib.sha256(repr(made).encode()).hexdigest()[:12] == "1744723c3178"


def test_it_has_what_the_commands_are_to_find():
    week = answers.golden()
    assert answers.unpriced(week).keys() == {"no_tokens", "no_price"}
    assert answers.recorded_twice(week) > 20
    assert sum(call.repeated for call in week) > 3
    assert any(call.cached for call in week)


def test_neither_facts_nor_answers_import_the_package():
    for module in (traffic, answers):
        tree = ast.parse(Path(module.__file__).read_text())
        names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not any(name.startswith("otel_cert") for name in names)
