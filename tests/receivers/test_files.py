import codecs
import gzip
import json
import os
import socket
import threading

import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict

from otel_cert.errors import NotFound
from otel_cert.otlp.requests import parse
from otel_cert.receivers.files import find, read
from tests.stored import body, chat, log_body

PB = body(chat(1), chat(2))
LOGS = log_body(1, "hello")
SPAN = {"spanId": "00000000000000aa", "name": "j"}
JSON_TRACES = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}).encode()
JSON_LOGS = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "j"}}]}]}]}).encode()
JSON_METRICS = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m"}]}]}]}).encode()
CERT = b'{"timestamp": "2026-01-01T00:00:00Z", "platform": "openai", "model": "m", "input_data": "Hi"}'
LANGFUSE = b'{"id": "a", "traceId": "t", "type": "GENERATION", "startTime": "2026-01-01T00:00:00Z"}'


def zstd(content):
    """Compress into one frame, as `zstd` and the Collector do."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def frames(*messages):
    """Write messages as the Collector's file exporter does with `format: proto` or `compression: zstd`."""
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


@pytest.fixture
def took(tmp_path):
    """Write one file and read it: (report, signals of what was appended)."""

    def take(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content)
        appended = []
        report = read([path], appended.extend, **options)
        return report, [r.signal for r in appended]

    return take


KINDS = {
    "protobuf by name": ("x.traces.pb", PB, {}, ["traces"]),
    "protobuf by name, gzipped": ("x.traces.pb.gz", gzip.compress(PB), {}, ["traces"]),
    "gzipped without saying so": ("logs.bin", gzip.compress(LOGS), {}, ["logs"]),
    "protobuf with a signal": ("dump.pb", LOGS, {"signal": "logs"}, ["logs"]),
    "the name beats the signal": ("x.logs.pb", LOGS, {"signal": "traces"}, ["logs"]),
    "JSON document": ("x.json", JSON_TRACES, {}, ["traces"]),
    "JSON with another key first": ("x.json", b'{"note": 1, ' + JSON_LOGS[1:], {}, ["logs"]),
    "pretty-printed JSON": ("x.json", json.dumps(json.loads(JSON_METRICS), indent=2).encode(), {}, ["metrics"]),
    "blank lines first": ("x.json", b"\n" * 100 + JSON_TRACES, {}, ["traces"]),
    "JSON lines, mixed": (
        "x.jsonl",
        b"\n".join([JSON_TRACES, JSON_LOGS, b"", JSON_LOGS]),
        {},
        ["traces", "logs", "logs"],
    ),
    "JSON lines, gzipped": ("x.jsonl.gz", gzip.compress(JSON_LOGS + b"\n" + JSON_LOGS + b"\n"), {}, ["logs", "logs"]),
    "JSON with a byte order mark": ("x.json", codecs.BOM_UTF8 + JSON_TRACES, {}, ["traces"]),
    "JSON called protobuf": ("x.traces.pb", JSON_TRACES, {}, ["traces"]),
    "JSON lines in zstd": ("x", zstd(JSON_LOGS + b"\n" + JSON_METRICS + b"\n"), {}, ["logs", "metrics"]),
    "several zstd frames": ("x", zstd(JSON_LOGS + b"\n") + zstd(JSON_METRICS + b"\n"), {}, ["logs", "metrics"]),
    "protobuf in zstd": ("x.traces.pb.zst", zstd(PB), {}, ["traces"]),
    "a rotated file of the Collector": (
        "data-2026-01-01T05-02-14.173.json",
        b"\n".join([JSON_TRACES, JSON_METRICS, JSON_LOGS, b""]),
        {},
        ["traces", "metrics", "logs"],
    ),
    "the Collector's JSON with zstd": ("x.json", frames(zstd(JSON_TRACES), zstd(JSON_LOGS)), {}, ["traces", "logs"]),
    "the Collector's protobuf": ("x.logs", frames(LOGS, LOGS), {}, ["logs", "logs"]),
    "the Collector's protobuf with zstd": ("x", frames(zstd(PB), zstd(PB)), {"signal": "traces"}, ["traces"] * 2),
    "calls of CERT": ("x", CERT + b"\n\n" + CERT, {}, ["traces", "traces"]),
    "a function of CERT": (
        "x",
        CERT.replace(b"platform", b"function").replace(b"model", b"duration_ms"),
        {},
        ["traces"],
    ),
    "an observation of Langfuse": ("x", LANGFUSE, {}, ["traces"]),
    "observations in an array": ("x", b"[" + LANGFUSE + b",\n" + LANGFUSE + b"\n]", {}, ["traces"]),
    "observations as the API gives them": ("x", b'{"data": [' + LANGFUSE + b'], "meta": {}}', {}, ["traces"]),
    "a trace of Langfuse": ("x", b'{"id": "t", "observations": [' + LANGFUSE + b"]}", {}, ["traces"]),
    "a mixed file": ("x", b"\n".join([JSON_LOGS, CERT, LANGFUSE]), {}, ["logs", "traces", "traces"]),
}


