"""`system.yaml`: what an organisation declares about its AI system, and what its experts filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from otel_cert.errors import UsageError

_YES_NO = {True: "yes", False: "no"}


UNNAMED = "not named"
"""Stands for the name of a system or provider that nobody declared; documents show it as open."""


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, given: object) -> object:
        """YAML 1.1 reads the bare key `on` as true."""
        if isinstance(given, Mapping) and True in given:
            return {"on" if key is True else key: value for key, value in given.items()}
        return given


def _yes_or_no(given: object) -> object:
    """YAML 1.1 reads a bare `yes` or `no` as a boolean."""
    return _YES_NO[given] if isinstance(given, bool) else given


class Person(_Declared):
    """A natural person in a role."""

    name: str = Field(min_length=1)
    """First name and surname."""
    role: str = Field(min_length=1)
    """Role in the organisation."""


class Organisation(_Declared):
    """A provider or deployer."""

    name: str = Field(min_length=1)
    """Name of the organisation, as in the register of companies."""
    address: str | None = None
    """Postal address, with the country."""
    contact: str | None = None
    """E-mail address or telephone number for authorities and users."""
    authorised_representative: str | None = None
    """Name and address, for a provider outside the Union (Art. 22)."""


class About(_Declared):
    """The AI system."""

    name: str = Field(min_length=1)
    """Name under which the system is offered or used."""
    version: str | None = None
    """Version that this documentation is about, and how it relates to earlier ones."""
    intended_purpose: str | None = None
    """What it is for, for whom and in which context (Art. 3(12))."""
    foreseeable_misuse: str | None = None
    """Reasonably foreseeable misuse (Art. 3(13))."""
    affected_persons: str | None = None
    """Persons and groups that it is used on."""
    users: str | None = None
    """Who operates it, with which qualification."""
    deployment: str | None = None
    """The forms in which it is put on the market: service, package, embedded (Annex IV 1(d))."""
    services: tuple[str, ...] = ()
    """Values of `service.name` that belong to this system; empty = all stored telemetry does."""
    versions: tuple[str, ...] = ()
    """Values of `service.version` that are released."""
    models: tuple[str, ...] = ()
    """Models that are meant to be used, as they are named in requests."""
    languages: tuple[str, ...] = ()
    """Languages that it is meant for (ISO 639-1)."""
    regions: tuple[str, ...] = ()
    """Countries in which it is offered (ISO 3166-1 alpha-2)."""


class Indicator(_Declared):
    """What the monitoring plan watches (Art. 72(3))."""

    indicator: str = Field(min_length=1)
    figure: str | None = None
    """The figure of the monitoring report that shows it: `error_rate`, `support_rate`, `latency_p95_s`, ..."""
    threshold: float | None = None
    direction: Literal["below", "above"] = "below"
    """On which side of the threshold the figure should be."""
    frequency: str | None = None
    owner: str | None = None
    reaction: str | None = None
    """What is done, and how soon, when it is not."""


class Supplier(_Declared):
    """What is known of a model that others provide (Annex XII, Art. 25(4))."""

    model: str = Field(min_length=1)
    """As it is named in the traces."""
    provider: str | None = None
    document: str | None = None
    """Name, version and date of the information that its provider gave."""
    contract: str | None = None
    """Reference of the written agreement."""
    systemic_risk: Annotated[Literal["yes", "no", "unknown"], BeforeValidator(_yes_or_no)] = "unknown"
    """Whether the Commission lists it as a model with systemic risk."""
    annex_xii: Mapping[str, str] = Field(default_factory=dict)
    """Point of Annex XII (`1.a`) -> what was received."""


class Dataset(_Declared):
    """A card of a data set: training, validation, test or retrieval."""

    name: str = Field(min_length=1)
    use: Literal["training", "validation", "test", "retrieval"]
    origin: str | None = None
    date: Annotated[str, BeforeValidator(str)] | None = None
    """A day, or a sentence."""
    size: str | None = None
    sha256: str | None = None
    labels: str | None = None
    gaps: str | None = None
    licence: str | None = None
    personal_data: str | None = None


class ChangeDecision(_Declared):
    """What a person decided about a detected change (Art. 43(4), Annex IV 2(f))."""

    decision: Literal["planned", "not_substantial", "substantial"]
    by: str = Field(min_length=1)
    on: date
    reason: str = Field(min_length=1)


class Incident(_Declared):
    """A serious incident or the suspicion of one (Art. 73)."""

    id: str = Field(min_length=1)
    what: str = Field(min_length=1)
    aware: date
    """The day on which the provider or, where applicable, the deployer became aware of it."""
    kind: Literal["serious", "death", "widespread_or_critical_infrastructure"] = "serious"
    """Which deadline holds: 15, 10 or 2 days."""
    causal_link: str | None = None
    provider_told: date | None = None
    """The day on which a deployer told the provider (Art. 26(5))."""
    first_report: date | None = None
    """The day of the report to the authority; it may be incomplete."""
    complete_report: date | None = None
    traces: tuple[str, ...] = ()
    """Ids of the traces that belong to it."""
    since: datetime | None = None
    """Start of the window whose traces belong to it, too; UTC where no offset is given."""
    until: datetime | None = None
    """End of that window, exclusive."""
    corrective_action: str | None = None

    @field_validator("since", "until")
    @classmethod
    def _has_an_offset(cls, moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment

    @model_validator(mode="after")
    def _has_a_window(self) -> Incident:
        if (self.since is None) != (self.until is None):
            raise ValueError("a window has `since` and `until`")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("`since` is not before `until`")
        return self


class Filled(_Declared):
    """An open field that a person filled, or will."""

    text: str | None = None
    by: str | None = None
    """Who wrote it: name and role."""
    on: date | None = None
    owner: str | None = None
    """Who has to write it, while it is open."""
    due: date | None = None
    not_applicable: str | None = None
    """Why the point does not apply; then `by` and `on` are of the person who says so."""

    @model_validator(mode="after")
    def _is_somebodys(self) -> Filled:
        """No statement is shown without who made it and when."""
        if self.text and self.not_applicable:
            raise ValueError("it holds a text, or the reason why it does not apply, not both")
        if (self.text or self.not_applicable) and not (self.by and self.on):
            raise ValueError("who says so, and when? Write `by` (name and role) and `on` (the day) beside it")
        return self


class System(_Declared):
    """The whole file; everything but the two names may be left out, and is then shown as open."""

    system: About
    provider: Organisation
    deployer: Organisation | None = None
    responsible: Person | None = None
    """Who answers for the documents."""
    declared_by: str | None = None
    """Who declares what stands here: name and role."""
    declared_on: date | None = None
    classification: str | Mapping[str, Any] | None = None
    """Answers for `otel-cert assess`: a file beside this one, or the answers themselves."""
    language: Literal["en", "de", "fr", "es"] = "en"
    """Of the documents: en, de, fr or es."""
    monitoring: tuple[Indicator, ...] = ()
    baseline_until: date | None = None
    """Day from which calls are compared with those before it, for drift (UTC); half-way through the window when left out."""
    suppliers: tuple[Supplier, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    changes: Mapping[str, ChangeDecision] = Field(default_factory=dict)
    """Id of a detected change -> what was decided."""
    incidents: tuple[Incident, ...] = ()
    fields: Mapping[str, Filled] = Field(default_factory=dict)
    """Id of a requirement (`art-13.3.b.i`, `annex-iv.2.b`) -> what was written; `limits` adds to what a set cannot say;
    a fact (`provider.authorised_representative`) -> why it does not apply."""

    def incident(self, id_: str) -> Incident:
        """Return a declared incident; raise UsageError, with those that are, when there is none of this id."""
        for one in self.incidents:
            if one.id == id_:
                return one
        known = ", ".join(one.id for one in self.incidents) or "none"
        raise UsageError(f"system.yaml declares no incident {id_!r}", hint=f"declared are: {known}")


def declared_models() -> Sequence[type[BaseModel]]:
    """Return the models of the file and of its parts."""
    return _Declared.__subclasses__()
