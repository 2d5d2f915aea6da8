"""Writes the generated parts of the documentation (`python docs/generate.py --write`) or checks them (`--check`).

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->` in a page; NAME is a key of SECTIONS.
`collector-config/full.yaml` is generated whole.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import click
import yaml
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from otel_cert.cli import VERBS, cli
from otel_cert.config import Config
from otel_cert.config.check import keys, model_of
from otel_cert.config.loader import load
from otel_cert.config.text import commented_yaml
from otel_cert.costs import Advice, Anomalies, Budget, BudgetStatus, Roi, Spend
from otel_cert.costs.budget.alerts import Event
from otel_cert.costs.predicate import columns
from otel_cert.costs.prices import ListedPrice, Unpriced
from otel_cert.evaluation import Agreement, Calibrating, Evaluation
from otel_cert.evaluation.sample import Plan
from otel_cert.exporters._enrich import OURS, PREFIX, STANDARD
from otel_cert.exporters.prometheus import METRICS
from otel_cert.measures.accuracy.result import Measured
from otel_cert.otlp.oddities import FLAGS
from otel_cert.processors.price_book import Above, Amounts, Book, Entry, TimeOfDay
from otel_cert.registry import Registry
from otel_cert.schema import BUILTIN, GENAI_CALLS, Table, sql_type
from otel_cert.semconv.dialect import installed as installed_dialects

ROOT = Path(__file__).resolve().parent.parent

_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def configuration() -> Iterator[str]:
    """Describe the top-level sections, then every installed component's settings."""
    for section in ("service", "store", "analysis"):
        yield from _settings_table(f"`{section}`", Config.model_fields[section].annotation, section)
    registry = Registry.installed()
    for entry in registry.entries():
        factory = registry.factory(entry.kind, entry.type)
        title = f"`{entry.type}` ({entry.kind.removesuffix('s')}, {factory.stability})"
        yield from _settings_table(title, factory.config, "", factory.doc)


def command_line() -> Iterator[str]:
    """Show the help of every verb."""
    context = click.Context(cli, info_name="otel-cert", terminal_width=100, **cli.context_settings)
    yield from ("```text", cli.get_help(context), "```", "")
    for verb in VERBS:
        command = cast("click.Command", cli.get_command(context, verb))
        yield from _help(command, context, f"## `{verb}`")
        for name, inner in command.commands.items() if isinstance(command, click.Group) else ():
            yield from _help(inner, click.Context(command, parent=context, info_name=verb), f"### `{verb} {name}`")


def _help(command: click.Command, parent: click.Context, heading: str) -> Iterator[str]:
    with click.Context(command, parent=parent, info_name=heading.strip("#` ").split()[-1]) as context:
        yield from (heading, "", "```text", command.get_help(context), "```", "")


def tables() -> Iterator[str]:
    """Describe every table's columns and view columns, and the flags that rows may carry."""
    for table in BUILTIN:
        yield from _table(table)
    yield from ("## Values of `flags`", "", "| flag | meaning |", "|---|---|")
    for flag, meaning in FLAGS.items():
        yield f"| `{flag}` | {_cell(meaning)} |"


def dialects() -> Iterator[str]:
    """List the installed dialects, by the scopes that decide."""
    yield from ("| dialect | scopes | needs | known by attributes |", "|---|---|---|---|")
    for dialect in sorted(installed_dialects(), key=lambda d: d.name):
        scopes, needs, marks = map(_listed, (dialect.scopes, dialect.requires, dialect.marks))
        yield f"| `{dialect.name}` | {scopes} | {needs} | {marks} |"


def unknowable() -> Iterator[str]:
    """List what the recorded instrumentations leave out or report otherwise."""
    listed = yaml.safe_load((ROOT / "tests" / "data" / "otlp" / "unknowable.yaml").read_text(encoding="utf-8"))
    found: dict[tuple[str, str], set[str]] = {}
    for entry in listed:
        found.setdefault((entry["field"], entry["why"]), set()).update(entry["captures"])
    yield from ("| field | why | in |", "|---|---|---|")
    for (field, why), folders in sorted(found.items()):
        yield f"| `{field}` | {_cell(why)} | {', '.join(sorted(folders))} |"