@pytest.mark.parametrize(("name", "content", "options", "signals"), KINDS.values(), ids=KINDS)
def test_what_is_understood(took, name, content, options, signals):
    report, appended = took(name, content, **options)
    assert appended == signals
    assert (report.files, report.requests, report.skipped, report.failed) == (1, len(signals), [], [])


def test_elements_are_counted(took):
    report, _ = took("x.traces.pb", PB)
    assert report.elements == {"traces": 2}


SKIPPED = {
    "empty": ("x.traces.pb", b"", "empty"),
    "blank": ("x.json", b" \n\n", "empty"),
    "text": ("notes.txt", b"hello", "--signal traces|logs|metrics"),
    "frames of an unknown signal": ("x", frames(PB), "--signal traces|logs|metrics"),
    "protobuf of an unknown signal": ("dump.pb", PB, "--signal traces|logs|metrics"),
    "other JSON": ("expect.json", b'{"a": [1, 2]}', "no JSON with resourceSpans"),
    "a JSON list": ("list.json", b"[1, 2]", "no JSON with resourceSpans"),
    "broken other JSON": ("x.json", b'{"a": ', "not JSON, or cut off"),
    "deep JSON": ("x.json", b"[" * 100_000, "not JSON, or cut off"),
    "many lines of other JSON": ("x.jsonl", b'{"a": 1}\n' * 5000, "no JSON with resourceSpans"),
}


