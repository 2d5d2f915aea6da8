"""In line: every recorded request goes SDK -> otel-cert -> an endpoint, and -> another otel-cert with TLS and a token.

What arrives is what was sent, group by group and byte by byte, but for the attributes that we add to calls at the end.
"""

import os
import signal
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.exporters._enrich import OURS, PREFIX, STANDARD
from otel_cert.otlp.requests import GROUPS, JSON, PROTOBUF, SIGNALS, parse
from otel_cert.store import tokens
from otel_cert.store.layout import Layout
from tests.cli.serving import ENVIRONMENT, QUICK, Serving, ask, eventually, serving
from tests.durability.running import _children
from tests.exporters.endpoint import Recorder, grpc_endpoint
from tests.exporters.forwarding import until
from tests.receivers.authority import Authority
from tests.stored import body, chat

CAPTURES = Path(__file__).parent.parent / "data" / "otlp"
ADDED = {
    *STANDARD.values(),
    *(PREFIX + name for name, _ in OURS.values()),
    *(PREFIX + key for key in STANDARD.values()),
} | {"otel_cert.added"}

SENDER = """
exporters:
  otlp/recorder:
    endpoint: {recorder}
    tls: {{insecure: true}}
    sending_queue: {{batch: {{max_size: 100}}}}
    retry_on_failure: {{initial_interval: 200ms}}
  otlp/next:
    endpoint: https://{next}
    headers: {{authorization: "Bearer ${{env:NEXT_TOKEN}}"}}
    tls: {{ca_file: {ca}}}
service:
  pipelines:
    traces: {{exporters: [store, otlp/recorder, otlp/next]}}
    logs: {{exporters: [store, otlp/recorder, otlp/next]}}
    metrics: {{exporters: [store, otlp/recorder, otlp/next]}}
    analysis: {{exporters: [prometheus, otlp/next]}}
"""
RECEIVER = """
receivers: {{otlp: {{auth: tokens, protocols: {{grpc: {{tls: {{cert_file: {chain}, key_file: {key}}}}}}}}}}}
"""


def odd_request():
    """Return a request of everything unusual that is still a request."""
    request = SIGNALS["traces"].request.FromString(body(chat(900), chat(901)))
    group = request.resource_spans[0]
    group.schema_url, group.scope_spans[0].schema_url = "https://example.com/r", "https://example.com/s"
    group.resource.dropped_attributes_count = 3
    group.resource.entity_refs.add(type="service", id_keys=["service.name"])
    odd, plain = group.scope_spans[0].spans
    plain.trace_id, plain.span_id = bytes(16), bytes(8)
    odd.trace_state, odd.flags = "a=b", 257
    for value in ({"double_value": float("nan")}, {"bytes_value": b"\0\xff"}, {"bool_value": False}, {}):
        odd.attributes.add(key="twice", value=value)
    odd.attributes.add(key="nested", value={"kvlist_value": {"values": [{"key": "a", "value": {"int_value": -1}}]}})
    odd.attributes.add(key="novalue")
    odd.events.add(name="e", time_unix_nano=2**64 - 1, attributes=[{"key": "k", "value": {"string_value": ""}}])
    odd.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, flags=1, dropped_attributes_count=2)
    odd.MergeFrom(Span.FromString(b"\xfa\x7f\x03new"))  # field 2047, unknown to everybody
    assert len(UnknownFieldSet(odd)) == 1
    return request


def captures():
    """Return (signal, content type, body) of every recorded request, and of an odd one."""
    found = []
    for path in sorted(CAPTURES.glob("*/*.*")):
        name, ending = path.suffixes[-2].strip("."), path.suffix
        if name in SIGNALS:
            found.append((name, JSON if ending == ".json" else PROTOBUF, path.read_bytes()))
    return [*found, ("traces", PROTOBUF, odd_request().SerializeToString())]


def groups(name, requests):
    """Return [(what surrounds the elements, elements)], neighbours in the same surroundings together."""
    outer, inner, leaf = GROUPS[name]
    found = []
    for request in requests:
        for resource_group in getattr(request, outer):
            for scope_group in getattr(resource_group, inner):
                elements = list(getattr(scope_group, leaf))
                around = [type(resource_group).FromString(resource_group.SerializeToString())]
                around[0].ClearField(inner)
                around.append(type(scope_group).FromString(scope_group.SerializeToString()))
                around[1].ClearField(leaf)
                key = tuple(part.SerializeToString() for part in around)
                if not found or found[-1][0] != key:
                    found.append((key, []))
                found[-1][1].extend(chain(*map(points, elements)) if name == "metrics" else elements)
    return [(around, elements) for around, elements in found if elements]


def delivered(recorder, name):
    """Return the groups of all requests of a signal so far."""
    return groups(name, (request for signal, request in [*recorder.requests] if signal == name))


