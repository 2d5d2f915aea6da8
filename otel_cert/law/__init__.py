"""The EU AI Act as data, and what follows from answers about a system. Not legal advice; a person confirms."""

from otel_cert.law.classify import Classification, classify
from otel_cert.law.pack import LawPack, load_pack

__all__ = ["Classification", "LawPack", "classify", "load_pack"]