@pytest.mark.parametrize(("name", "content", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_what_is_no_telemetry_is_skipped_with_a_reason(took, name, content, reason):
    report, appended = took(name, content)
    assert appended == []
    ((path, said),) = report.skipped
    assert path.name == name
    assert reason in said
    assert report.failed == []


FAILED = {
    "broken JSON called traces": ("x.traces.json", b'{"a": ', "not JSON, or cut off"),
    "JSON with the key below": ("x.json", b'{"a": {"resourceSpans": []}}', "no JSON with resourceSpans"),
    "other JSON called traces": ("x.traces.json", b'{"a": 1}', "no JSON with"),
    "truncated JSON": ("x.json", JSON_TRACES[:-5], "not JSON"),
    "truncated pretty JSON": ("x.json", json.dumps(json.loads(JSON_TRACES), indent=1).encode()[:-9], "not JSON"),
    "truncated protobuf": ("x.traces.pb", PB[:-5], "no valid protobuf"),
    "truncated gzip": ("x.traces.pb.gz", gzip.compress(PB)[:-9], "end-of-stream"),
    "damaged gzip": ("x.traces.pb.gz", gzip.compress(PB)[:20] + b"zzzzzz" + gzip.compress(PB)[26:], ""),
    "truncated zstd": ("x", zstd(JSON_TRACES * 9)[:-9], "Truncated"),
    "frames that end too early": ("x.traces", frames(PB)[:-3], "ends within a message"),
    "wrong type": ("x.json", b'{"resourceSpans": 3}', "$.resourceSpans"),
}


@pytest.mark.parametrize(("name", "content", "reason"), FAILED.values(), ids=FAILED)
def test_telemetry_that_cannot_be_read_fails_with_a_reason(took, name, content, reason):
    report, appended = took(name, content)
    assert appended == []
    ((place, said),) = report.failed
    assert name in place
    assert reason in said
    assert report.skipped == []


@pytest.mark.parametrize("position", [0, 1, 2], ids=["first", "middle", "last"])
@pytest.mark.parametrize("broken", [JSON_TRACES[:-3], b'{"other": 1}', b"{garbage"], ids=["cut", "other", "garbage"])
def test_a_broken_line_is_named_and_stops_nothing(took, position, broken):
    lines = [JSON_TRACES, JSON_LOGS]
    lines.insert(position, broken)
    report, appended = took("x.traces.jsonl", b"\n".join(lines))
    assert appended == ["traces", "logs"]
    ((place, _),) = report.failed
    assert place.endswith(f":{position + 1}")


@pytest.mark.parametrize("broken", [b'{"timestamp": "2026-01-', b'{"other": 1}'], ids=["cut", "other"])
@pytest.mark.parametrize("position", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_line_of_a_history_that_is_no_record_is_named_and_stops_nothing(took, position, broken):
    lines = [CERT, LANGFUSE]
    lines.insert(position, broken)
    report, appended = took("history", b"\n".join(lines))
    assert appended == ["traces", "traces"]
    ((place, _),) = report.failed
    assert place.endswith(f":{position + 1}")


def test_an_item_of_an_array_that_is_no_record_is_named_by_its_position(took):
    report, appended = took("history", b"[" + LANGFUSE + b", 3, " + LANGFUSE + b"]")
    assert appended == ["traces"]
    ((place, reason),) = report.failed
    assert place.endswith("history:1[1]")
    assert reason == "no record of CERT or Langfuse"


def test_a_large_array_becomes_several_requests(took):
    report, appended = took("history", json.dumps([json.loads(LANGFUSE)] * 1200).encode())
    assert len(appended) == 3
    assert report.elements == {"traces": 1200}


def test_lone_surrogates_are_stored_as_spelled_and_their_place_is_said(took, tmp_path):
    span = json.dumps(SPAN | {"name": "\ud83d|\U0001f600|\\ud83d"})
    report, _ = took("x.json", JSON_TRACES + b"\n" + JSON_TRACES.replace(json.dumps(SPAN).encode(), span.encode()))
    assert report.spelled == [f"{tmp_path / 'x.json'}:2"]
    appended = []
    read([tmp_path / "x.json"], appended.extend)
    (resource,) = parse("traces", appended[1].content_type, appended[1].body).resource_spans
    assert resource.scope_spans[0].spans[0].name == "\\ud83d|\U0001f600|\\ud83d"


def test_folders_are_searched_in_order_and_links_followed_once(tmp_path):
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "b" / "deep" / "x.logs.pb").write_bytes(LOGS)
    (tmp_path / "a.traces.pb").write_bytes(PB)
    (tmp_path / "c.traces.pb").symlink_to(tmp_path / "a.traces.pb")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    found, _ = find([tmp_path, tmp_path / "a.traces.pb"])
    assert [str(p.relative_to(tmp_path)) for p in found] == ["a.traces.pb", "b/deep/x.logs.pb", "c.traces.pb"]


def test_what_is_no_regular_file_in_a_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    os.mkfifo("fifo")
    (tmp_path / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")
    (tmp_path / "x.traces.pb").write_bytes(PB)
    found, others = find([tmp_path])
    assert [p.name for p in found] == ["x.traces.pb"]
    assert [p.name for p in others] == ["dangling", "fifo", "socket"]


@pytest.mark.parametrize("content", [JSON_TRACES, PB, gzip.compress(PB)], ids=["JSON", "protobuf", "gzip"])
def test_a_pipe_is_read_when_it_is_named(tmp_path, content):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(content,))
    writer.start()
    appended = []
    report = read(find([fifo])[0], appended.extend, signal="traces")
    writer.join()
    assert [r.signal for r in appended] == ["traces"]
    assert (report.files, report.skipped, report.failed) == (1, [], [])


def test_a_missing_path_says_what_to_name(tmp_path):
    with pytest.raises(NotFound, match="does not exist") as caught:
        find([tmp_path / "none"])
    assert "recorded OTLP" in caught.value.hint


def test_many_requests_are_appended_in_batches(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join([JSON_TRACES] * 1200))
    batches = []
    report = read([path], lambda requests: batches.append(len(requests)))
    assert batches == [512, 512, 176]
    assert report.requests == 1200


def test_the_collectors_own_spelling_is_understood(took):
    """As its file exporter writes: one line per batch, int64 as text, ids in hex."""
    request = MessageToDict(parse("traces", "application/x-protobuf", PB))
    for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span |= {"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1", "kind": 3}
    report, _ = took("x.json", json.dumps(request).encode() + b"\n")
    assert report.elements == {"traces": 2}
    assert report.failed == []
