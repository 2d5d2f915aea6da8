"""The tables: every column's name, type, unit and meaning. Views, empty tables, docs and checks derive from here.

Files hold BIGINT nanoseconds (`*_unix_ns`) because Delta has only microseconds and no unsigned types; the DuckDB views add
`*_time` columns of type TIMESTAMP_NS. An unsigned 64-bit value beyond the signed range keeps its bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

_LAST_NS = (1 << 63) - 2
"""The largest TIMESTAMP_NS; the value above it is DuckDB's infinity, which it refuses to make."""

VERSION = 2
"""Version of all tables together; columns are only added."""

TEXT, BOOL, DOUBLE, BIGINT, INT, BLOB, DATE = (
    pa.string(), pa.bool_(), pa.float64(), pa.int64(), pa.int32(), pa.binary(), pa.date32(),
)  # fmt: skip
_SQL_NAMES = {
    TEXT: "VARCHAR", BOOL: "BOOLEAN", DOUBLE: "DOUBLE", BIGINT: "BIGINT", INT: "INTEGER", BLOB: "BLOB", DATE: "DATE",
}  # fmt: skip
MONEY = pa.decimal128(38, 18)
ATTRIBUTES = pa.map_(TEXT, TEXT)


def _struct(**fields: pa.DataType) -> pa.DataType:
    return pa.struct(list(fields.items()))


EVENT = _struct(unix_ns=BIGINT, name=TEXT, attributes=ATTRIBUTES, attribute_types=TEXT, dropped_attributes_count=BIGINT)
LINK = _struct(
    trace_id=TEXT, span_id=TEXT, trace_state=TEXT, attributes=ATTRIBUTES, attribute_types=TEXT,
    dropped_attributes_count=BIGINT, flags=BIGINT,
)  # fmt: skip
EXEMPLAR = _struct(
    unix_ns=BIGINT, value_double=DOUBLE, value_int=BIGINT, trace_id=TEXT, span_id=TEXT, attributes=ATTRIBUTES,
    attribute_types=TEXT,
)  # fmt: skip
ENTITY = _struct(schema_url=TEXT, type=TEXT, id_keys=pa.list_(TEXT), description_keys=pa.list_(TEXT))
BUCKETS = _struct(offset=INT, bucket_counts=pa.list_(BIGINT))
QUANTILE = _struct(quantile=DOUBLE, value=DOUBLE)
CALL = _struct(
    start_unix_ns=BIGINT, provider=TEXT, request_model=TEXT, response_model=TEXT, service_name=TEXT,
    input_tokens_total=BIGINT, cache_read_tokens=BIGINT, output_tokens_total=BIGINT,
)  # fmt: skip
ATTRIBUTION = _struct(operation=TEXT, environment=TEXT, user_id=TEXT, conversation_id=TEXT, agent_name=TEXT)


@dataclass(frozen=True)
class Column:
    """One column: Arrow `type`, meaning, unit; `sensitive` columns may hold personal data or prompts.

    A `derived` column repeats what other columns say (promoted for speed) or says how it arrived; the sender's data can be
    re-encoded without it.
    """

    name: str
    type: pa.DataType
    doc: str
    unit: str | None = None
    sensitive: bool = False
    derived: bool = False