def metrics() -> Iterator[str]:
    """List the metrics of the exporter `prometheus`."""
    yield from ("| metric | labels of its own | meaning |", "|---|---|---|")
    for name, (labels, doc) in METRICS.items():
        listed = _listed(label.strip() for label in labels.split(",") if label)
        yield f"| `otel_cert_{name}` | {listed} | {_cell(doc)} |"


def additions() -> Iterator[str]:
    """List the attributes that the exporter `otlp` adds to a call's span."""
    yield from ("| attribute | what |", "|---|---|")
    calls = {column.name: column.doc for column in GENAI_CALLS.columns}
    for column, attribute in STANDARD.items():
        doc = calls.get(column) or calls[f"{column}_total"]
        yield f"| `{attribute}` | {_cell(doc)} |"
    for name, doc in OURS.values():
        yield f"| `{PREFIX}{name}` | {_cell(doc)} |"


def budget() -> Iterator[str]:
    """List the keys of a budget."""
    yield from (
        "| key | type | default | meaning |",
        "|---|---|---|---|",
        *_settings_rows(Budget, "", _defaults(Budget)),
    )


def budget_event() -> Iterator[str]:
    """List the keys of what a webhook is told."""
    yield from ("| key | type | meaning |", "|---|---|---|")
    types = Event.model_json_schema(mode="serialization")["properties"]
    for name, field in Event.model_fields.items():
        yield f"| `{name}` | {_type_name(types[name])} | {_cell(field.description or '')} |"


def predicate() -> Iterator[str]:
    """List what a predicate may name."""
    yield _listed(columns())


def conformance() -> Iterator[str]:
    """List the points of conformance with their tests."""
    sys.path.insert(0, str(ROOT))  # the tests are not installed
    from tests.conformance.points import table

    return table()


def price_book() -> Iterator[str]:
    """Describe what may be written into a price book."""
    yield from ("| key | type | meaning |", "|---|---|---|")
    for model, prefix in (
        (Book, ""),
        (Entry, "prices[]."),
        (TimeOfDay, "prices[].time_of_day[]."),
        (Above, "prices[].above[]."),
    ):
        for name, field in model.model_fields.items():
            if prefix and model is not Entry and name in Entry.model_fields:
                continue  # prices, as in an entry
            kind = "any price" if name in Amounts.model_fields else _plain_type(field)
            needed = ", required" if field.is_required() else ""
            yield f"| `{prefix}{field.alias or name}` | {kind}{needed} | {_cell(field.description or '')} |"


def _plain_type(field: FieldInfo) -> str:
    """Return a type as people write it: an amount is a number, a null is a key that is left out."""
    return _type(field).replace("number or string", "number").replace(" or null", "").replace("list of any", "list")


ANSWERS: tuple[type[BaseModel], ...] = (Spend, Anomalies, Advice, Roi, BudgetStatus, ListedPrice, Unpriced)
"""Answers about money: what their commands print with `--format json`."""


EVALUATIONS: tuple[type[BaseModel], ...] = (Measured, Evaluation, Calibrating, Plan, Agreement)
"""Answers about answers."""


def answers(models: Iterable[type[BaseModel]] = ANSWERS) -> Iterator[str]:
    """Describe the JSON of every answer, field by field."""
    told: set[str] = set()
    for answer in models:
        schema = answer.model_json_schema(mode="serialization")
        parts = schema.pop("$defs", {})
        for name, part in ((answer.__name__, schema), *parts.items()):
            if name in told:  # several answers have it
                continue
            told.add(name)
            yield from (
                f"### `{name}`",
                "",
                part.get("description", ""),
                "",
                "| field | type | meaning |",
                "|---|---|---|",
            )
            for field, about in part["properties"].items():
                yield f"| `{field}` | {_cell(_json_type(about))} | {_cell(about.get('description', ''))} |"
            yield ""


