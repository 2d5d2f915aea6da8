"""What stands on the first page of every document: what it is, whose, of which data and law, and what to beware of."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from otel_cert.questions import SUMMARY
from otel_cert.report import legal_words, text
from otel_cert.report.context import Context
from otel_cert.report.model import Paragraph

DRAFT = "Draft prepared"
"""How the notice begins until a person approved the document."""
CALLS = "{n}, started from {since} to {until}"
NOTICE = (
    "{draft} with software from telemetry and declarations; not legal advice; no conformity is certified; responsible"
    " person: {who}."
)
RESPONSIBLE = "Responsible person"
MARKS = (
    "Every statement says how it is known: measured (with the number of calls that it rests on and an evidence id),"
    " declared (by whom and when) or by an expert (who and when). An open field was answered by nobody yet. What would be"
    " measured and is not is called a gap. What does not apply is shown with the reason. Text without such a mark says what"
    " the Act asks, or explains; it states nothing about the system."
)
STALE = "The classification that a person confirmed rests on other answers or rules than those of now; it is not used."
UNSIGNED = (
    "system.yaml does not say who declared what it holds, and when; its statements are not complete without that."
)
OTHER_SERVICES = (
    "Figures are of the services that system.yaml names. Calls of other services, or of none that is named, are stored as"
    " well, and not counted."
)
NO_SUCH_SERVICE = (
    "No call of the services that system.yaml names is stored, and calls of others are: either nothing was recorded of"
    " this system, or its services have other names (the resource attribute service.name)."
)
FUTURE = (
    "system.yaml names days that have not come yet: {paths}. Write the day on which it was declared, judged or decided."
)
UNSHOWN = "system.yaml fills in fields of requirements that do not apply to this system; no document shows them: {ids}."
UNDETECTED = (
    "system.yaml decides about changes that the calls of this window do not show: {ids}. The ids that there are stand in the"
    " table “Detected changes”."
)
IN_OUR_WORDS = "The Act, in our words: {asked}"
"""Before what a requirement says, so that nobody takes it for a statement about the system."""


def generator() -> str:
    """Return the name and version of this program."""
    try:
        return f"otel-cert {version('otel-cert')}"
    except PackageNotFoundError:
        return "otel-cert, version unknown (not installed)"


def notice(context: Context) -> str:
    """Return what the front page says that the document is, and is not."""
    return NOTICE.format(draft=DRAFT, who=_responsible(context))


def warnings(context: Context) -> tuple[str, ...]:
    """Return what must not be missed: legal data past its review, and what the declarations lack."""
    found = [context.classification.warning]
    found.append(None if all(context.declarer) else UNSIGNED)
    return tuple(warning for warning in (*found, *context.warnings) if warning)


def meta(context: Context, basis: str) -> tuple[tuple[str, str], ...]:
    """Return the lines below the title."""
    system, law = context.system, context.pack.about
    amending = context.pack.timeline["amending_act"]
    lines = [
        ("System", system.system.name),
        ("Version of the system", system.system.version or text.UNKNOWN),
        ("Provider", system.provider.name),
        ("Deployer", system.deployer.name if system.deployer else ""),
        (RESPONSIBLE, _responsible(context)),
        ("Legal basis", basis),
        ("Classification", _classification(context)),
        ("Services", ", ".join(system.system.services)),
        ("Window", context.window),
        ("Calls of the window", _calls(context)),
        ("Data as of", f"snapshot {snapshot_number(context)}, {context.created.strftime('%Y-%m-%d %H:%M UTC')}"),
        ("Statute", f"{law.statute}, amended by {amending['oj']}"),
        ("Legal data", f"version {law.version}, compiled {law.compiled}, to be reviewed by {law.review_by}"),
        ("Made with", generator()),
    ]
    return tuple((label, value) for label, value in lines if value)


def reference(context: Context, places: Mapping[str, str]) -> Paragraph:
    """Return where in the document evidence stands that is not repeated here."""
    names = {kind.id: kind.what for kind in context.pack.evidence}
    listed = "; ".join(f"{names[kind]}: “{heading}”" for kind, heading in places.items())
    return Paragraph(f"Evidence that stands in another section. {listed}.")


def _calls(context: Context) -> str:
    """Return how many calls the figures are of, and when they started."""
    row = next(context.ask(SUMMARY).dicts())
    if row["first_call"] is None:
        return text.count(row["calls"])
    return CALLS.format(
        n=text.count(row["calls"]), since=text.spoken(row["first_call"]), until=text.spoken(row["last_call"])
    )


def _responsible(context: Context) -> str:
    person = context.system.responsible
    return f"{person.name}, {person.role}" if person else "not named yet"


def _classification(context: Context) -> str:
    tier = legal_words.tier(context.tier)
    if context.decision:
        return f"{tier}; {context.decision.sentence()}"
    return f"{tier}; proposed by rules, not confirmed by a person"


def snapshot_number(context: Context) -> int:
    """Return the number of the snapshot that the set is of."""
    [(number,)] = context.con.execute("SELECT number FROM snapshot").fetchall()
    return int(number)
