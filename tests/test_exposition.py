from otel_cert.exposition import Family
from otel_cert.store import page
from otel_cert.store.layout import Layout
from otel_cert.telemetry import Metrics


def shown(*paths):
    metrics = Metrics()
    metrics.show_files(paths)
    return metrics.page()[0].decode()


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path):
    layout = Layout.create(tmp_path)
    family = Family("otel_cert_things", "counter", "Things.")
    family.add(2, kind="a", unknown=None)
    family.add(None, kind="b")
    page.show(layout, "good", [family])
    broken, other = layout.metrics("broken"), layout.metrics("other")
    broken.write_text("[{")
    other.write_text('[{"of": "another version"}]')
    text = shown(broken, layout.metrics("missing"), other, layout.metrics("good"))
    assert 'otel_cert_things_total{kind="a",unknown=""} 2.0' in text
    assert 'kind="b"' not in text, "unknown is absent"


def test_a_page_is_replaced_in_one_step(tmp_path):
    layout = Layout.create(tmp_path)
    for value in (1, 2):
        family = Family("otel_cert_things", "gauge", "Things.")
        family.add(value)
        page.show(layout, "one", [family])
    assert "otel_cert_things 2.0" in shown(layout.metrics("one"))
