import sys

import pytest

from otel_cert.component import Factory, Kind
from otel_cert.errors import OtelCertError, UsageError
from otel_cert.registry import Entry, Registry
from tests.components import REGISTRY, factory

PLUG_IN = """
from otel_cert.component import Factory, Kind, Settings, Signal, Stability

class Shout(Settings):
    volume: int = 11

FACTORY = Factory("shout", Kind.PROCESSOR, Shout, lambda s: s, Stability.DEVELOPMENT, "Shouts.", (Signal.ANALYSIS,))
"""


def distribution(folder, name, version, group, entries):
    """Lay out an installed distribution as pip does."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()))


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_third_party_component_enters_by_the_same_door(site, monkeypatch):
    monkeypatch.delitem(sys.modules, "acme_shout", raising=False)
    distribution(site, "acme-shout", "2.1", "otel_cert.processors", {"shout": "acme_shout:FACTORY"})
    (site / "acme_shout.py").write_text(PLUG_IN)
    registry = Registry.installed()
    assert "shout" in registry.types(Kind.PROCESSOR)
    assert "acme_shout" not in sys.modules, "listing names imports nothing"
    factory = registry.factory(Kind.PROCESSOR, "shout")
    assert isinstance(factory, Factory)
    assert factory.config().volume == 11
    assert registry.factory(Kind.PROCESSOR, "shout") is factory
    assert [e.provider for e in registry.entries() if e.type == "shout"] == ["acme-shout 2.1"]


def test_two_distributions_with_one_name_are_refused_and_both_named(site):
    distribution(site, "acme-a", "1.0", "otel_cert.exporters", {"fax": "a:F"})
    distribution(site, "acme-b", "3.0", "otel_cert.exporters", {"fax": "b:F"})
    with pytest.raises(OtelCertError, match="'fax'") as caught:
        Registry.installed()
    assert "acme-a 1.0" in caught.value.message
    assert "acme-b 3.0" in caught.value.message
    assert "uninstall" in caught.value.hint


def test_one_name_may_be_of_two_kinds():
    registry = Registry.of(factory("otlp", Kind.RECEIVER), factory("otlp", Kind.EXPORTER))
    assert registry.factory(Kind.EXPORTER, "otlp").kind is Kind.EXPORTER


def test_an_unknown_type_names_the_closest_and_the_installed():
    with pytest.raises(UsageError, match="did you mean 'otlp'") as caught:
        REGISTRY.factory(Kind.RECEIVER, "oltp")
    assert "files, otlp" in caught.value.hint


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (lambda: 1 / 0, "cannot be loaded: ZeroDivisionError"),
        (dict, "is a dict, not an otel_cert.component.Factory"),
        (lambda: factory("y", Kind.EXPORTER), "calls itself exporter 'y'"),
    ],
)
def test_a_broken_plug_in_is_named(load, message):
    registry = Registry([Entry(Kind.PROCESSOR, "x", "acme 1.0", load)])
    with pytest.raises(OtelCertError, match=message) as caught:
        registry.factory(Kind.PROCESSOR, "x")
    assert "processor 'x' of acme 1.0" in caught.value.message


def test_entries_come_by_kind_then_type():
    assert [(e.kind.value, e.type) for e in REGISTRY.entries()] == [
        ("receivers", "files"),
        ("receivers", "otlp"),
        ("processors", "cost"),
        ("processors", "entropy"),
        ("processors", "genai"),
        ("processors", "redact"),
        ("exporters", "forward"),
        ("exporters", "prometheus"),
    ]
