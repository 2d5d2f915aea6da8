"""`otel-cert prices`: what models cost, whether every stored call has a price, and newer prices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._options import TimeType, config_option, data_dir_option, format_option
from otel_cert.cli._output import emit
from otel_cert.cli._prices import price_lists

if TYPE_CHECKING:
    from otel_cert.costs.prices import Coverage, ListedPrice

_SHOWN = ("input", "cache_read", "cache_write", "output")
_OTHERS = (
    "cache_write_1h", "reasoning", "input_audio", "output_audio", "input_image", "output_image", "request", "hour",
)  # fmt: skip


@click.group()
def command() -> None:
    """Show, check and update the prices that calls are given.

    Your price book (`processors: {cost: {price_book: FILE}}` in the configuration) comes first, then our own prices, then
    those of the installed genai-prices package. Nothing is fetched unless you say `update`.
    """


@command.command("list")
@click.argument("pattern", default="*")
@click.option("--at", "at_ns", type=TimeType(), help="Prices that held then. [default: now]")
@format_option
@config_option
@data_dir_option
def list_(pattern: str, at_ns: int | None, output_format: str, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - it names config
    """List prices per million tokens: those whose PATTERN, e.g. `openai/*` or `gemini`, their id has.

    \b
    otel-cert prices list 'anthropic/*'
    otel-cert prices list gpt-4o --at 2024-06-01
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.costs import prices

    _print(list(prices.listed(price_lists(config), pattern, at_ns=at_ns)), output_format, pattern)


@command.command()
@click.argument("model")
@click.option("--provider", help="`gen_ai.provider.name`, e.g. aws.bedrock. [default: whoever sells it]")
@format_option
@config_option
@data_dir_option
def show(model: str, provider: str | None, output_format: str, config: Path | None, data_dir: Path) -> None:  # noqa: ARG001 - as above
    """Show every price of one model: when it held, for which tier, time of day and length, and who says so.

    MODEL is a name as applications record it, a deployment, region or date of version included.

    \b
    otel-cert prices show claude-sonnet-4-5-20250929
    otel-cert prices show us.amazon.nova-lite-v1:0 --provider aws.bedrock
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.costs import prices

    found = prices.shown(price_lists(config), model, provider)
    _print(found, output_format, model)
    for text in dict.fromkeys(filter(None, (text for price in found for text in (price.reference, price.note)))):
        click.echo(text, err=True)


@command.command()
@format_option
@config_option
@data_dir_option
def check(output_format: str, config: Path | None, data_dir: Path) -> None:
    """Say which stored calls have no price, and whether stored costs are older than the prices; exit 3 if any has none."""
    from otel_cert.costs import prices
    from otel_cert.store.query import connect

    with connect(data_dir) as con:
        found = prices.coverage(con, price_lists(config))
    columns = ("provider", "request_model", "response_model", "calls")
    emit(columns, [tuple(getattr(row, name) for name in columns) for row in found.unpriced], output_format)
    for line in _said(found):
        click.echo(line, err=True)
    if found.unpriced_calls:
        raise SystemExit(3)


@command.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("genai-prices.json"),
    show_default=True,
    help="Where to keep the list.",
)
@click.option("--url", help="Where to get it; file:///path for one that was carried here. [default: its authors' page]")
def update(output: Path, url: str | None) -> None:
    """Fetch the newest list of genai-prices; the only command that asks the network for prices.

    The list is kept in a file that the configuration names, so that every figure says which prices it rests on.
    """
    from otel_cert.costs import prices

    content = prices.fetch(url or prices.URL)
    changed = prices.changes(content)
    prices.save(content, output)
    counts = ", ".join(f"{n:,} {what}" for what, n in changed.items())
    click.echo(f"{output}: models compared with the installed package: {counts}", err=True)
    click.echo(
        f"use it: processors: {{cost: {{price_list: {output.resolve()}}}}} in the configuration, restart `serve`, and see"
        " `otel-cert reprice --dry-run`",
        err=True,
    )


def _print(found: Sequence[ListedPrice], output_format: str, asked: str) -> None:
    if output_format in ("json", "csv"):
        names = [*type(found[0]).model_fields] if found else []
        emit(names, [tuple(getattr(price, name) for name in names) for price in found], output_format)
    else:
        headers = ("Price", "From", "Currency", *(f"{n} /M".replace("_", " ") for n in _SHOWN), "Other", "Holds")
        right = [False, False, False, *(True for _ in _SHOWN), False, False]
        emit(headers, [_row(price) for price in found], output_format, right=right)
    if found:
        click.echo(f"{len(found):,} prices, per million tokens", err=True)
    else:
        click.echo(f"no list has a price for {asked!r}; write one into a price book, see docs/prices.md", err=True)


def _row(price: ListedPrice) -> tuple[str | None, ...]:
    others = [f"{n.replace('_', ' ')} {_plain(getattr(price, n))}" for n in _OTHERS if getattr(price, n) is not None]
    bounds = (
        price.variant,
        f"from {price.from_time:%Y-%m-%d}" if price.from_time else None,
        f"until {price.until_time:%Y-%m-%d}" if price.until_time else None,
        f"{price.hours} UTC" if price.hours else None,
        None if price.above_tokens is None else f"above {price.above_tokens:,} input tokens",
    )
    amounts = (_plain(getattr(price, n)) for n in _SHOWN)
    return (
        price.price_id, price.price_source, price.currency, *amounts, ", ".join(others), ", ".join(filter(None, bounds)),
    )  # fmt: skip


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount.normalize(), "f")


def _said(found: Coverage) -> list[str]:
    from otel_cert.report.text import plural

    lines = [
        f"{found.unpriced_calls:,} of {plural(found.calls, 'call')} with known tokens and model have no price",
        f"the newest price of genai-prices holds from {found.newest_price}",
    ]
    if found.unpriced_calls:
        lines.append("write their prices into a price book, see docs/prices.md")
    if found.stale_calls:
        lines.append(f"{plural(found.stale_calls, 'stored cost')} by other lists: see `otel-cert reprice --dry-run`")
    return lines
