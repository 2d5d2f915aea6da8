"""Of which parts the system is, where they run and who supplies them, as far as telemetry shows."""

from __future__ import annotations

from otel_cert.questions import COMPONENTS, HOSTS, INSTRUMENTATIONS, RESOURCES, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import table
from otel_cert.report.model import Block, Table
from otel_cert.report.tables import Shown, left, right

_UNSEEN = "A part that is not instrumented is not seen."
_REGION = "cloud.region"
_SENDER = "telemetry."
"""Begins the attributes of the software that sent the telemetry."""
_USES = (
    right("Uses", "uses"), right("Failed", "failed"),
    left("First seen, UTC", "first_seen", text.minute), left("Last seen, UTC", "last_seen", text.minute),
)  # fmt: skip


def seen(context: Context) -> tuple[Block, ...]:
    """Return services, agents, workflows, tools, data sources and providers."""
    kinds = ("service", "agent", "workflow", "tool", "data source", "provider", "environment")
    columns = (left("Kind", "kind"), left("Name", "name"), left("Version", "version"), *_USES)
    return _table(context, "Components seen", kinds, columns, _UNSEEN)


def data_sources(context: Context) -> tuple[Block, ...]:
    """Return the sources that gave data to the model: retrieval collections and tools."""
    columns = (left("Kind", "kind"), left("Name", "name"), *_USES)
    note = "That a source was used says nothing of the quality of what is in it."
    return _table(context, "Sources of data", ("data source", "tool"), columns, note)


def uses(context: Context) -> tuple[Block, ...]:
    """Return what was done with the system, as its services, agents and operations are named."""
    columns = (left("Kind", "kind"), left("Name", "name"), *_USES)
    note = (
        "Names that developers gave, a proxy for what the system was used for. Whether it was used within its"
        " intended purpose is for a person to say."
    )
    return _table(context, "Use as it is named", ("service", "workflow", "agent", "operation"), columns, note)


def supply_chain(context: Context) -> tuple[Block, ...]:
    """Return who supplied what was running: model providers, servers, instrumentations and SDKs."""
    recorded = context.ask(INSTRUMENTATIONS)
    columns = (left("Instrumentation", "scope_name"), left("Version", "scope_version"), right("Calls", "calls"))
    blocks: list[Block] = list(
        _table(
            context, "Providers of models", ("provider",), (left("Provider", "name"), *_USES), "As the calls name them."
        )
    )
    hosts = context.ask(HOSTS)
    if any(row["server"] for row in hosts.dicts()):
        servers = (left("Provider", "provider"), left("Server", "server"), right("Spans", "spans"))
        looked = sum(row["spans"] for row in hosts.dicts())
        note = "The newest spans of model operations only; of earlier ones nothing is said."
        blocks.append(table(context, "Servers of the newest calls", hosts, servers, n=looked, note=note, method=note))
    if recorded.rows:
        blocks.append(
            table(context, "Instrumentations", recorded, columns, note="What runs, not all that is installed.")
        )
    return (
        *blocks,
        *_resources(context, context.ask(RESOURCES), "Software that sent the telemetry", _SENDER, "process."),
    )


def resource_attributes(context: Context) -> tuple[Block, ...]:
    """Return cloud, platform, host types and runtimes."""
    return _resources(context, context.ask(RESOURCES), "Where and on what it runs", "", but=_SENDER)


def regions(context: Context) -> tuple[Block, ...]:
    """Return the regions in which services ran: not those of their users."""
    answer = context.ask(RESOURCES)
    note = "Where the services ran, not where their users are; the country of users is not recorded."
    return _resources(context, answer, "Regions in which services ran", _REGION, note=note)


def region_names(context: Context) -> tuple[Answer, list[str]]:
    """Return the answer and the values of `cloud.region` in it."""
    answer = context.ask(RESOURCES)
    return answer, [row["value"] for row in answer.dicts() if row["key"] == _REGION]


def _resources(
    context: Context, answer: Answer, caption: str, *starts: str, but: str | None = None, note: str = ""
) -> tuple[Table, ...]:
    """Return the attributes whose keys have one of these starts, and not the start `but`."""
    keys = [row["key"] for row in answer.dicts() if row["key"].startswith(starts)]
    wanted = {key for key in keys if but is None or not key.startswith(but)}
    rows = [row for row in answer.dicts() if row["key"] in wanted]
    if not rows:
        return ()
    columns = (
        left("Attribute", "key"),
        left("Value", "value"),
        right("Services", "services"),
        right("Requests", "requests"),
    )
    requests = max(row["requests"] for row in rows)
    method = "Resources as sent, counted per request; names and ids of single machines and processes are left out."
    return (table(context, caption, answer, columns, rows=rows, n=requests, note=note, method=method),)


def _table(
    context: Context, caption: str, kinds: tuple[str, ...], columns: tuple[Shown, ...], note: str
) -> tuple[Table, ...]:
    answer = context.ask(COMPONENTS)
    rows = sorted((row for row in answer.dicts() if row["kind"] in kinds), key=lambda row: kinds.index(row["kind"]))
    if not any(row["name"] for row in rows):
        return ()
    shown = {row["kind"]: 0 for row in rows}
    for row in rows:
        shown[row["kind"]] += 1
    left_out = [
        f"{row['of_kind'] - shown[row['kind']]:,} more of {row['kind']}"
        for row in rows
        if row["of_kind"] > shown[row["kind"]]
    ]
    more = f" Not shown: {', '.join(dict.fromkeys(left_out))}." if left_out else ""
    return (table(context, caption, answer, columns, rows=rows, note=note + more),)


MEASURES = {
    "components_seen": seen, "data_sources_seen": data_sources, "use_cases_seen": uses, "supply_chain": supply_chain,
    "resource_attributes": resource_attributes, "regions_seen": regions,
}  # fmt: skip
HOW = {
    "components_seen": "No call is stored for this window.",
    "data_sources_seen": "No retrieval and no tool is recorded: the instrumentation has to record spans of the"
    " operations `retrieval` and `execute_tool`.",
    "use_cases_seen": "No call is stored for this window.",
    "supply_chain": "No call is stored for this window.",
    "resource_attributes": "No resource attributes about cloud, host, platform or runtime were sent: turn on the"
    " resource detectors of the OpenTelemetry SDK.",
    "regions_seen": "The region is not recorded: set the resource attribute `cloud.region` for where the services"
    " run. Countries of users are not recorded; consider whether they are needed at all.",
    "user_roles_seen": "Roles of users are not kept: calls hold at most a user id. The number of distinct users is"
    " in the request volume.",
}
