"""What calls say, without a store or a set: as sections with their context, and as a document for the renderers."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from otel_cert.law import classify, load_pack
from otel_cert.report.context import Context
from otel_cert.report.declarations import named
from otel_cert.report.model import Document, Section, numbered
from otel_cert.report.monitoring import measured_sections
from otel_cert.store.layout import Layout

CREATED = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)


def sections(con: duckdb.DuckDBPyConnection, **given: Any) -> tuple[Context, dict[str, Section]]:
    """Return what the calls say, by title, and the context that it was asked of; answers may be quoted unless `given`."""
    system = named("Helper", "Acme", by="B. Person, engineer", on=CREATED.date())
    options = {"created": CREATED, "layout": Layout(Path("no-store")), "quote": True} | given
    context = Context(con, con, options.pop("layout"), system, load_pack(), classify({}), **options)
    return context, {section.title: section for section in measured_sections(context)}


def document(con: duckdb.DuckDBPyConnection, system: str = "Helper", provider: str = "Acme") -> Document:
    """Return a document of what the calls say, with the names on its front page."""
    _, made = sections(con)
    meta = (("System", system), ("Provider", provider))
    return Document("Monitoring report", system, meta, numbered(tuple(made.values())))
