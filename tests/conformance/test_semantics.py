"""What a request means: points 51 to 58. What parses is stored as sent, flagged, and answered with a warning."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS

from .messages import log_json, metric_json, span_json, traces
from .served import served

DAY_NS = 86_400 * 10**9
MAX_NS = 2**64 - 1


def both(service, body, signal="traces"):
    """Send a protobuf request over both transports; returns the one answer, which has to reject nothing."""
    posted = SIGNALS[signal].response.FromString(service.send(body, signal).content)
    assert service.export(body, signal) == posted
    counts = [field for field in posted.partial_success.DESCRIPTOR.fields_by_name if field.startswith("rejected_")]
    assert [getattr(posted.partial_success, field) for field in counts] == [0]
    return posted.partial_success.error_message


def flagged(service, name, flags, **fields):
    """Send a span with odd fields; it has to be stored once with the flags, which the answer names."""
    warning = both(service, traces(name, **fields))
    assert warning.endswith(", ".join(f"{flag} (1)" for flag in sorted(flags)))
    ((found,),) = service.stored(f"name = '{name}'", "flags")
    assert sorted(found) == sorted(flags)


ZERO_IDS = {
    "trace": ({"trace_id": bytes(16)}, ["zero_trace_id"]),
    "span": ({"span_id": bytes(8)}, ["zero_span_id"]),
    "no trace": ({"trace_id": b""}, ["zero_trace_id"]),
    "no span": ({"span_id": b""}, ["zero_span_id"]),
    "both": ({"trace_id": bytes(16), "span_id": bytes(8)}, ["zero_trace_id", "zero_span_id"]),
}


@pytest.mark.parametrize(("fields", "flags"), ZERO_IDS.values(), ids=ZERO_IDS)
def test_51_zero_ids_are_stored_and_flagged(service, request, fields, flags):
    """A span whose ids are zero or missing is stored, flagged and answered with a warning that rejects nothing."""
    flagged(service, f"point 51 {request.node.callspec.id}", flags, **fields)


LENGTHS = [("trace_id", 8), ("trace_id", 17), ("span_id", 16), ("span_id", 7), ("parent_span_id", 1)]


@pytest.mark.parametrize(("field", "length"), LENGTHS)
def test_52_ids_of_a_wrong_length_are_stored_and_flagged(service, field, length):
    """A span whose ids have a wrong length is stored with every byte of them, flagged and answered with a warning."""
    name, id_ = f"point 52 {field} {length}", b"\xab" * length
    flagged(service, name, ["odd_id_length"], **{field: id_})
    assert service.query(f"SELECT {field} FROM spans WHERE name = '{name}'") == [(id_.hex(),)]


NOW = time.time_ns()
TIMES = {
    "end before start": (NOW, NOW - 5, ["end_before_start"]),
    "no start": (0, NOW, ["no_start"]),
    "no end": (NOW, 0, ["no_end"]),
    "no times": (0, 0, ["no_start", "no_end"]),
    "1970": (1, 2, ["before_2000"]),
    "in ten years": (NOW + 3652 * DAY_NS, NOW + 3652 * DAY_NS, ["far_future"]),
    "the last instant": (2**63 - 1, 2**63 - 1, ["far_future"]),
    "beyond the year 2262": (2**63, 2**63 + 1, ["far_future", "uint64_overflow"]),
    "all bits": (MAX_NS, MAX_NS, ["far_future", "uint64_overflow"]),
    "from end to start": (MAX_NS, 1, ["before_2000", "end_before_start", "far_future", "uint64_overflow"]),
}


@pytest.mark.parametrize(("start", "end", "flags"), TIMES.values(), ids=TIMES)
def test_53_odd_times_are_stored_and_flagged(service, request, start, end, flags):
    """Odd times (end before start, 0, after 2262, in ten years) are stored with every bit, beside the time of arrival."""
    name = f"point 53 {request.node.callspec.id}"
    flagged(service, name, flags, start_time_unix_nano=start, end_time_unix_nano=end)
    columns = "start_unix_ns, end_unix_ns, received_unix_ns, receive_day::VARCHAR"
    ((found_start, found_end, received, day),) = service.query(f"SELECT {columns} FROM spans WHERE name = '{name}'")
    assert (found_start % 2**64, found_end % 2**64) == (start, end)
    assert NOW < received < time.time_ns()
    assert day == time.strftime("%Y-%m-%d", time.gmtime(received / 1e9))


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_54_duplicate_attribute_keys_are_kept(service, content_type):
    """Attributes with the same key are all kept, in the order sent, flagged and answered with a warning."""
    name = f"point 54 {content_type}"
    if content_type == JSON:
        pairs = [{"key": "k", "value": {"intValue": n}} for n in (2, 1)] + [{"key": "k", "value": {"stringValue": "x"}}]
        body = span_json(name, attributes=pairs)
    else:
        values = ({"int_value": 2}, {"int_value": 1}, {"string_value": "x"})
        body = traces(name, attributes=[{"key": "k", "value": value} for value in values])
    assert b"duplicate_keys (1)" in service.send(body, content_type=content_type).content
    columns = "map_entries(attributes), attribute_types, flags"
    ((entries, types, flags),) = service.stored(f"name = '{name}'", columns)
    assert [(entry["key"], entry["value"]) for entry in entries] == [("k", "2"), ("k", "1"), ("k", "x")]
    assert (types, flags) == ("iis", ["duplicate_keys"])


def test_55_a_large_attribute_is_stored_whole(service):
    """An attribute of 1 MiB is stored whole and flagged; nothing is truncated."""
    text = "0123456789abcdef" * (1 << 16)
    attribute = {"key": "large", "value": {"string_value": text}}
    flagged(service, "point 55 large", ["large_attribute"], attributes=[attribute])
    sql = "SELECT attributes['large'], dropped_attributes_count FROM spans WHERE name = 'point 55 large'"
    assert service.query(sql) == [(text, 0)]


def test_55_many_attributes_are_stored_whole(service):
    """10,000 attributes are stored whole and flagged."""
    attributes = [{"key": f"k{n}", "value": {"int_value": n}} for n in range(10_000)]
    flagged(service, "point 55 many", ["many_attributes"], attributes=attributes)
    columns = "len(map_keys(attributes)), attributes['k9999'], dropped_attributes_count"
    assert service.query(f"SELECT {columns} FROM spans WHERE name = 'point 55 many'") == [(10_000, "9999", 0)]


def test_56_a_batch_that_is_sent_again_is_stored_once(service):
    """The same batch again, at once or later, over the other transport or many times at once, is stored once."""
    body = traces("point 56", 20)
    with ThreadPoolExecutor(8) as pool:
        for answer in [pool.submit(service.send, body) for _ in range(8)] + [pool.submit(service.export, body)]:
            answer.result()
    service.stored("name = 'point 56'", n=20)
    service.export(body)
    as_json = span_json("point 56 json", traceId="ab" * 16, spanId="cd" * 8)
    for _ in range(3):
        service.send(as_json, content_type=JSON)
    service.export(traces("point 56 last"))
    service.stored("name = 'point 56 last'")
    rows = service.query("SELECT name, count(*), any_value(flags) FROM spans WHERE name LIKE 'point 56%' GROUP BY 1")
    assert sorted(rows) == [("point 56", 20, None), ("point 56 json", 1, None), ("point 56 last", 1, None)]


@pytest.mark.parametrize("signal", ["logs", "metrics"])
def test_56_logs_and_metrics_that_are_sent_again_are_stored_once(service, signal):
    """The same for log records and metrics: the same request again is stored once."""
    name = f"point 56 {signal}"
    body = log_json(name) if signal == "logs" else metric_json(name, "gauge", asInt=1)
    where, table = (f"event_name = '{name}'", "logs") if signal == "logs" else (f"name = '{name}'", "metric_points")
    for _ in range(3):
        assert service.send(body, signal, JSON).status_code == 200
    service.stored(where, table=table)
    service.send(body, signal, JSON)
    service.export(traces(f"after {name}"))
    service.stored(f"name = 'after {name}'")
    service.stored(where, table=table)


@pytest.mark.parametrize("together", [True, False])
def test_57_the_same_ids_with_other_content_are_both_kept_and_flagged(service, together):
    """The same ids with other content are both kept, and both flagged as in conflict."""
    conflict(service, f"point 57 {together}", together=together, later_ns=0)


def test_57_other_times_are_other_content_too(tmp_path):
    """The same when the second claims to be of another time."""
    with served(tmp_path) as fresh:
        conflict(fresh, "point 57", together=False, later_ns=DAY_NS // 24)


def conflict(service, name, *, together, later_ns):
    """Send two spans with the same ids, the second with other content and times; both have to be kept and flagged."""
    ids = {"trace_id": f"{name:>16}"[-16:].encode(), "span_id": b"conflict"}
    first = traces(name, **ids, start_time_unix_nano=NOW, end_time_unix_nano=NOW)
    second = traces(name, **ids, start_time_unix_nano=NOW + later_ns, end_time_unix_nano=NOW + later_ns, kind=2)
    service.export(first)
    if not together:
        service.stored(f"name = '{name}'")
    service.export(second)
    rows = service.stored(f"name = '{name}'", "kind, flags", n=2)
    assert sorted(rows) == [(0, ["id_conflict"]), (2, ["id_conflict"])]


def test_58_a_batch_with_odd_spans_is_stored_whole(service):
    """Of a batch with some odd spans all are stored; the warning counts the odd ones, and rejects none."""
    request = SIGNALS["traces"].request.FromString(traces("point 58", 10))
    spans = request.resource_spans[0].scope_spans[0].spans
    spans[3].end_time_unix_nano = 0
    spans[5].end_time_unix_nano = 0
    spans[7].span_id = b""
    assert both(service, request.SerializeToString()).endswith("no_end (2), zero_span_id (1)")
    rows = service.stored("name = 'point 58'", "flags", n=10)
    assert sorted(flags or [] for (flags,) in rows) == [[]] * 7 + [["no_end"]] * 2 + [["zero_span_id"]]


def test_58_a_batch_with_one_malformed_span_is_refused_whole(service):
    """A batch that holds anything malformed is refused and nothing of it stored, for its sender may mend and resend it."""
    good = span_json("point 58 refused")
    for bad in (b'{"traceId": "xyz"}', b'{"kind": "SPAN_KIND_CLIENT"}', b"1"):
        body = good.replace(b'"spans": [', b'"spans": [' + bad + b", ")
        assert service.send(body, content_type=JSON).status_code == 400
    service.export(traces("point 58 last"))
    service.stored("name = 'point 58 last'")
    assert service.query("SELECT count(*) FROM spans WHERE name = 'point 58 refused'") == [(0,)]


def test_56_one_model_call_is_computed_once(service):
    """A model call that is sent twice is one call, with one cost."""
    usage = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
    names = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    attributes = [{"key": key, "value": {"int_value": n}} for key, n in usage.items()]
    attributes += [{"key": key, "value": {"string_value": text}} for key, text in names.items()]
    body = traces("point 56 call", attributes=attributes, trace_id=b"point 56 one cal")
    for _ in range(2):
        service.export(body)
        service.stored("name = 'point 56 call'")
    where = f"trace_id = '{b'point 56 one cal'.hex()}'"
    service.stored(where, table="genai_calls")
    service.stored(where, table="costs")
