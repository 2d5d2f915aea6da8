"""Records: the spans that record a request to a provider, as rows of `genai_calls`, a column of all for each field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from otel_cert.schema import GENAI_CALLS
from otel_cert.semconv import terms
from otel_cert.semconv.picked import picker
from otel_cert.semconv.read import Read
from otel_cert.semconv.table import Spans

Columns = dict[str, list[Any]]

_OF_SPANS = (
    "trace_id", "span_id", "parent_span_id", "start_unix_ns", "service_name", "service_version", "environment",
    "scope_name", "scope_version", "receive_day", "resource",
)  # fmt: skip
_EXTRA = ("named", "failed", "completes", "completed_by", "authority")
_FAILURE = ("error_type", "error_message", "http_status", "error_class")


def records(spans: Spans, read: Iterable[Read]) -> Columns:
    """Return the records of calls: the columns of `genai_calls`, and what tells which are of one call.

    The latter: `resource`, `number` and `ended_unix_ns` of the span, its operation as `named`, whether it `failed`, the
    fields `completes` and `completed_by`, and the `authority` of its dialect.
    """
    parts = [part for item in read for part in _calls(item)]
    numbers = [number for part in parts for number in part.numbers]
    found: Columns = {name: [None] * len(numbers) for name in (*GENAI_CALLS.names, *_EXTRA)}
    begin = 0
    for part in parts:
        end = begin + len(part.numbers)
        known = part.values | _derived(spans, part)
        for name in known.keys() & found.keys():
            found[name][begin:end] = known[name]
        begin = end
    columns = {name: spans[name] for name in _OF_SPANS}
    columns |= {"ended_unix_ns": spans["end_unix_ns"], "end_unix_ns": spans.until_unix_ns}
    pick = picker(numbers)
    found |= {name: pick(column) for name, column in columns.items()}
    found["duration_ns"] = list(map(duration, found["start_unix_ns"], found["end_unix_ns"]))
    found["number"] = numbers
    return found


def duration(start_unix_ns: int, end_unix_ns: int) -> int | None:
    """Return how long a call took, ns; None when the clock says that it is negative, or no start was sent."""
    took = end_unix_ns - start_unix_ns
    return took if start_unix_ns > 0 and 0 <= took < 2**63 else None


def _calls(read: Read) -> Iterator[Read]:
    """Yield the spans that record a call, by the operation that it was."""
    if read.kind is not terms.Kind.CALL:
        return
    operation = "embeddings" if read.operation == "embedding" else read.operation
    models = read.column("request_model")
    if operation == "text_completion":
        embeds = [model is not None and terms.is_embedding_model(model) for model in models]
        for named, wanted in (("embeddings", True), ("text_completion", False)):
            if places := [place for place, is_one in enumerate(embeds) if is_one is wanted]:
                yield read.part(places, named)
        return
    if operation in terms.CALLS:
        yield replace(read, operation=operation)
        return
    said = zip(models, *map(read.column, ("response_id", "finish_reasons", "input_tokens")), strict=True)
    places = [
        place
        for place, (model, id_, reasons, sent) in enumerate(said)
        if terms.is_call(
            operation,
            model=model is not None,
            answered=id_ is not None or reasons is not None,
            used=sent is not None,
        )
    ]
    if places:
        yield read.part(places, operation)


def _derived(spans: Spans, read: Read) -> Columns:
    """Return the columns that are not a field as it was read; one that says nothing of any span may be left out."""
    length, dialect, named = len(read.numbers), read.dialect, read.operation
    generates = named != "embeddings"
    received, sent = read.column("output_tokens"), read.column("input_tokens")
    # None in and none out is no count: a call has at least one in.
    counted = [bool(some or others) for some, others in zip(received, sent, strict=True)]
    found = {
        "named": [named] * length,
        "operation": [named if named in terms.CALLS else None] * length,
        "authority": [dialect.authority] * length,
        "dialect": [dialect.name] * length,
        "provider": _providers(read),
        "streaming": _streaming(read) if generates else [False] * length,
        "input_tokens_total": [n if told else None for n, told in zip(_input_tokens(read), counted, strict=True)],
        "output_tokens_total": [n if told and generates else None for n, told in zip(received, counted, strict=True)],
        "tokens_source": list(map(_tokens_source, counted, read.column("tokens_estimated"))),
        "content_state": list(map(_content_state, *map(read.column, _CONTENT))),
        **_failures(spans, read),
    }
    if read.unreadable:
        found["unreadable"] = [sorted({*read.unreadable[n]}) if n in read.unreadable else None for n in read.numbers]
    if reasons := read.values.get("finish_reasons"):
        found["finish_reasons_raw"] = reasons
        found["finish_reasons"] = [sent and terms.finish_reasons(sent) for sent in reasons]
    if read.values.keys() & {*_HALVES}:
        found["link"] = list(map(_link, *map(read.column, _HALVES)))
    return found


_HALVES = ("completes", "completed_by")
"""The fields of a call that is recorded in two spans."""


def _link(completes: str | None, completed_by: str | None) -> str | None:
    half = completes if completed_by is None else completed_by
    return None if half is None or half == "parent" else hashlib.md5(half.encode(), usedforsecurity=False).hexdigest()


def _providers(read: Read) -> list[str | None]:
    """Return the providers; spans of one form name few."""
    sent = list(zip(read.column("provider"), read.column("server_address"), strict=True))
    known = {pair: terms.provider(*pair) for pair in set(sent)}
    return [known[pair] for pair in sent]


def _streaming(read: Read) -> list[bool | None]:
    """Return whether each was streamed: who saw a first chunk was streaming."""
    marks = read.dialect.says_streaming
    unsaid = False if marks and read.scope_name.startswith(marks) else None
    both = zip(read.column("streaming"), read.column("ttft_s"), strict=True)
    return [said if said is not None else unsaid if first is None else True for said, first in both]


def _input_tokens(read: Read) -> Sequence[int | None]:
    """Return all input tokens.

    The conventions count cached tokens as input; a sender that reports more cached than input does not.
    """
    sent = read.column("input_tokens")
    if not read.values.keys() & {"cache_read_tokens", "cache_write_tokens"}:
        return sent
    exclusive = read.scope_name.startswith(read.dialect.cache_exclusive)
    cached = [(r or 0) + (w or 0) for r, w in zip(*map(read.column, _CACHED), strict=True)]
    both = zip(sent, cached, strict=True)
    return [n + held if n is not None and (exclusive or held > n) else n for n, held in both]


_CACHED = ("cache_read_tokens", "cache_write_tokens")


def _tokens_source(counted: bool, estimated: bool | None) -> str:
    return ("estimated" if estimated else "reported") if counted else "missing"


_CONTENT = ("content_redacted", "input_messages", "output_messages", "system_instructions", "content_reference")


def _content_state(redacted: bool | None, asked: Any, said: Any, instructed: Any, reference: Any) -> str:
    if redacted:
        return "redacted"
    if asked is not None or said is not None or instructed is not None:
        return "present"
    return "absent" if reference is None else "external_ref"


def _failures(spans: Spans, read: Read) -> Columns:
    """Return what is known of the failures, for calls that failed only."""
    types, messages, statuses = (read.column(name) for name in ("error_type", "error_message", "http_status"))
    codes, said = spans["status_code"], spans["status_message"]
    failed = [sent is not None or codes[n] == 2 for n, sent in zip(read.numbers, types, strict=True)]
    found: Columns = {name: [None] * len(failed) for name in _FAILURE}
    found |= {"failed": failed, "response_model": read.column("response_model")}
    if not any(failed):
        return found
    # Some say of a failed call the model that was asked for.
    found["response_model"] = [None if f else model for f, model in zip(failed, found["response_model"], strict=True)]
    for place in (place for place, has in enumerate(failed) if has):
        error_type = "_OTHER" if types[place] is None else types[place]
        message = messages[place] or said[read.numbers[place]] or None
        status = terms.http_status(statuses[place], error_type, message)
        values = (error_type, message, status, terms.error_class(error_type, message, status))
        for name, value in zip(_FAILURE, values, strict=True):
            found[name][place] = value
    return found
