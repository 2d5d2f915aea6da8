"""The outlines, fields and words as data, read once for the tests of this folder."""

import re
from functools import cache
from importlib import resources

import yaml

from otel_cert.law import load_pack

PACK = load_pack()
FOLDER = resources.files("otel_cert.report") / "documents"
NAMES = ("risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "instructions_for_use",
         "human_oversight", "post_market_monitoring_plan", "quality_management", "transparency_record",
         "gpai_supplier_file", "fria", "incident_record", "declaration_of_conformity", "registration_data",
         "checklist")  # fmt: skip
LANGUAGES = ("de", "fr", "es")


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice."""


def _mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()
    if twice:
        raise ValueError(f"twice: {sorted(twice)}")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


Strict.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(text):
    return yaml.load(text, Strict)


@cache
def outline(name):
    return read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def fields():
    return read((FOLDER / "fields.yaml").read_text(encoding="utf-8"))


@cache
def glossary():
    return read((FOLDER / "glossary.yaml").read_text(encoding="utf-8"))


@cache
def words(language):
    """Return the texts of every file of a language; of these, too, none may stand twice."""
    folder = resources.files("otel_cert.report") / "words"
    files = sorted(file.name for file in folder.iterdir() if re.fullmatch(rf"{language}(_\w+)?\.yaml", file.name))
    return read("\n".join((folder / name).read_text(encoding="utf-8") for name in files))


def sections(parts, level=1):
    """Yield (level, section), in reading order."""
    for part in parts:
        yield level, part
        yield from sections(part.get("sections", ()), level + 1)


def every(name):
    return [part for _, part in sections(outline(name)["sections"])]


def titled(name, title):
    return next(part for part in every(name) if part["title"] == title)


def holding(name, requirement):
    """Return the section that has a requirement."""
    return next(part for part in every(name) if requirement in part.get("requirements", ()))
