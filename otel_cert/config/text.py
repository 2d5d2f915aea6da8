"""Configurations as YAML text: the effective one with secrets masked, and a commented one to start from."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import yaml
from pydantic import BaseModel

from otel_cert.component import Kind
from otel_cert.config.check import keys
from otel_cert.config.models import Config, type_of
from otel_cert.registry import Registry

MASK = "**********"

_SECRET_KEY = re.compile(r"(password|secret|token|key|authorization)(?!_file)", re.IGNORECASE)
"""A `key_file` names a file, which is no secret."""
_URL_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):[^/@\s]+@")
_WIDTH = 100

_HEAD = """\
# otel-cert configuration: every key with its default, so anything may be left out.
# Grammar of the OpenTelemetry Collector; ids are type[/name]; ${env:NAME} and ${env:NAME:-default} are expanded.
# Check with `otel-cert validate FILE`; run with `otel-cert serve --config FILE`.
"""


def effective_yaml(config: Config) -> str:
    """Return the whole configuration as YAML; secret fields and text under secret-looking keys are masked."""
    plain = _mask(config.model_dump(mode="json", by_alias=True))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def commented_yaml(config: Config, registry: Registry) -> str:
    """Return YAML that loads as `config`, each key under its documentation."""
    return _HEAD + "\n".join(_lines(config, registry)) + "\n"


def _mask(value: object, secret: bool = False) -> object:
    if isinstance(value, dict):
        return {k: _mask(v, secret or bool(_SECRET_KEY.search(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_mask(v, secret) for v in value]
    if isinstance(value, str):
        return MASK if secret and value else _escape(_URL_PASSWORD.sub(rf"\1:{MASK}@", value))
    return value


def _escape(text: str) -> str:
    """Keep a dollar sign from being read as a variable."""
    return text.replace("$", "$$")


def _lines(config: Config, registry: Registry) -> Iterator[str]:
    for key, name in keys(Config).items():
        yield ""
        yield from _comment(Config.model_fields[name].description)
        if key in set(Kind):
            yield from _components(config, Kind(key), registry)
        else:
            yield f"{key}:"
            yield from _indented(_settings(getattr(config, name), set()))


def _components(config: Config, kind: Kind, registry: Registry) -> Iterator[str]:
    components = config.components(kind)
    yield f"{kind}:" if components else f"{kind}: {{}}"
    for id_, settings in components.items():
        body = list(_settings(settings, set()))
        yield from _indented(_comment(registry.factory(kind, type_of(id_)).doc))
        yield f"  {id_}:" if body else f"  {id_}: {{}}"
        yield from _indented(_indented(body))


def _settings(settings: BaseModel, explained: set[str]) -> Iterator[str]:
    """Return the lines of one model; a text that is in `explained` is not repeated."""
    plain = settings.model_dump(mode="json", by_alias=True)
    for key, name in keys(type(settings)).items():
        doc = type(settings).model_fields[name].description or ""
        yield from _comment("" if doc in explained else doc)
        explained.add(doc)
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield f"{key}:"
            yield from _indented(_settings(value, explained))
        else:
            yield f"{key}: {_flow(plain[key])}"


def _flow(value: object) -> str:
    """Return a value on one line of YAML."""
    if isinstance(value, str):
        value = _escape(value)
    return yaml.safe_dump(value, default_flow_style=True, width=float("inf")).removesuffix("...\n").strip()


def _comment(text: str | None) -> list[str]:
    return textwrap.wrap(text or "", _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _indented(lines: Iterator[str] | list[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
