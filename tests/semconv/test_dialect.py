import json
import re
from pathlib import Path
from typing import Any

import pytest

from otel_cert.errors import OtelCertError
from otel_cert.processors.genai import Genai
from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv import otel, traceloop
from otel_cert.semconv.dialect import Dialect, installed
from otel_cert.semconv.fields import CONTENT, FIELDS
from tests.processors.rows import connect, evaluate, span

DIALECTS = (*installed(), otel.UNKNOWN)


def test_unknown_field_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(OtelCertError, match=r"unknown fields: inptu_tokens(.|\n)*input_tokens"):
        Dialect(name="mine", scopes=(), fields={"inptu_tokens": ("a",)})


def test_names_are_distinct() -> None:
    assert len({d.name for d in DIALECTS}) == len(DIALECTS)


def test_no_dialect_reads_an_attribute_twice_for_one_field() -> None:
    for dialect in DIALECTS:
        for names in dialect.fields.values():
            assert len(set(names)) == len(names)


def test_content_fields_are_sensitive_columns_of_calls() -> None:
    sensitive = {column.name for column in GENAI_CALLS.columns if column.sensitive}
    assert set(CONTENT) <= sensitive & FIELDS.keys()


def test_installed_dialects_are_those_of_the_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        def __init__(self, name: str, dialect: Dialect) -> None:
            self.name, self.load = name, lambda: dialect

    points = [Point("traceloop", traceloop.DIALECT), Point("otel", otel.DIALECT)]
    asked = []
    monkeypatch.setattr("otel_cert.semconv.dialect.metadata.entry_points", lambda group: asked.append(group) or points)
    assert installed() == (otel.DIALECT, traceloop.DIALECT)
    assert asked == ["otel_cert.dialects"]


def test_the_dialect_on_the_page_reads_a_span() -> None:
    page = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    sent = {
        "acme.kind": "completion", "gen_ai.request.model": "m", "acme.usage_json": '{"prompt": 200}',
        "gen_ai.usage.cache_read.input_tokens": 80, "acme.messages.0.role": "user", "acme.messages.0.content": "Hi",
    }  # fmt: skip
    rows = evaluate(connect([span(sent, scope_name="com.acme.llm.client")]), Genai([*DIALECTS, names["DIALECT"]]))
    (call,) = rows["genai_calls"]
    assert (call["dialect"], call["operation"], call["input_tokens_total"]) == ("acme", "chat", 280)
    assert json.loads(call["input_messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
