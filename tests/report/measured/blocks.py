"""What blocks say, for tests."""

from collections.abc import Iterable

from otel_cert.report.model import Block, Figure, Figures, Gap, Paragraph, Table


def figures(blocks: Iterable[Block]) -> dict[str, Figure]:
    return {item.label: item for block in blocks if isinstance(block, Figures) for item in block.items}


def tables(blocks: Iterable[Block]) -> dict[str, Table]:
    return {block.caption: block for block in blocks if isinstance(block, Table)}


def table(blocks: Iterable[Block], caption: str) -> Table:
    return next(found for title, found in tables(blocks).items() if caption in title)


def gaps(blocks: Iterable[Block]) -> list[Gap]:
    return [block for block in blocks if isinstance(block, Gap)]


def said(blocks: Iterable[Block]) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def cell(found: Table, row: str, header: str) -> str:
    """Return a cell of the row that has `row` in one of its cells."""
    place = [column.header for column in found.columns].index(header)
    return next(cells[place] for cells in found.rows if row in cells)
