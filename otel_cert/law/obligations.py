"""What an outcome obliges to, from when, and the fines that attach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict

from otel_cert.law.conditions import Reading
from otel_cert.law.pack import LawPack

_ARTICLE = re.compile(r"Arts?\. (\d+)")
UNDETERMINED, OUT_OF_SCOPE, PROHIBITED, _HIGH = "undetermined", "out_of_scope", "prohibited", "high_risk"
EXEMPT = "art_6_3_exempt"
_EVERY = "every_tier"
_LATER = ("p.ba", "p.bb")
"""Practices that are prohibited from a later day than the others."""
_TRANSPARENCY = "limited"
_ART_50 = {
    "art50.1": "provider", "art50.2": "provider", "art50.3": "deployer", "art50.4a": "deployer", "art50.4b": "deployer",
}  # fmt: skip
"""Label -> who has the duty of transparency, in every tier (Art. 50(6))."""
_BY_LABEL = {
    "gpai.provider": "gpai_provider", "gpai.downstream": "gpai_downstream", **dict.fromkeys(_ART_50, _TRANSPARENCY),
}  # fmt: skip
_ART_4 = "art4"
_DATES = {"limited": "art50", "gpai_provider": "gpai", "gpai_downstream": "gpai", _EVERY: _ART_4, "minimal": _ART_4}


class Obligation(BaseModel):
    """A duty, in short."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    role: str
    """Who has it: `provider`, `deployer` or `all`."""
    applies_from: date | None
    """The day to plan with; None = the data names none."""
    earlier_reading: date | None
    """Where the dates are disputed: from when it applies by the stricter reading."""


class Fine(BaseModel):
    """The most that a breach can cost."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    what: str
    eur: int | None
    turnover_pct: float | None
    """Percent of the worldwide annual turnover."""


def obligations(pack: LawPack, reading: Reading, outcome: str, labels: list[str]) -> list[Obligation]:
    """Return the duties of the roles that were answered with yes; none where the Act does not apply."""
    if outcome == OUT_OF_SCOPE:
        return []
    roles = _roles(reading)
    groups = dict.fromkeys((outcome, *(name for label, name in _BY_LABEL.items() if label in labels), _EVERY))
    return [
        Obligation(text=text, role=role, applies_from=day, earlier_reading=earlier)
        for group in groups
        for role, texts in pack.rules.obligations.get(group, {}).items()
        if roles & set(_of(role)) and (group != _TRANSPARENCY or _owes(role, labels))
        for text in texts
        for day, earlier in [_dates(pack, reading, group, text)]
    ]


def fines(pack: LawPack, outcome: str, labels: list[str]) -> list[Fine]:
    """Return the fines for a breach of these duties."""
    if outcome == OUT_OF_SCOPE:
        return []
    attached = pack.about.fines
    ids = [id_ for key in (outcome, *labels, "always") for id_ in attached.get(key, ())]
    bands = {band.id: band for band in pack.bands}
    return [
        Fine(id=id_, what=_what(bands[id_].model_dump()), eur=bands[id_].eur, turnover_pct=bands[id_].turnover_pct)
        for id_ in dict.fromkeys(ids)
    ]


def _what(band: Mapping[str, object]) -> str:
    return str(band.get("for", ""))


def _owes(role: str, labels: list[str]) -> bool:
    """Return whether a duty of transparency is this role's."""
    return any(_ART_50.get(label) == role for label in labels)


def _roles(reading: Reading) -> set[str]:
    roles = {"all"}
    if reading.answers.get("role.provider") == "yes" or reading.facts.get("f.acts_as_provider"):
        roles.add("provider")
    if reading.answers.get("role.deployer") == "yes":
        roles.add("deployer")
    return roles


def _of(role: str) -> Iterator[str]:
    return iter(role.split("_and_"))


def _dates(pack: LawPack, reading: Reading, group: str, text: str) -> tuple[date | None, date | None]:
    """Return the day to plan with, and the earlier one where two readings are held."""
    if group == _HIGH:
        known = pack.rules.dates
        day = known["high_risk_annex_iii" if reading.facts.get("f.annex3_high") else "high_risk_annex_i"]
        articles = {int(number) for number in _ARTICLE.findall(text)}
        return day, pack.about.disputed_from if articles & set(pack.about.disputed_articles) else None
    if group == PROHIBITED:
        earlier = any(q.startswith("p.") and q not in _LATER and a == "yes" for q, a in reading.answers.items())
        return pack.rules.dates["art4" if earlier else "art5_ba_bb"], None  # Chapters I and II apply together
    name = _DATES.get(group)
    if name == _ART_4 and not text.startswith("Art. 4 "):
        return None, None  # no duty of the Act: a habit to keep, or the voluntary codes of Art. 95
    return (pack.rules.dates[name] if name else None), None
