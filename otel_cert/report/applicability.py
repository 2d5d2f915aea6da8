"""Whether a requirement applies to a system: its tier, the roles of the organisation, and the case it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from otel_cert.law.conditions import Truth
from otel_cert.law.obligations import EXEMPT, OUT_OF_SCOPE, UNDETERMINED
from otel_cert.law.pack import Requirement
from otel_cert.report import legal_words
from otel_cert.report.context import Context

_HIGH = "high_risk"
_ROUTES = {"art-6.1": "f.annex1", "art-6.2": "f.annex3_listed", "art-6.3": "f.filter_ok", "art-6.4": "f.filter_ok"}
"""Requirement about a route of the classification -> the fact of the rules that says whether it is this system's."""
_REASONS = _ROUTES | {"art-25.1": "f.becomes_provider"}
"""Requirement -> the fact whose answers say best why it does not apply."""
_OF_PROVIDERS = ("art50.1", "art50.2")
_NO_CASE = "The answers say that the case it is about does not arise."


def applies(context: Context, requirement: Requirement) -> Truth:
    """Return whether a requirement applies to this role and tier; None where that is not known yet."""
    return _and(_tier(context, requirement), _role(context, requirement), _case(context, requirement))


def because(context: Context, requirement: Requirement) -> str:
    """Say why a requirement does not apply."""
    fact = _REASONS.get(requirement.id) if _by_rules(context) else None
    if fact and context.reading.facts.get(fact) is False:
        return _answers_say(context, fact)
    tier = legal_words.tier(context.tier)
    if _tier(context, requirement) is False:
        if requirement.risk_tier.startswith("gpai"):
            return _no_model(context, requirement)
        if ":" in requirement.risk_tier or requirement.risk_tier == "limited":
            return f"{_NO_CASE} The system is classified as: {tier}."
        return f"It concerns another tier. The system is classified as: {tier}."
    if _role(context, requirement) is False:
        whom = " or ".join(requirement.applies_to)
        return f"It is a duty of the {whom}, and the answers say that this is not the role of the organisation."
    return f"{_NO_CASE} The system is classified as: {tier}."


def roles(context: Context) -> dict[str, Truth]:
    """Return which roles the organisation has; not known where the answers say that it has none."""
    found = {
        "provider": context.reading.facts.get("f.acts_as_provider"),
        "deployer": _answered(context, "role.deployer"),
        "gpai": _answered(context, "g.model_provider"),
    }
    nobody = all(known is False for known in found.values())  # and yet somebody has documents made
    return dict.fromkeys(found) if nobody else found


def _no_model(context: Context, requirement: Requirement) -> str:
    """Say why a point about general-purpose AI models does not apply; whoever builds on one is bound by some of them."""
    if requirement.risk_tier == "gpai-systemic" and _answered(context, "g.model_provider"):
        return "It concerns models with systemic risk, and the answers say that the provided model has none."
    if _answered(context, "g.uses"):
        return "It binds the provider of a general-purpose AI model, and the answers say that the organisation is none."
    return "It concerns general-purpose AI models, and the answers say that none is provided or built upon."


def _route(context: Context, requirement: Requirement) -> str | None:
    """Return the fact that says whether a route is this system's; None where a person decided otherwise than the rules."""
    return _ROUTES.get(requirement.id) if _by_rules(context) else None


def _by_rules(context: Context) -> bool:
    return context.tier == context.classification.outcome


def _answers_say(context: Context, fact: str) -> str:
    """Return the first answer that makes a fact of the rules false."""
    decisive = context.reading.because({"fact": fact})
    question = next(one for id_, one in context.pack.questions.items() if id_ in decisive)
    given = context.classification.answers[question.id]
    return f"The question “{question.text.strip()}” was answered with: {legal_words.answer(question, given)}."