@dataclass(frozen=True)
class Table:
    """One table: `key` identifies a row, `sort` is the order in files, `views` are columns computed on reading."""

    name: str
    doc: str
    key: tuple[str, ...]
    sort: tuple[str, ...]
    columns: tuple[Column, ...]
    views: tuple[tuple[str, str, str], ...] = ()
    """(name, SQL over this table's columns, meaning)."""
    version: int = VERSION
    also: tuple[str, ...] = ()
    """Tables of another process that have these columns, too: readers of this table see their rows in it."""

    @cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the files."""
        return pa.schema([(c.name, c.type) for c in self.columns])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(c.name for c in self.columns)

    def empty(self) -> pa.Table:
        """Return a table of no rows."""
        return self.arrow.empty_table()

    def view_columns(self) -> list[tuple[str, str, str]]:
        """Return (name, SQL, meaning) of the computed columns: a TIMESTAMP_NS per `*_unix_ns`, then `views`."""
        times = [
            (
                c.name.removesuffix("_unix_ns") + "_time" if c.name != "unix_ns" else "time",
                f"CASE WHEN {c.name} BETWEEN 1 AND {_LAST_NS} THEN make_timestamp_ns({c.name}) END",
                f"`{c.name}` as TIMESTAMP_NS, UTC; NULL when it is 0, which says unknown, or beyond the year 2262",
            )
            for c in self.columns
            if c.name.endswith("unix_ns")
        ]
        return [*times, *self.views]


def sql_type(type_: pa.DataType) -> str:
    """Return the DuckDB name of an Arrow type used here."""
    if pa.types.is_map(type_):
        return f"MAP({sql_type(type_.key_type)}, {sql_type(type_.item_type)})"
    if pa.types.is_list(type_):
        return f"{sql_type(type_.value_type)}[]"
    if pa.types.is_struct(type_):
        return "STRUCT(" + ", ".join(f'"{f.name}" {sql_type(f.type)}' for f in type_) + ")"
    if pa.types.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    return _SQL_NAMES[type_]


C = Column

_ARRIVAL = (
    C("receiver", TEXT, "Which ack log the request came through: `otlp`, `files`.", derived=True),
    C("sequence", BIGINT, "Number of the request in that receiver's ack log.", derived=True),
    C("received_unix_ns", BIGINT, "When the request was received, by our clock.", "ns since 1970", derived=True),
    C("receive_day", DATE, "UTC day of reception; the partition.", derived=True),
    C(
        "flags",
        pa.list_(TEXT),
        "What was odd about the row as sent; NULL when nothing was. See docs/schema.md.",
        derived=True,
    ),
    C("subject", TEXT, "Who sent it, by its credentials; NULL when they are not asked for.", derived=True),
)
_GROUP = (
    C("resource_ordinal", INT, "Position of the resource in its request."),
    C("scope_ordinal", INT, "Position of the scope in its resource."),
    C("ordinal", INT, "Position of the span, log record or metric in its scope."),
    C("resource_attributes", ATTRIBUTES, "Attributes of the resource; NULL when no resource was sent.", sensitive=True),
    C("resource_attribute_types", TEXT, "One type code per resource attribute."),
    C("resource_dropped_attributes_count", BIGINT, "Resource attributes the sender dropped."),
    C("resource_entities", pa.list_(ENTITY), "Entity references of the resource."),
    C("resource_schema_url", TEXT, "Schema URL of the resource group."),
    C("scope_name", TEXT, "Instrumentation scope; NULL when no scope was sent."),
    C("scope_version", TEXT, "Version of the instrumentation scope."),
    C("scope_attributes", ATTRIBUTES, "Attributes of the instrumentation scope.", sensitive=True),
    C("scope_attribute_types", TEXT, "One type code per scope attribute."),
    C("scope_dropped_attributes_count", BIGINT, "Scope attributes the sender dropped."),
    C("scope_schema_url", TEXT, "Schema URL of the scope group."),
    C("service_name", TEXT, "Resource attribute `service.name`.", derived=True),
)
_ATTRIBUTES = (
    C("attributes", ATTRIBUTES, "Attributes as text, in the order sent, duplicates kept; arrays, maps as OTLP/JSON.",
      sensitive=True),
    C("attribute_types", TEXT, "One code per attribute: s string, i int, d double, b bool, y bytes (base64), a array,"
      " k key-value list, n empty value, - no value sent, r index into a profile's string table."),
)  # fmt: skip
_UNKNOWN = C(
    "unknown_fields", BLOB,
    "The request reduced to this row, as sent, when it has protobuf fields that this version does not know.",
)  # fmt: skip

SPANS = Table(
    "spans",
    "One row per span, lossless.",
    key=("trace_id", "span_id", "content_hash"),
    sort=("start_unix_ns",),
    columns=(
        C("trace_id", TEXT, "Trace id, lower-case hex."),
        C("span_id", TEXT, "Span id, lower-case hex."),
        C("parent_span_id", TEXT, "Span id of the parent; empty for a root."),
        C("trace_state", TEXT, "W3C tracestate."),
        C("trace_flags", BIGINT, "OTLP span flags: W3C trace flags, is-remote bits."),
        C("name", TEXT, "Span name.", sensitive=True),
        C("kind", INT, "0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer."),
        C("start_unix_ns", BIGINT, "Start.", "ns since 1970"),
        C("end_unix_ns", BIGINT, "End.", "ns since 1970"),
        C("status_code", INT, "0 unset, 1 ok, 2 error; NULL when no status was sent."),
        C("status_message", TEXT, "Status message.", sensitive=True),
        *_ATTRIBUTES,
        C("dropped_attributes_count", BIGINT, "Attributes the sender dropped."),
        C("events", pa.list_(EVENT), "Span events in the order sent.", sensitive=True),
        C("dropped_events_count", BIGINT, "Events the sender dropped."),
        C("links", pa.list_(LINK), "Span links in the order sent.", sensitive=True),
        C("dropped_links_count", BIGINT, "Links the sender dropped."),
        *_GROUP,
        _UNKNOWN,
        C("gen_ai_operation_name", TEXT, "Attribute `gen_ai.operation.name`.", derived=True),
        C("gen_ai_provider_name", TEXT, "Attribute `gen_ai.provider.name`, else `gen_ai.system`.", derived=True),
        C("gen_ai_request_model", TEXT, "Attribute `gen_ai.request.model`.", derived=True),
        C("gen_ai_response_model", TEXT, "Attribute `gen_ai.response.model`.", derived=True),
        C("content_hash", BIGINT, "First 8 bytes of SHA-256 over resource, scope and span; tells a retry from a conflict.",
          derived=True),
        *_ARRIVAL,
    ),
    views=(
        ("duration_ns", "end_unix_ns - start_unix_ns", "End minus start, ns."),
        ("status", "CASE status_code WHEN 2 THEN 'error' WHEN 1 THEN 'ok' ELSE 'unset' END", "Status as text."),
    ),
)  # fmt: skip

LOGS = Table(
    "logs",
    "One row per log record, lossless.",
    key=("receiver", "sequence", "resource_ordinal", "scope_ordinal", "ordinal"),
    sort=("unix_ns",),
    columns=(
        C("unix_ns", BIGINT, "When it happened; 0 when not sent.", "ns since 1970"),
        C("observed_unix_ns", BIGINT, "When it was observed; 0 when not sent.", "ns since 1970"),
        C("trace_id", TEXT, "Trace id, lower-case hex; empty when none."),
        C("span_id", TEXT, "Span id, lower-case hex; empty when none."),
        C("trace_flags", BIGINT, "OTLP log flags."),
        C("event_name", TEXT, "Event name; empty when not an event."),
        C("severity_number", INT, "1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal."),
        C("severity_text", TEXT, "Severity as sent."),
        C("body", TEXT, "Body; text as is, anything structured as OTLP/JSON.", sensitive=True),
        C("body_type", TEXT, "Type code of the body; NULL when no body was sent."),
        *_ATTRIBUTES,
        C("dropped_attributes_count", BIGINT, "Attributes the sender dropped."),
        *_GROUP,
        _UNKNOWN,
        C("request_hash", TEXT, "First 16 bytes of SHA-256 over the request; a repeated request is stored once.",
          derived=True),
        *_ARRIVAL,
    ),
)  # fmt: skip

METRIC_POINTS = Table(
    "metric_points",
    "One row per data point of a metric, lossless; a metric sent without points is one row flagged `no_points`.",
    key=("receiver", "sequence", "resource_ordinal", "scope_ordinal", "ordinal", "point_ordinal"),
    sort=("name", "unix_ns"),
    columns=(
        C("name", TEXT, "Metric name."),
        C("description", TEXT, "Metric description."),
        C("unit", TEXT, "Unit, UCUM."),
        C("metric_type", TEXT, "gauge, sum, histogram, exponential_histogram, summary; NULL when none was sent."),
        C("temporality", INT, "0 unspecified, 1 delta, 2 cumulative; NULL where the type has none."),
        C("is_monotonic", BOOL, "Sums only."),
        C("metadata", ATTRIBUTES, "Metadata of the metric."),
        C("metadata_types", TEXT, "One type code per metadata entry."),
        C("point_ordinal", INT, "Position of the point in its metric; NULL for a metric without points."),
        C("start_unix_ns", BIGINT, "Start of the interval; 0 when not sent.", "ns since 1970"),
        C("unix_ns", BIGINT, "Time of the point.", "ns since 1970"),
        *_ATTRIBUTES,
        C("value_double", DOUBLE, "Value of a gauge or sum sent as a double."),
        C("value_int", BIGINT, "Value of a gauge or sum sent as an integer."),
        C("count", BIGINT, "Histograms and summaries: number of observations."),
        C("sum", DOUBLE, "Histograms and summaries: sum of observations; NULL when not sent."),
        C("min", DOUBLE, "Histograms: smallest observation; NULL when not sent."),
        C("max", DOUBLE, "Histograms: largest observation; NULL when not sent."),
        C("bucket_counts", pa.list_(BIGINT), "Histogram: count per bucket."),
        C("explicit_bounds", pa.list_(DOUBLE), "Histogram: upper bounds of all buckets but the last."),
        C("scale", INT, "Exponential histogram: resolution; base = 2^(2^-scale)."),
        C("zero_count", BIGINT, "Exponential histogram: observations in the zero bucket."),
        C("zero_threshold", DOUBLE, "Exponential histogram: width of the zero bucket."),
        C("positive", BUCKETS, "Exponential histogram: positive buckets."),
        C("negative", BUCKETS, "Exponential histogram: negative buckets."),
        C("quantiles", pa.list_(QUANTILE), "Summary: values at quantiles."),
        C("exemplars", pa.list_(EXEMPLAR), "Exemplars in the order sent.", sensitive=True),
        C("point_flags", BIGINT, "OTLP data point flags: 1 = no recorded value."),
        *_GROUP,
        _UNKNOWN,
        C("request_hash", TEXT, "First 16 bytes of SHA-256 over the request; a repeated request is stored once.",
          derived=True),
        *_ARRIVAL,
    ),
)  # fmt: skip

RAW = (SPANS, LOGS, METRIC_POINTS)
"""Filled by the writer from what was sent."""

_CALL_ID = (
    C("trace_id", TEXT, "Trace id, lower-case hex."),
    C("span_id", TEXT, "Span id, lower-case hex."),
)
_COMPUTED = (C("receive_day", DATE, "UTC day the span was received; the partition."),)
_DONE_BY = (
    C("parent_span_id", TEXT, "Span id of the parent; empty for a root."),
    C("start_unix_ns", BIGINT, "Start.", "ns since 1970"),
    C("end_unix_ns", BIGINT, "End.", "ns since 1970"),
    C("service_name", TEXT, "Resource attribute `service.name`."),
)

GENAI_CALLS = Table(
    "genai_calls",
    "One row per request sent to a model provider, failed ones included; agent and workflow spans are not calls.",
    key=("trace_id", "span_id"),
    sort=("start_unix_ns",),
    columns=(
        *_CALL_ID,
        *_DONE_BY,
        C("duration_ns", BIGINT, "End minus start; NULL when the clock says it is negative.", "ns"),
        C("service_version", TEXT, "Resource attribute `service.version`."),
        C("environment", TEXT, "Resource attribute `deployment.environment.name`."),
        C("scope_name", TEXT, "Instrumentation scope that recorded the call."),
        C("scope_version", TEXT, "Its version."),
        C("dialect", TEXT, "Which dialect's rules read the span."),
        C("dedupe_group", TEXT, "Same value for records of one provider call; NULL when there is only one record."),
        C("operation", TEXT, "chat, text_completion, generate_content, embeddings."),
        C("provider", TEXT, "Provider, as the semantic conventions name it."),
        C("request_model", TEXT, "Model asked for."),
        C("response_model", TEXT, "Model that answered; NULL on errors."),
        C("response_id", TEXT, "Provider's id of the response."),
        C("streaming", BOOL, "Whether the answer was streamed; NULL when not recorded."),
        C("ttft_s", DOUBLE, "Time to first token or chunk; NULL when not recorded.", "s"),
        C("finish_reasons", pa.list_(TEXT), "stop, length, tool_call, content_filter, error, other."),
        C("finish_reasons_raw", pa.list_(TEXT), "Finish reasons as sent."),
        C("request_params", TEXT, "Request parameters, a JSON object."),
        C("input_tokens_total", BIGINT, "Input tokens, cache reads and writes included; NULL = unknown.", "tokens"),
        C("cache_read_tokens", BIGINT, "Of these, read from the provider's cache; NULL = unknown.", "tokens"),
        C("cache_write_tokens", BIGINT, "Of these, written to the provider's cache; NULL = unknown.", "tokens"),
        C("output_tokens_total", BIGINT, "Output tokens, reasoning included; NULL = unknown.", "tokens"),
        C("reasoning_tokens", BIGINT, "Of these, reasoning; NULL = unknown.", "tokens"),
        C("tokens_source", TEXT, "reported, estimated, missing."),
        C("system_instructions", TEXT, "System instructions, JSON of semantic-convention parts.", sensitive=True),
        C("input_messages", TEXT, "Input messages, JSON as in the semantic conventions.", sensitive=True),
        C("output_messages", TEXT, "Output messages, JSON as in the semantic conventions.", sensitive=True),
        C("tool_definitions", TEXT, "Tools offered to the model, JSON.", sensitive=True),
        C("content_state", TEXT, "present, absent, redacted, external_ref."),
        C("conversation_id", TEXT, "Conversation or session."),
        C("user_id", TEXT, "End user, when the application says so.", sensitive=True),
        C("agent_name", TEXT, "Agent that made the call."),
        C("workflow_name", TEXT, "Workflow the call belongs to."),
        C(
            "retrieved_context",
            TEXT,
            "Context given to the model, when recorded apart from the prompt.",
            sensitive=True,
        ),
        C("error_type", TEXT, "Error as sent; NULL when the call succeeded."),
        C("error_class", TEXT, "rate_limit, server, auth, timeout, invalid_request, content_filter, other."),
        C("http_status", INT, "HTTP status of a failed call; NULL when not recorded."),
        C("error_message", TEXT, "Error message as sent.", sensitive=True),
        C("cost_recorded_usd", DOUBLE, "What the instrumentation said it cost; never used as ours.", "USD"),
        C("logprobs", TEXT, "Token log probabilities, JSON; NULL when not recorded.", sensitive=True),
        *_COMPUTED,
        C("unreadable", pa.list_(TEXT), "What was sent in a form that could not be read; NULL when nothing was."),
        C("link", TEXT, "Same value for spans of one scope that may record the two halves of a call; NULL for others."),
        C(
            "service_tier",
            TEXT,
            "Tier that the provider says it served, else the one asked for: default, flex ...",
        ),
        C("cache_write_1h_tokens", BIGINT, "Of `cache_write_tokens`, kept for an hour; NULL = unknown.", "tokens"),
        C("input_audio_tokens", BIGINT, "Of `input_tokens_total`, audio; NULL = unknown.", "tokens"),
        C("output_audio_tokens", BIGINT, "Of `output_tokens_total`, audio; NULL = unknown.", "tokens"),
        C("input_image_tokens", BIGINT, "Of `input_tokens_total`, images; NULL = unknown.", "tokens"),
        C("output_image_tokens", BIGINT, "Of `output_tokens_total`, images; NULL = unknown.", "tokens"),
    ),
)

GENAI_DUPLICATES = Table(
    "genai_duplicates",
    "One row per span that records a call which another span records better, or in two spans: never summed.",
    key=("trace_id", "span_id"),
    sort=("start_unix_ns",),
    columns=(
        C("call_trace_id", TEXT, "Trace id of the call in `genai_calls`."),
        C("call_span_id", TEXT, "Span id of the call in `genai_calls`."),
        *(c for c in GENAI_CALLS.columns if not c.sensitive and c.name != "request_params"),
    ),
)

GENAI_TOOL_EXECUTIONS = Table(
    "genai_tool_executions",
    "One row per tool run by the application.",
    key=("trace_id", "span_id"),
    sort=("start_unix_ns",),
    columns=(
        *_CALL_ID, *_DONE_BY,
        C("tool_name", TEXT, "Name of the tool."),
        C("tool_call_id", TEXT, "Id by which the model asked for it."),
        C("arguments", TEXT, "Arguments as sent, usually JSON.", sensitive=True),
        C("result", TEXT, "Result as sent.", sensitive=True),
        C("error_type", TEXT, "Error as sent; NULL when it succeeded."),
        *_COMPUTED,
    ),
)  # fmt: skip

GENAI_RETRIEVALS = Table(
    "genai_retrievals",
    "One row per retrieval from a data source.",
    key=("trace_id", "span_id"),
    sort=("start_unix_ns",),
    columns=(
        *_CALL_ID, *_DONE_BY,
        C("data_source_id", TEXT, "Data source asked."),
        C("query", TEXT, "Query text.", sensitive=True),
        C("documents", TEXT, "JSON list of {id, text, score, metadata}.", sensitive=True),
        C("error_type", TEXT, "Error as sent; NULL when it succeeded."),
        *_COMPUTED,
    ),
)  # fmt: skip

GENAI_AGENT_RUNS = Table(
    "genai_agent_runs",
    "One row per agent or workflow run; its tokens are those of its calls and are never summed into them.",
    key=("trace_id", "span_id"),
    sort=("start_unix_ns",),
    columns=(
        *_CALL_ID, *_DONE_BY,
        C("operation", TEXT, "invoke_agent, invoke_workflow, create_agent."),
        C("agent_name", TEXT, "Name of the agent."),
        C("agent_id", TEXT, "Id of the agent."),
        C("workflow_name", TEXT, "Name of the workflow."),
        C("conversation_id", TEXT, "Conversation or session."),
        C("error_type", TEXT, "Error as sent; NULL when it succeeded."),
        *_COMPUTED,
    ),
)  # fmt: skip

COSTS = Table(
    "costs",
    "One row per call: its parts in the price's currency, NULL with a reason where unknown.",
    key=("trace_id", "span_id"),
    sort=("trace_id",),
    columns=(
        *_CALL_ID,
        C("currency", TEXT, "ISO 4217 code of the amounts; NULL when unpriced."),
        C("input_cost", MONEY, "Input without cache; NULL = unknown.", "currency"),
        C("cache_read_cost", MONEY, "Input read from the provider's cache; NULL = unknown.", "currency"),
        C("cache_write_cost", MONEY, "Input written to the provider's cache; NULL = unknown.", "currency"),
        C("output_cost", MONEY, "Output, reasoning included; NULL = unknown.", "currency"),
        C("total_cost", MONEY, "Sum of the parts; NULL = unknown.", "currency"),
        C("reason", TEXT, "Why the total is NULL or not certain: no_price, no_model, no_tokens, estimated_tokens."),
        C("price_id", TEXT, "Provider and model of the price used."),
        C("price_source", TEXT, "genai-prices, builtin, user."),
        C("price_version", TEXT, "Version of the price list."),
        *_COMPUTED,
        C(
            "call",
            CALL,
            "What the row repeats of `genai_calls`, so that costs are summed without a join.",
            derived=True,
        ),
        C("request_cost", MONEY, "Fee per request; NULL where the price has none.", "currency"),
        C("time_cost", MONEY, "Time of own hardware; NULL where the price has none.", "currency"),
        C("price_variant", TEXT, "Variant of the price, e.g. `processing=batch`; NULL = the standard price."),
        C(
            "attribution",
            ATTRIBUTION,
            "Whom the cost is attributed to, repeated from `genai_calls`.",
            sensitive=True,
            derived=True,
        ),
    ),
)

_EVALUATION = (
    *_CALL_ID,
    C("evaluation_name", TEXT, "What was evaluated, e.g. `relevance`."),
    C("evaluator", TEXT, "What evaluated it: a processor here; of a received event its scope, else its service."),
    C("evaluator_version", TEXT, "Its version; empty when not known."),
    C("score_value", DOUBLE, "Score; NULL when the evaluator gives none or failed."),
    C("score_label", TEXT, "What the score means, e.g. `pass`; NULL when the evaluator gives none."),
    C("explanation", TEXT, "Why, in the evaluator's words.", sensitive=True),
    C("error_type", TEXT, "How the evaluation failed, or why there is none; NULL when it did not."),
    C("received", BOOL, "Whether it was received as an event; else it was computed here."),
    *_COMPUTED,
)
_EVALUATED = ("trace_id", "span_id", "evaluation_name", "evaluator", "evaluator_version")

EVALUATIONS = Table(
    "evaluations",
    "One row per evaluation of a call, received as event `gen_ai.evaluation.result` or computed here (see `support`).",
    key=_EVALUATED,
    sort=("trace_id",),
    columns=_EVALUATION,
    also=("support",),
)

SUPPORT = Table(
    "support",
    "One row per answer that the processor `accuracy` took up: how far its context supports it, or why it has no score."
    " `evaluations` shows these rows, too.",
    key=_EVALUATED,
    sort=("trace_id",),
    columns=(
        *_EVALUATION,
        C("method", TEXT, "Method that scored it."),
        C("method_versions", TEXT, "Versions of all that the score depends on, a JSON object."),
        C("threshold", DOUBLE, "Lowest score that counts as supported."),
        C("threshold_source", TEXT, "Where the threshold comes from."),
        C("context_sources", pa.list_(TEXT), "How the context was found: retrieval, recorded, tool, prompt, system."),
        C("context_chunks", INT, "Pieces of context."),
        C("language", TEXT, "Language whose rules were used, ISO 639-1; `und` = none."),
        C("semantic_score", DOUBLE, "Its part that compares meanings; NULL when the method has none."),
        C("grounding_score", DOUBLE, "Its part that looks for words; NULL when the method has none."),
        C("claims_total", INT, "Rows in `claims`."),
        C("claims_supported", INT, "Of these, supported."),
        C("details", TEXT, "More that the method says, a JSON object: a judge's tokens and cost."),
        C("sample_share", DOUBLE, "With which probability the call was taken into the sample."),
        C("sample_plan", TEXT, "The sampling plan, a JSON object: share, seed, unit, minimum."),
        C("fingerprint", TEXT, "Digest of all that the score depends on: a call with another one is scored again."),
        C("scored_unix_ns", BIGINT, "When it was scored.", "ns since 1970"),
    ),
)  # fmt: skip

CLAIMS = Table(
    "claims",
    "One row per sentence of an answer that was scored: whether its context supports it, and where it says so.",
    key=("trace_id", "span_id", "evaluation_name", "evaluator", "ordinal"),
    sort=("trace_id", "span_id", "ordinal"),
    columns=(
        *_CALL_ID,
        C("evaluation_name", TEXT, "As in `support`."),
        C("evaluator", TEXT, "As in `support`."),
        C("evaluator_version", TEXT, "As in `support`."),
        C("ordinal", INT, "Position in the answer, from 0."),
        C("answer_start", INT, "First character in the answer."),
        C("answer_end", INT, "Behind the last character."),
        C("text", TEXT, "The characters.", sensitive=True),
        C("supported", BOOL, "Whether the score reaches the threshold."),
        C("score", DOUBLE, "Support by the context, 0 to 1."),
        C("evidence_source", TEXT, "How the piece of context was found: retrieval, recorded, tool, prompt, system."),
        C("evidence_chunk", INT, "Which piece of the context; NULL when none says anything like it."),
        C("evidence_start", INT, "First character in that piece."),
        C("evidence_end", INT, "Behind the last character."),
        C("evidence_text", TEXT, "The characters.", sensitive=True),
        C(
            "reasons",
            TEXT,
            "What is not supported: JSON list of {kind, start, end, message, evidence}.",
            sensitive=True,
        ),
        *_COMPUTED,
    ),
)

_OF_TOKENS = (
    *_CALL_ID,
    C("source", TEXT, "`recorded`: the provider's own numbers; else what scored the answer."),
    C("choice", INT, "Which of the call's answers, from 0."),
    C("scoring_model", TEXT, "Model whose probabilities these are; NULL = the one that answered."),
    C("reason", TEXT, "Why there is no figure, e.g. provider_has_none: docs/entropy.md; NULL when there are figures."),
    C("n_tokens", INT, "Tokens of the answer in the record; NULL when none are recorded.", "tokens"),
    C("n_known", INT, "Of these, with a known probability: the n of the figures below.", "tokens"),
    C("n_unlikely", INT, "Of these, recorded as unlikely without a number, such as -9999.0.", "tokens"),
    C("n_unreadable", INT, "Of these, without a number or with an impossible one.", "tokens"),
    C("tokens", pa.list_(TEXT), "Texts of the tokens; NULL when not recorded.", sensitive=True),
    C("surprisal", pa.list_(DOUBLE), "-ln p of each token; NULL elements are unknown.", "nats"),
    C("entropy_lower", pa.list_(DOUBLE), "Lower bound of the entropy that each token was chosen from.", "nats"),
    C("entropy_upper", pa.list_(DOUBLE), "Upper bound; equal to the lower one where the list is complete, unknown"
      " without the vocabulary's size.", "nats"),
    C("ranks", pa.list_(INT), "Place of each token among the alternatives, from 1; NULL = not among those listed."),
    C("alternatives", pa.list_(INT), "Alternatives listed for each token; NULL = the whole vocabulary was looked at."),
    C("kinds", pa.list_(TEXT), "text, reasoning, tool_call: of which part each token is; NULL = not known."),
    C("starts", pa.list_(INT), "First character of each token in that part: the answer's text, its reasoning, a tool"
      " call's arguments."),
    C("ends", pa.list_(INT), "Behind its last character."),
    C("sum_surprisal", DOUBLE, "Negative log-likelihood of the answer: the sum of the known surprisals.", "nats"),
    C("mean_nll", DOUBLE, "Their mean: negative log-likelihood per token.", "nats"),
    C("perplexity", DOUBLE, "exp(mean_nll)."),
    C("text_mean_nll", DOUBLE, "The mean of the tokens of kind text.", "nats"),
    C("reasoning_mean_nll", DOUBLE, "The mean of the tokens of kind reasoning.", "nats"),
    C("tool_call_mean_nll", DOUBLE, "The mean of the tokens of kind tool_call.", "nats"),
    C("mean_entropy_lower", DOUBLE, "Mean of the known lower bounds.", "nats"),
    C("mean_entropy_upper", DOUBLE, "Mean of the upper bounds; NULL unless every lower bound has one.", "nats"),
    C("share_below", DOUBLE, "Share of the known tokens that are less probable than `below_probability`.", "fraction"),
    C("below_probability", DOUBLE, "That probability."),
    C("worst_token", INT, "Position of the token of the greatest surprisal, from 0."),
    C("worst_surprisal", DOUBLE, "Its surprisal.", "nats"),
    C("worst_text", TEXT, "Its text.", sensitive=True),
    C("window_first", INT, "First token of the window of the greatest mean surprisal, from 0."),
    C("window_last", INT, "Behind its last token."),
    C("window_mean", DOUBLE, "Its mean surprisal.", "nats"),
    C("window_text", TEXT, "Its text.", sensitive=True),
    C("surprisal_parts", pa.list_(DOUBLE), "Mean surprisal in ten equal parts of the answer, in order.", "nats"),
    C("entropy_parts", pa.list_(DOUBLE), "Mean lower bound of the entropy, likewise.", "nats"),
    C("vocabulary", TEXT, "Vocabulary that the upper bounds rest on; NULL = not known."),
    C("vocabulary_size", INT, "Its tokens.", "tokens"),
    *_COMPUTED,
)  # fmt: skip
_OF_ANSWER = ("trace_id", "span_id", "source", "choice")

TOKEN_ENTROPY = Table(
    "token_entropy",
    "One row per answer of a call and source of log probabilities: how sure the model was, token by token, or why that is"
    " not known. A call with one answer, or none, has one row of a source. Lists have an element per token; logarithms are"
    " natural, so surprisal and entropy are in nats. docs/entropy.md defines each figure.",
    key=_OF_ANSWER,
    sort=("trace_id", "span_id"),
    columns=_OF_TOKENS,
    also=("token_entropy_lm",),
)

TOKEN_ENTROPY_LM = Table(
    "token_entropy_lm",
    "One row per answer that the processor `entropy_lm` took up: how surprising its tokens are to another language model, or"
    " why that is not known. `token_entropy` shows these rows, too, as source `lm`.",
    key=_OF_ANSWER,
    sort=("trace_id", "span_id"),
    columns=(
        *_OF_TOKENS,
        C("model_versions", TEXT, "Versions of all that the numbers depend on, a JSON object."),
        C("prompt_form", TEXT, "How the prompt became text: `chat template`, or `joined messages` for want of one."),
        C("windows", INT, "1 when the model read prompt and answer at once; else how many overlapping windows it took."),
        C("context", INT, "The fewest tokens that it read before a token of the answer.", "tokens"),
        C("left_out", pa.list_(TEXT), "Types of message parts that it did not read, such as images, or the reasoning before"
          " the answer: with any it may be more surprised."),
        C("problem", TEXT, "Why the answer could not be scored, in words.", sensitive=True),
        C("sample_share", DOUBLE, "With which probability the call was taken into the sample."),
        C("sample_plan", TEXT, "The sampling plan, a JSON object: share, seed, unit, minimum."),
        C("fingerprint", TEXT, "Digest of all that the numbers depend on: an answer with another one is scored again."),
        C("scored_unix_ns", BIGINT, "When it was scored.", "ns since 1970"),
    ),
)  # fmt: skip

DERIVED = (
    GENAI_CALLS, GENAI_DUPLICATES, GENAI_TOOL_EXECUTIONS, GENAI_RETRIEVALS, GENAI_AGENT_RUNS, COSTS, EVALUATIONS, SUPPORT,
    CLAIMS, TOKEN_ENTROPY, TOKEN_ENTROPY_LM,
)  # fmt: skip
"""Computed from the raw tables by analysis processors."""

BUILTIN: Sequence[Table] = (*RAW, *DERIVED)
