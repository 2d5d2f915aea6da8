"""Options that verbs share, each a decorator; their parameters arrive parsed.

    data_dir_option   data_dir: Path
    config_option     config: Path | None
    format_option     output_format: str, one of FORMATS
    window_options    since_ns, until_ns: int | None, nanoseconds since 1970 (UTC)
    scope_options     scope: otel_cert.costs.Scope, the window and the filters
    group_option      by: str, as `otel_cert.costs.spend` takes it
    currency_options  rates: otel_cert.costs.Rates | None

Write them below `@click.command()`, in the order in which `--help` should list them.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from otel_cert.costs import Rates

FORMATS = ("table", "json", "csv", "markdown")

_Command = TypeVar("_Command", bound=Callable[..., Any])
_TIMES = "7d, 24h (ago), 2026-11-01 or an ISO time, UTC"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str, *, now_ns: int | None = None) -> int:
    """Return nanoseconds since 1970 from a span before now (`7d`, `24h`) or an ISO date or time (UTC unless it says).

    A moment outside 1970 to 2262 becomes the nearer end, so that it fits a BIGINT. Raises ValueError. `now_ns` replaces
    the clock.
    """
    from otel_cert.config.units import SECONDS, parse_duration

    now_ns = time.time_ns() if now_ns is None else now_ns
    if text == "now":
        return now_ns
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if not text.endswith(tuple(SECONDS)):
            raise ValueError(f"{text!r} has no unit of time") from None
        return _fitting(now_ns - round(parse_duration(text) * 1e9))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _fitting((moment - _EPOCH) // timedelta(microseconds=1) * 1000)


def _fitting(unix_ns: int) -> int:
    return min(max(unix_ns, 0), 2**63 - 1)


class TimeType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A moment as `parse_time` reads it; arrives as nanoseconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return nanoseconds since 1970, or fail as wrong usage."""
        if isinstance(value, int):
            return value
        try:
            return parse_time(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write e.g. 7d, 24h, 2026-11-01 or 2026-11-01T10:00:00Z", param, ctx)


def _resolve_data_dir(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path:
    """Return the directory asked for, else the configuration's, else the XDG data folder."""
    from otel_cert.store.layout import default_data_dir

    if value is not None:
        return value
    config = ctx.params.get("config") or os.environ.get("OTEL_CERT_CONFIG")
    if config:
        from otel_cert.config.loader import configured_data_dir

        if found := configured_data_dir(Path(config)):
            return found
    return default_data_dir()


def data_dir_option(command: _Command) -> _Command:
    """Add `--data-dir`."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="OTEL_CERT_DATA_DIR",
        callback=_resolve_data_dir,
        help="Where the data lives. [default: the configuration's, else ~/.local/share/otel-cert]",
    )(command)


def config_option(command: _Command) -> _Command:
    """Add `--config`; read before `--data-dir`, whose default it may hold."""
    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="OTEL_CERT_CONFIG",
        is_eager=True,
        help="Configuration file (YAML). [default: built-in defaults]",
    )(command)


def format_option(command: _Command) -> _Command:
    """Add `--format`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        envvar="OTEL_CERT_FORMAT",
        help="How to print; json and csv cap no rows.",
    )(command)


def window_options(command: _Command) -> _Command:
    """Add `--since` and `--until`: from the first (included) to the second (not included)."""
    since = click.option("--since", "since_ns", type=TimeType(), help=f"From {_TIMES}. [default: all]")
    until = click.option("--until", "until_ns", type=TimeType(), help="Up to, exclusive. [default: now]")
    return since(until(command))


def scope_options(command: _Command) -> _Command:
    """Add `--since`, `--until` and the filters `--service`, `--model`, `--user`, `--tag`; each may be repeated."""

    @functools.wraps(command)
    def scoped(*args: Any, **given: Any) -> Any:
        from otel_cert.costs import Scope

        names = ("since_ns", "until_ns", "services", "models", "users")
        return command(*args, scope=Scope(**{n: given.pop(n) for n in names}, tags=_tags(given.pop("tags"))), **given)

    filters = (
        ("--service", "services", "Only calls of this service; may be repeated, as the filters below."),
        ("--model", "models", "Only calls that asked for this model, or that it answered."),
        ("--user", "users", "Only calls for this user."),
        ("--tag", "tags", "KEY=VALUE: only calls whose span, trace root or resource has this attribute."),
    )
    for option, name, text in reversed(filters):
        kind = TagType() if name == "tags" else str
        scoped = click.option(option, name, multiple=True, type=kind, help=text)(scoped)
    return window_options(cast("_Command", scoped))


GROUPS = ("model", "provider", "service", "user", "conversation", "agent", "operation", "environment", "day", "total")


class GroupType(click.ParamType):  # type: ignore[type-arg]  # as above
    """One of GROUPS or `tag:KEY`."""

    name = "group"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the group, or fail as wrong usage."""
        if value not in GROUPS and not (value.startswith("tag:") and value != "tag:"):
            self.fail(f"{value!r} is none of {', '.join(GROUPS)}, tag:KEY", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Complete the group's name."""
        return [CompletionItem(name) for name in (*GROUPS, "tag:") if name.startswith(incomplete)]


def group_option(command: _Command) -> _Command:
    """Add `--by`."""
    return click.option(
        "--by",
        type=GroupType(),
        default="model",
        show_default=True,
        metavar="GROUP",
        help=f"What to group by: {', '.join(GROUPS)} or tag:KEY; days are UTC.",
    )(command)


def currency_options(command: _Command) -> _Command:
    """Add `--currency`, `--rate`, `--rate-date` and `--rates`."""

    @functools.wraps(command)
    def converted(*args: Any, **given: Any) -> Any:
        options = {name: given.pop(name) for name in ("currency", "rate", "rate_date", "rates_file")}
        return command(*args, rates=_rates(**options), **given)

    options = (
        click.option("--currency", metavar="CODE", help="Convert amounts into this currency; needs --rate or --rates."),
        click.option(
            "--rate",
            multiple=True,
            metavar="[CODE=]RATE",
            help="What one USD, or one CODE, is in --currency: 0.92, GBP=1.15; may be repeated.",
        ),
        click.option(
            "--rate-date",
            type=click.DateTime(["%Y-%m-%d"]),
            help="Of which day --rate is; it holds for all calls. [default: today]",
        ),
        click.option(
            "--rates",
            "rates_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File of dated rates, YAML or CSV: date, from, to, rate. A call takes its day's, else the latest before.",
        ),
    )
    for option in reversed(options):
        converted = option(converted)
    return cast("_Command", converted)


def _rates(
    currency: str | None, rate: Sequence[str], rate_date: datetime | None, rates_file: Path | None
) -> Rates | None:
    """Return the rates asked for; raise UsageError when the options do not fit each other."""
    from otel_cert.costs.currency import Rates
    from otel_cert.errors import UsageError

    if currency is None and not rate and not rates_file:
        return None
    if currency is None or bool(rate) == bool(rates_file):
        raise UsageError(
            "amounts are converted with a currency and either rates or a file of them",
            hint="--currency EUR --rate 0.92 (1 USD = 0.92 EUR), or --currency EUR --rates rates.yaml",
        )
    if rates_file:
        return Rates.load(rates_file, currency)
    return Rates.given(currency, rate, (rate_date or datetime.now(UTC)).date())


class TagType(click.ParamType):  # type: ignore[type-arg]  # as above
    """`KEY=VALUE`; arrives as a pair."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return (key, value), or fail as wrong usage."""
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is no tag; write e.g. team=search", param, ctx)
        return key, text


def _tags(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for key, value in pairs:
        tags.setdefault(key, []).append(value)
    return tags