def _tier(context: Context, requirement: Requirement) -> Truth:
    """Return whether the tier of a requirement is this system's."""
    if context.tier == OUT_OF_SCOPE:
        return False
    if fact := _route(context, requirement):
        return context.reading.facts.get(fact)
    match requirement.risk_tier.partition(":")[0]:
        case "high-risk":
            return _is(context, _HIGH, "f.high")
        case "art-6-3-exempt":
            return _is(context, EXEMPT, "f.filter_ok")
        case "limited":
            return _art_50(context, requirement.id)
        case "gpai":
            uses = _answered(context, "g.uses") if "provider" in requirement.applies_to else False
            return _or(_answered(context, "g.model_provider"), uses)
        case "gpai-systemic":
            return _label(context, "gpai.systemic")
        case _:
            return True


def _is(context: Context, outcome: str, fact: str) -> Truth:
    return context.reading.facts.get(fact) if context.tier == UNDETERMINED else context.tier == outcome


def _case(context: Context, requirement: Requirement) -> Truth:
    """Return whether the special case of a high-risk requirement is given: a point of Annex III, a duty of few."""
    case = requirement.risk_tier.partition(":")[2]
    if case == "fria":
        return _label(context, "fria.art27")
    if case.startswith("annex-iii."):
        return _listed(context, case.removeprefix("annex-iii."))
    for start, given in _CASES.items():
        if requirement.id.startswith(start):
            return given(context)
    return True


def _listed(context: Context, point: str) -> Truth:
    """Return whether the system is intended for the use of a point of Annex III."""
    points = context.reading.answers.get("a3.points")
    return None if points is None else point in points


def _explained(context: Context) -> Truth:
    """Return whether Art. 86 gives a right to explanation: uses of Annex III, but for point 2."""
    points = context.reading.answers.get("a3.points")
    return _and(context.reading.facts.get("f.annex3_high"), None if points is None else set(points) != {"2"})


_CASES: Mapping[str, Callable[[Context], Truth]] = {
    "art-26.7": lambda context: _label(context, "inform_workers.art26_7"),
    "art-26.8": lambda context: _label(context, "registration.deployer.art49_3"),
    "art-26.10": lambda context: _listed(context, "1.a"),
    "art-26.11": lambda context: _label(context, "inform_persons.art26_11"),
    "art-49.1": lambda context: _label(context, "registration.provider.art49_1"),
    "art-49.3": lambda context: _label(context, "registration.deployer.art49_3"),
    "annex-viii.a.": lambda context: context.reading.facts.get("f.annex3_high"),
    "annex-viii.c.": lambda context: _label(context, "registration.deployer.art49_3"),
    "art-86.1": _explained,
}
"""Beginning of a requirement's id -> whether the case that it is about is given."""


def _art_50(context: Context, id_: str) -> Truth:
    wanted = id_.replace("art-50.", "art50.").replace("4.", "4")
    labels = [one.label for one in context.pack.rules.labels if one.label.startswith("art50.")]
    if wanted in labels:
        return _label(context, wanted)
    known = roles(context)  # Art. 50(5) is about the information that each of them owes by the other paragraphs
    whose = {label: "provider" if label in _OF_PROVIDERS else "deployer" for label in labels}
    return _or(*(_and(_label(context, label), known[role]) for label, role in whose.items()))


def _role(context: Context, requirement: Requirement) -> Truth:
    if requirement.risk_tier.startswith("gpai"):
        return True  # the tier says it
    known = roles(context)
    return _or(*(known[role] for role in requirement.applies_to if role in known))


def _answered(context: Context, question: str) -> Truth:
    answer = context.reading.answers.get(question)
    return None if answer is None else answer == "yes"


def _label(context: Context, name: str) -> Truth:
    condition = next((one.when for one in context.pack.rules.labels if one.label == name), None)
    return None if condition is None else context.reading.value(condition)


def _and(*parts: Truth) -> Truth:
    return False if False in parts else None if None in parts else True


def _or(*parts: Truth) -> Truth:
    return True if True in parts else None if None in parts else False
