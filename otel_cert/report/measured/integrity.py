"""Whether the stored files are those that were written."""

from __future__ import annotations

import hashlib

from otel_cert.errors import OtelCertError
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Gap, Paragraph, Table
from otel_cert.store import digests, snapshots

MOST_BYTES = 2 << 30
"""Bytes of files that a report reads to compare them; `otel-cert verify` reads all."""

_PROVES = (
    "Equal digests show that these bytes are those that were written. They do not show that what was written is true"
    " or complete, nor when it was written; who can write to the data directory can write files and digests anew."
    " Against that only a digest helps that is kept elsewhere, such as the one above in an approved document. Art."
    " 12 does not ask for it."
)


def integrity(context: Context) -> tuple[Block, ...]:
    """Return whether the files of the snapshot have the digests that were recorded when they were written."""
    number = context.con.execute("SELECT number FROM snapshot").fetchall()[0][0]
    try:
        snapshot = snapshots.load(context.layout, number)
    except OtelCertError:
        return ()
    rows, lines, left_bytes = [], [], MOST_BYTES
    for name in sorted(snapshot.tables):
        root = context.layout.table(name)
        paths = snapshots.table_files(context.layout, snapshot, name).paths
        names = sorted(path.removeprefix(f"{root.resolve()}/").removeprefix(f"{root}/") for path in paths)
        found = digests.compare(root, names, left_bytes)
        left_bytes -= found.read_bytes
        recorded = digests.held(root)
        lines += [f"{recorded.get(file, 'none')}  {name}/{file}\n" for file in names]
        rows.append(
            (name, len(names), found.same, len(found.changed) + len(found.missing), found.without, found.skipped)
        )
    if not rows:
        return ()
    head = hashlib.sha256("".join(lines).encode()).hexdigest()
    columns = (
        Column("Table"),
        *(Column(h, "right") for h in ("Files", "Same", "Changed or gone", "No digest", "Not read")),
    )
    cells = tuple((name, *map(text.count, counts)) for name, *counts in rows)
    note = f"Snapshot {number}. SHA-256 over all these digests: {head}. `otel-cert verify` checks more, and all of it."
    return (
        Table("Digests of the stored files", columns, cells, note=note),
        Paragraph(_PROVES),
        Gap(
            "Ledger over sealed files and external time stamp",
            "Not yet measured by this version of otel-cert.",
            "hash_chain",
        ),
    )


MEASURES = {"hash_chain": integrity}
HOW = {"hash_chain": "The store has no snapshot with files."}
