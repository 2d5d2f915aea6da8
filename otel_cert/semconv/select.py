"""The SQL that reads canonical fields from `spans` and `logs`, built from the declared dialects.

First `claim_select` says which dialect each GenAI span is in; then each dialect that occurs reads its own with one
SELECT, all with the same columns: those of `CARRIED`, one per canonical field, `error_message`, `request_params`,
`first_chunk_unix_ns`, `cache_exclusive`; and for a field that may hold an OTLP array or key-value list `FIELD_code`,
its type code (the value is still OTLP/JSON: see `anyvalue.py`). One query for all takes longer to plan than to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otel_cert.semconv.dialect import CONTENT, FIELDS, Dialect, Reader

CARRIED = (
    "trace_id", "span_id", "parent_span_id", "start_unix_ns", "end_unix_ns", "service_name", "scope_name",
    "scope_version", "resource_attributes", "receive_day", "dialect",
)  # fmt: skip
"""Columns that go through unchanged."""

_READ = (*CARRIED[:-1], "status_code", "status_message", "events", "attributes", "attribute_types")
"""Columns of `spans` that are read."""

STRUCTURED = tuple(name for name, reader in FIELDS.items() if reader in (Reader.JSON, Reader.ANY))
"""The fields that have a `FIELD_code` column."""

_COMPUTED = ("operation", "provider", "streaming", "error_type")
"""The fields that are not just the first attribute present."""

CONTENT_EVENT = "gen_ai.client.inference.operation.details"
"""Log event with the attributes of an inference span, sent when content is kept off the span."""

_MOST = 10**12
"""No call has more tokens: a greater count is a fault of the sender, and one alone would ruin every sum."""

_SQL_TYPES = {Reader.COUNT: "BIGINT", Reader.NUMBER: "DOUBLE", Reader.FLAG: "BOOLEAN", Reader.LIST: "VARCHAR[]"}


def claim_select(dialects: Sequence[Dialect], fallback: Dialect) -> str:
    """Return the query over `spans` for the GenAI spans and their `dialect`: scope first, then the most marks.

    `fallback` gets those that no dialect claims. Of different spans with the same ids, the last to end is taken.
    """
    marked = sorted((d for d in dialects if d.marks), key=lambda d: -len(d.marks))
    claims = [
        *((d.name, [_any_prefix(d.scopes), *map(_present, d.requires)]) for d in dialects),
        *((d.name, [*map(_present, d.marks)]) for d in marked),
        (fallback.name, ["coalesce(gen_ai_operation_name, gen_ai_request_model) IS NOT NULL"]),
    ]
    case = " ".join(f"WHEN {_all(tests)} THEN {_text(name)}" for name, tests in claims)
    return f"""SELECT {", ".join(_READ)}, CASE {case} END AS dialect
FROM spans
WHERE dialect IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY end_unix_ns DESC, content_hash) = 1"""


def dialect_select(dialect: Dialect) -> str:
    """Return the query over `genai_claimed` for the spans of one dialect."""
    columns = [
        *CARRIED,
        *(_field(name, dialect.fields.get(name, ())) for name in FIELDS if name not in _COMPUTED),
        f"{_operation(dialect)} AS operation",
        f"{_provider(dialect)} AS provider",
        f"{_streaming(dialect)} AS streaming",
        *_error(dialect),
        f"{_request_params(dialect.request_prefix)} AS request_params",
        f"{_first_chunk(dialect.first_chunk_event)} AS first_chunk_unix_ns",
        f"{_any_prefix(dialect.cache_exclusive_scopes)} AS cache_exclusive",
    ]
    return f"SELECT {', '.join(columns)} FROM genai_claimed WHERE dialect = {_text(dialect.name)}"


def event_select(dialect: Dialect) -> str:
    """Return the query over `logs` for the content of spans that `genai_spans` shows without any."""
    fields = ",\n    ".join(_field(name, dialect.fields[name]) for name in CONTENT)
    return f"""SELECT
    trace_id, span_id,
    {fields}
FROM logs
WHERE coalesce(nullif(event_name, ''), attributes['event.name']) = {_text(CONTENT_EVENT)}
    AND (trace_id, span_id) IN (
        SELECT (trace_id, span_id) FROM genai_spans WHERE coalesce(input_messages, output_messages) IS NULL
    )
QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY unix_ns DESC, sequence DESC) = 1"""


def _operation(dialect: Dialect) -> str:
    sent = _read(Reader.TEXT, dialect.fields.get("operation", ()))
    whens = " ".join(f"WHEN {_text(own)} THEN {_text(ours)}" for own, ours in dialect.operations.items())
    return f"CASE {sent} {whens} ELSE {sent} END" if whens else sent


def _provider(dialect: Dialect) -> str:
    sent = _read(Reader.TEXT, dialect.fields.get("provider", ()))
    whens = " ".join(f"WHEN {_present(mark)} THEN {_text(name)}" for mark, name in dialect.provider_marks.items())
    return f"CASE {whens} ELSE {sent} END" if whens else sent


def _streaming(dialect: Dialect) -> str:
    sent = _read(Reader.FLAG, dialect.fields.get("streaming", ()))
    return f"coalesce({sent}, CASE WHEN {_any_prefix(dialect.streaming_scopes)} THEN false END)"


def _error(dialect: Dialect) -> tuple[str, str]:
    """Return the columns of a failure: attribute or status say that it is one, an exception event may say which."""
    sent = _read(Reader.TEXT, dialect.fields.get("error_type", ()))
    exception = "list_filter(events, lambda e: e.name = 'exception')[1].attributes"
    failed = f"({sent} IS NOT NULL OR status_code = 2)"
    return (
        f"CASE WHEN {failed} THEN coalesce({sent}, {exception}['exception.type'], '_OTHER') END AS error_type",
        f"CASE WHEN {failed} THEN coalesce(nullif(status_message, ''), {exception}['exception.message']) END"
        " AS error_message",
    )


def _field(name: str, attributes: Sequence[str]) -> str:
    reader = FIELDS[name]
    column = f"{_read(reader, attributes)} AS {name}"
    if name not in STRUCTURED:
        return column
    codes = _coalesce(f"CASE WHEN {_read(reader, (a,))} IS NOT NULL THEN {_code(a)} END" for a in attributes)
    return f"{column}, {codes}::VARCHAR AS {name}_code"


def _read(reader: Reader, attributes: Iterable[str]) -> str:
    """Return the expression for the first attribute that `reader` can read; NULL, typed, when there is none."""
    return f"{_coalesce(_read_one(reader, a) for a in attributes)}::{_SQL_TYPES.get(reader, 'VARCHAR')}"


def _read_one(reader: Reader, attribute: str) -> str:
    value, code = _value(attribute), _code(attribute)
    match reader:
        case Reader.TEXT:
            readable = f"{code} NOT IN ('a', 'k', 'y') AND NOT contains({value}, chr(0))"
            return f"CASE WHEN {readable} THEN nullif({value}, '') END"
        case Reader.COUNT:
            count = f"TRY_CAST({value} AS BIGINT)"
            return f"CASE WHEN {count} BETWEEN 0 AND {_MOST} THEN {count} END"
        case Reader.NUMBER:
            number = f"TRY_CAST({value} AS DOUBLE)"
            return f"CASE WHEN {number} >= 0 AND {number} < 'Infinity'::DOUBLE THEN {number} END"
        case Reader.FLAG:
            return f"TRY_CAST({value} AS BOOLEAN)"
        case Reader.LIST:
            texts = f"""CASE
        WHEN {code} = 'a' THEN json_extract_string({value}, '$[*].stringValue')
        WHEN {code} = 's' AND {value} LIKE '[%' AND json_valid({value}) THEN json_extract_string({value}, '$[*]')
        WHEN {code} = 's' THEN [{value}] END"""
            return f"nullif(list_filter({texts}, lambda x: x <> ''), [])"
        case Reader.JSON:
            return f"CASE WHEN {code} IN ('a', 'k') OR {code} = 's' AND json_valid({value}) THEN {value} END"
        case Reader.ANY:
            return f"CASE WHEN {code} <> 'y' THEN nullif({value}, '') END"


def _request_params(prefix: str) -> str:
    """Return the JSON object of the request parameters, keys without the prefix; the model has its own column."""
    value, code = "map_values(attributes)[i]", "attribute_types[i]"
    entry = f"""CASE WHEN starts_with(k, {_text(prefix)}) AND k <> {_text(prefix + "model")} THEN
        to_json(substr(k, {len(prefix) + 1})) || ':' || CASE
            WHEN {code} = 'b' OR {code} IN ('i', 'd') AND isfinite(TRY_CAST({value} AS DOUBLE)) THEN {value}
            WHEN {code} = 'a' THEN to_json(json_extract({value}, '$[*].*'))
            ELSE to_json({value}) END
        END"""
    entries = f"array_to_string(list_transform(map_keys(attributes), lambda k, i: {entry}), ',')"
    return f"'{{' || nullif({entries}, '') || '}}'"


def _first_chunk(event: str | None) -> str:
    if event is None:
        return "NULL::BIGINT"
    times = f"list_transform(list_filter(events, lambda e: e.name = {_text(event)}), lambda e: e.unix_ns)"
    return f"list_min({times})"


def _coalesce(expressions: Iterable[str]) -> str:
    return f"coalesce({', '.join((*expressions, 'NULL'))})"


def _value(attribute: str) -> str:
    return f"attributes[{_text(attribute)}]"


def _code(attribute: str) -> str:
    return f"attribute_types[list_position(map_keys(attributes), {_text(attribute)})]"


def _present(attribute: str) -> str:
    return f"{_value(attribute)} IS NOT NULL"


def _all(conditions: Iterable[str]) -> str:
    return " AND ".join(conditions)


def _any_prefix(prefixes: Sequence[str]) -> str:
    return "(" + " OR ".join((*(f"starts_with(scope_name, {_text(p)})" for p in prefixes), "false")) + ")"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