def _json_type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_json_type(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(_json_type, schema['prefixItems']))}]"
        return f"list of {_json_type(schema['items'])}"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {_json_type(values)}"
    return str(schema.get("type", "any"))


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "answers": answers,
    "evaluations": lambda: answers(EVALUATIONS),
    "metrics": metrics,
    "budget": budget,
    "budget_event": budget_event,
    "predicate": predicate,
    "additions": additions,
    "configuration": configuration,
    "conformance": conformance,
    "cli": command_line,
    "schema": tables,
    "dialects": dialects,
    "price_book": price_book,
    "unknowable": unknowable,
}


def _settings_table(title: str, model: Any, path: str, doc: str = "") -> Iterator[str]:
    yield from (f"### {title}", "", doc or " ".join((model.__doc__ or "").split()), "")
    rows = list(_settings_rows(model, path, _defaults(model)))
    if rows:
        yield from ("| key | type | default | meaning |", "|---|---|---|---|", *rows)
    else:
        yield "No settings."
    yield ""


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Return the defaults as they are written in YAML, without the required fields."""
    return model.model_construct().model_dump(mode="json", by_alias=True)


def _settings_rows(model: type[BaseModel], path: str, defaults: dict[str, Any]) -> Iterator[str]:
    for key, name in keys(model).items():
        field = model.model_fields[name]
        here = f"{path}.{key}".removeprefix(".")
        if child := model_of(field.annotation):
            yield from _settings_rows(child, here, defaults.get(key, {}))
        else:
            default = _default(field, defaults.get(key))
            yield f"| `{here}` | {_type(field)} | {default} | {_cell(field.description or '')} |"


def _type(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[annotation, *field.metadata] if field.metadata else annotation)
    return _type_name(adapter.json_schema())


def _type_name(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type_name(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type_name(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or "any")


def _default(field: FieldInfo, value: object) -> str:
    return "required" if field.is_required() else f"`{json.dumps(value)}`".replace('"', "")


def _table(table: Table) -> Iterator[str]:
    yield from (
        f"## `{table.name}`",
        "",
        table.doc,
        "",
        f"Key: {_listed(table.key)}. Order: {_listed(table.sort)}.",
        "",
    )
    yield from ("| column | type | unit | meaning |", "|---|---|---|---|")
    for column in table.columns:
        doc = column.doc + (" *Sensitive.*" if column.sensitive else "")
        yield f"| `{column.name}` | {_cell(sql_type(column.type))} | {column.unit or ''} | {_cell(doc)} |"
    if views := table.view_columns():
        yield from ("", "View columns:", "", "| column | computed as | meaning |", "|---|---|---|")
        for name, sql, doc in views:
            yield f"| `{name}` | `{_cell(sql)}` | {_cell(doc)} |"
    yield ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def render(page: str) -> str:
    """Return a page with its generated parts made anew."""
    return _SECTION.sub(lambda m: m[1] + "\n" + "\n".join(SECTIONS[m[2]]()).strip() + "\n\n" + m[3], page)


def current() -> dict[Path, str]:
    """Return what every generated file should hold."""
    registry = Registry.installed()
    pages = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    files = {path: render(page) for path, page in pages.items() if _SECTION.search(page)}
    return {**files, ROOT / "collector-config" / "full.yaml": commented_yaml(load(None, registry), registry)}


@click.command()
@click.option("--write/--check", default=False, help="Write the files, or fail when one is not current.")
def main(write: bool) -> None:
    """Generate the documentation's reference sections."""
    stale = {
        path: text for path, text in current().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if write:
            path.write_text(text, encoding="utf-8")
        click.echo(f"{'wrote' if write else 'not current:'} {path.relative_to(ROOT)}", err=True)
    if stale and not write:
        raise click.ClickException("run `python docs/generate.py --write`")


if __name__ == "__main__":
    main()
