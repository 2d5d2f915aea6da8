import pytest

from otel_cert.errors import OtelCertError
from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv import otel, traceloop
from otel_cert.semconv.dialect import Dialect, installed
from otel_cert.semconv.fields import CONTENT, FIELDS

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
