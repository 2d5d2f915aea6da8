"""What the names of tiers, labels and options of the rules mean, in words for a reader who does not know the rules."""

from __future__ import annotations

import re

from otel_cert.law.pack import Question

NONE = "none of them"
_TIERS = {
    "high_risk": "high-risk",
    "art_6_3_exempt": "exempt under Art. 6(3)",
    "sectoral_annex_I_B": "product law of Annex I Section B",
}
_LABELS = {
    "art50.1": "tell people that they interact with AI (Art. 50(1))",
    "art50.2": "mark generated content (Art. 50(2))",
    "art50.3": "tell people about emotion recognition or biometric categorisation (Art. 50(3))",
    "art50.4a": "disclose deep fakes (Art. 50(4))",
    "art50.4b": "disclose generated texts on matters of public interest (Art. 50(4))",
    "becomes_provider.art25": "counts as provider (Art. 25)",
    "gpai.provider": "provider of a general-purpose AI model (Art. 53)",
    "gpai.systemic": "general-purpose AI model with systemic risk (Art. 55)",
    "gpai.downstream": "builds on a general-purpose AI model of another provider (Annex XII)",
    "fria.art27": "fundamental rights impact assessment (Art. 27)",
    "inform_persons.art26_11": "inform the persons about whom decisions are made or assisted (Art. 26(11))",
    "inform_workers.art26_7": "inform workers and their representatives (Art. 26(7))",
    "registration.provider.art49_1": "registration by the provider (Art. 49(1))",
    "registration.national.art49_5": "registration at national level (Art. 49(5))",
    "registration.provider.art49_2": "registration of an exempt system by the provider (Art. 49(2))",
    "registration.deployer.art49_3": "registration by a public deployer (Art. 49(3))",
    "conformity.internal_control.annex_vi": "conformity assessment by internal control (Annex VI)",
    "conformity.notified_body.annex_vii": "conformity assessment with a notified body (Annex VII)",
    "conformity.sectoral": "conformity assessment under the product law (Art. 43(3))",
}
_FINE = re.compile(r"art(\d+\w*)(?:\.(\w+))?")


def tier(outcome: str) -> str:
    """Return a tier in words."""
    return _TIERS.get(outcome, outcome.replace("_", " "))


def label(name: str) -> str:
    """Return what a label says; a label of newer legal data that has no words here is shown as it is."""
    return f"{_LABELS[name]} [{name}]" if name in _LABELS else name


def fine(name: str) -> str:
    """Return `Art. 99(4)` for `art99.4`."""
    found = _FINE.fullmatch(name)
    if found is None:
        return name
    return f"Art. {found[1]}({found[2]})" if found[2] else f"Art. {found[1]}"


def answer(question: Question, given: str | list[str]) -> str:
    """Return an answer with what its options mean."""
    chosen = given if isinstance(given, list) else [given]
    return "; ".join(_meant(question, one) for one in chosen) or NONE


def _meant(question: Question, option: str) -> str:
    """Return an option with its meaning, or the meaning alone where the option says the same or only stands for none."""
    meant = question.options.get(option, option)
    return meant if option in ("none", meant) else f"{option}: {meant}"
