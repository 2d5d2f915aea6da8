"""An event that an application logs with the SDK's own API is in the documents: docs/events.md."""

import re
from pathlib import Path

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from otel_cert.report.measured import measured
from otel_cert.report.measured.signals import HOW
from tests.report.measured.blocks import cell, figures, table
from tests.report.measured.conftest import context
from tests.stored import START_NS, Store, body, chat

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text()


def test_the_example_of_the_page_arrives_as_a_review(tmp_path, monkeypatch):
    kept = InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.setattr("opentelemetry._logs.get_logger", provider.get_logger)
    exec(example, {"__name__": "app"})
    request = encode_logs(kept.get_finished_logs())
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    record.trace_id, record.time_unix_nano = (1).to_bytes(16, "big"), START_NS
    store = Store(tmp_path)
    store.take(body(chat(1), chat(2)))
    store.take(request.SerializeToString(), signal="logs")
    blocks = measured(context(store.layout), "human_oversight")
    who = table(blocks, "Who reviewed")
    assert (cell(who, "overridden", "Reviewers"), cell(who, "overridden", "Median s")) == ("1", "12.50")
    assert figures(blocks)["Traces reviewed"].note.startswith("1 of 2 traces; ")


def test_the_page_lists_every_event_that_the_documents_ask_for():
    asked = {name for how in HOW.values() for name in re.findall(r"`(otel_cert\.\w+)`", how)}
    listed = set(re.findall(r"^\| `(otel_cert\.\w+)`", PAGE, re.MULTILINE))
    assert asked == listed
