from pathlib import Path

import pytest

from otel_cert.errors import Permanent
from otel_cert.schema import SPANS, Column, Table
from otel_cert.service import serve
from otel_cert.store.layout import Layout
from otel_cert.store.tables import DeltaStore


def test_a_store_of_a_newer_version_is_refused_before_anything_starts(tmp_path: Path):
    newer = Column("colour", SPANS.columns[0].type, "Of a later version.")
    DeltaStore(Layout.create(tmp_path)).ensure(
        Table("spans", "Spans.", key=SPANS.key, sort=SPANS.sort, columns=(*SPANS.columns, newer))
    )
    with pytest.raises(Permanent, match="newer otel-cert: it has colour"):
        serve(None, tmp_path, {}, on_ready=lambda _: pytest.fail("it started"))
