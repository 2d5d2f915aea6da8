import io

import docx
import pytest

from otel_cert.exporters import docx as word
from otel_cert.exporters import html
from otel_cert.report.model import Chart, Kind, Source, Statement, xml_safe
from tests.calls import call, connect, cost
from tests.report.measured_document import document

BAD = "\x00\x01\x0b\x1f\ud800\ufffe\uffff"


def test_what_xml_forbids_is_replaced_and_everything_else_stays():
    assert xml_safe(BAD) == "\ufffd" * len(BAD)
    kept = "a\t\n\r é \U0001f600 <&>"
    assert xml_safe(kept) is kept
    assert xml_safe({"values": [{"model": "a\x01", "n": 1}], "f": (None, 2.5)}) == {
        "values": [{"model": "a\ufffd", "n": 1}],
        "f": (None, 2.5),
    }


def test_blocks_hold_no_text_that_xml_forbids():
    chart = Chart("c\x01", {"data": {"values": [{"model": "m\x02"}]}}, "a\x03", Source(1, "0"))
    assert (chart.caption, chart.spec["data"]["values"], chart.alt) == ("c\ufffd", [{"model": "m\ufffd"}], "a\ufffd")
    assert Statement(Kind.EXPERT, "a").kind is Kind.EXPERT


@pytest.mark.parametrize("sent", ["gpt\x01\x0b", "p\x03", "E\x04\ufffe"])
def test_names_with_control_characters_are_reported(sent: str):
    names = {"provider": sent, "request_model": sent, "response_model": sent, "service_name": sent}
    calls = [call(1, **names), call(2, at_s=60, error_type=sent, error_class="other", **names)]
    made = document(connect(calls, [cost(1, "1")]), sent, sent)
    shown = xml_safe(sent)
    assert shown in html.render(made).decode()
    written = docx.Document(io.BytesIO(word.render(made)))
    assert shown in [p.text for p in written.paragraphs if p.style.name == "Subtitle"]