def sizes(grouped):
    """Return how many elements each group has."""
    return [len(elements) for _, elements in grouped]


def points(metric):
    """Return a metric as metrics of one point each: where a batch ends, its points are parted."""
    kind = metric.WhichOneof("data")
    parts = []
    for point in getattr(metric, kind).data_points if kind else ():
        part = type(metric).FromString(metric.SerializeToString())
        getattr(part, kind).ClearField("data_points")
        getattr(part, kind).data_points.append(point)
        parts.append(part)
    return parts or [metric]


def without_additions(sent, arrived):
    """Return `arrived` without the attributes behind those of `sent`, which must be ours and new."""
    own = len(sent.attributes)
    extra = [a.key for a in arrived.attributes[own:]]
    assert set(extra) <= ADDED - {a.key for a in sent.attributes}
    assert not extra or PREFIX + "dialect" in extra
    bare = type(arrived).FromString(arrived.SerializeToString())
    del bare.attributes[own:]
    return bare


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """Two services in line, the first also sending to a recorder."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    authority, recorder = Authority(second), Recorder()
    chain, key = authority.issue("server")
    secret, _ = tokens.create(Layout.create(second / "data"), "first", ("ingest",))
    with ExitStack() as running:
        address = running.enter_context(grpc_endpoint(recorder))
        after = running.enter_context(serving(second, QUICK + RECEIVER.format(chain=chain, key=key)))
        config = QUICK + SENDER.format(recorder=address, next=after.ready["grpc"], ca=authority.file)
        before = Serving(first, config, environment=ENVIRONMENT | {"NEXT_TOKEN": secret})
        running.callback(before.process.wait)
        running.callback(before.process.kill)
        running.callback(before.process.stdout.close)
        eventually(lambda: before.get("/readyz")[0], 200)
        for name, content_type, request in captures():
            assert before.post(request, name, content_type) == 200
        yield before, after, recorder, secret


def test_what_was_sent_arrives_with_our_additions(line):
    before, _, recorder, _ = line
    for name in SIGNALS:
        sent = groups(name, (parse(*one[:3]) for one in captures() if one[0] == name))
        eventually(lambda name=name: sizes(delivered(recorder, name)), sizes(sent), 180)
        arrived = delivered(recorder, name)
        assert [around for around, _ in arrived] == [around for around, _ in sent]
        for (_, ours), (_, theirs) in zip(sent, arrived, strict=True):
            for one, other in zip(ours, theirs, strict=True):
                bare = without_additions(one, other) if name == "traces" else other
                assert bare.SerializeToString(deterministic=True) == one.SerializeToString(deterministic=True)
    priced = [
        span for span in recorder.elements("traces") if any(a.key == "otel_cert.cost.total" for a in span.attributes)
    ]
    assert len(priced) == ask(before.data, "SELECT count(total_cost) FROM costs")[0][0] > 50


def test_the_next_one_in_line_has_the_same_rows_and_figures(line):
    before, after, _, secret = line
    figures = """SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM metric_points),
        (SELECT count(*) FROM genai_calls), (SELECT sum(total_cost) FROM costs)"""
    eventually(lambda: ask(after.data, figures), ask(before.data, figures))
    # What was evaluated on the way arrives as events.
    logs, own = "SELECT count(*) FROM logs", "SELECT count(*) FROM evaluations WHERE NOT received"
    [(sent,)], [(added,)] = ask(before.data, logs), ask(before.data, own)
    assert added > 0
    eventually(lambda: ask(after.data, logs), [(sent + added,)])
    assert ask(after.data, "SELECT DISTINCT subject FROM spans") == [("first",)]
    twice = """SELECT count(*) FROM spans
        WHERE len(list_filter(map_keys(attributes), lambda key: key = 'otel_cert.dialect')) > 1"""
    assert ask(after.data, twice) == [(0,)]
    assert secret not in before.log.read_text() + after.log.read_text()


def test_nothing_is_lost_when_the_forwarder_is_killed_while_it_sends(line):
    before, _, recorder, _ = line
    for n in range(10):
        assert before.post(body(*(chat(10_000 + 100 * n + i) for i in range(100)))) == 200
    slow = [lambda: time.sleep(0.3) or SIGNALS["traces"].response()] * 10
    recorder.answers = slow
    until(lambda: len(recorder.answers) < 8, before.log.read_text)
    os.kill(_children(before.process.pid)["forward"], signal.SIGKILL)
    wanted = set(range(10_000, 11_000))
    until(lambda: wanted <= set(recorder.span_ids()), before.log.read_text)
    sent = [span for span in recorder.span_ids() if span in wanted]
    assert len(sent) - len(wanted) <= 200, "no more than what was under way again"
