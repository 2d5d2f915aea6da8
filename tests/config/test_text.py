import pytest
import yaml

from otel_cert.config.loader import check, load
from otel_cert.config.text import MASK, commented_yaml, effective_yaml
from tests.components import REGISTRY

SECRETS = """
exporters:
  forward:
    url: https://ann:pa55@example.org/x
    api_token: t0k3n
    credential: cr3d
    headers: {Authorization: Bearer b34r, accept: json}
    pattern: costs $$5
service: {pipelines: {analysis: {exporters: [forward]}}}
"""


@pytest.fixture
def with_secrets():
    return check(SECRETS, REGISTRY).config


def test_the_effective_configuration_loads_as_itself():
    config = load(None, REGISTRY)
    assert check(effective_yaml(config), REGISTRY).config == config


def test_secrets_are_masked_and_nothing_else_is(with_secrets):
    text = effective_yaml(with_secrets)
    for secret in ("pa55", "t0k3n", "cr3d", "b34r"):
        assert secret not in text
    shown = yaml.safe_load(text)["exporters"]["forward"]
    assert shown == {
        "url": f"https://ann:{MASK}@example.org/x",
        "api_token": MASK,
        "credential": MASK,
        "headers": {"Authorization": MASK, "accept": "json"},
        "pattern": "costs $$5",
        "max_items": 10,
    }


def test_the_commented_configuration_loads_as_the_defaults_without_a_warning():
    checked = check(commented_yaml(load(None, REGISTRY), REGISTRY), REGISTRY)
    assert (checked.problems, checked.warnings) == ((), ())
    assert checked.config == load(None, REGISTRY)


def test_every_key_is_explained():
    text = commented_yaml(load(None, REGISTRY), REGISTRY)
    for words in ("# The otlp of the tests.", "# Limit after decompression.", "# Least severe level that is logged."):
        assert text.count(words) == 1
    assert "seal_bytes: 64MiB" in text
