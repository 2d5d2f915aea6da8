"""Answers about a system: read, checked against the questions, and completed by a default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from otel_cert import quick_yaml
from otel_cert.errors import UsageError
from otel_cert.law.conditions import Answer
from otel_cert.law.pack import LawPack, Question

UNKNOWN = "unknown"
_DEFAULTS: Mapping[str, Mapping[str, Answer]] = {"no": {"yn": "no", "one": "none", "multi": ()}, UNKNOWN: {}}
_BOOLEANS = {True: "yes", False: "no"}


def read_answers(path: Path) -> Mapping[str, Any]:
    """Return what an answers file says: `{default: no | unknown, answers: {question id: answer}}`.

    Raises:
        UsageError: it cannot be read, or is no mapping of these two.

    """
    try:
        given = quick_yaml.load_by_hand(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}{quick_yaml.complaint(error)}", hint=quick_yaml.NEXT) from error
    if not isinstance(given, Mapping):
        raise UsageError(f"{path} is no mapping", hint="write `default: unknown` and `answers: {question id: answer}`")
    return given


def complete(given: Mapping[str, Any], pack: LawPack) -> dict[str, Answer]:
    """Return an answer to every question; None = unknown.

    Args:
        given: question id -> answer, or a mapping with these under `answers` and a `default`. Answers are `yes`, `no` or
            `unknown` (booleans are read as yes and no), an option, or a list of options.
        pack: whose questions.

    Raises:
        UsageError: an id, an answer or the default is none that there is; with the closest match.

    """
    answers, default = _parts(given)
    _check_ids(answers, pack.questions)
    filled = _DEFAULTS[default]
    return {
        id_: _answer(question, answers[id_]) if id_ in answers else filled.get(question.type)
        for id_, question in pack.questions.items()
    }


def checked(answers: Mapping[str, Any], questions: Mapping[str, object]) -> dict[str, str]:
    """Return answers of yes, no and unknown to questions that exist.

    Raises:
        UsageError: an id or an answer is none that there is; with the closest match.

    """
    _check_ids(answers, questions)
    return {id_: UNKNOWN if answer is None else _yes_or_no(id_, answer) for id_, answer in answers.items()}


def _check_ids(answers: Mapping[str, Any], questions: Mapping[str, object]) -> None:
    for id_ in answers:
        if id_ not in questions:
            raise UsageError(f"there is no question {id_!r}", hint=_closest(str(id_), list(questions)))


def _yes_or_no(id_: str, given: object) -> str:
    return _option(id_, _BOOLEANS[given] if isinstance(given, bool) else given, ["yes", "no", UNKNOWN])


def _parts(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    if "answers" not in given and "default" not in given:
        return given, UNKNOWN
    if extra := set(given) - {"answers", "default"}:
        raise UsageError(
            f"{', '.join(map(repr, sorted(map(str, extra))))} is no part of answers",
            hint="these are `default` and `answers`",
        )
    default = given.get("default", UNKNOWN)
    default = _BOOLEANS.get(default, default) if isinstance(default, bool) else UNKNOWN if default is None else default
    if default not in _DEFAULTS:
        raise UsageError(f"the default {default!r} is neither 'no' nor 'unknown'")
    answers = given.get("answers") or {}
    if not isinstance(answers, Mapping):
        raise UsageError("`answers` is no mapping", hint="write `question id: answer`")
    return answers, str(default)


def _answer(question: Question, given: object) -> Answer:
    if given is None or given == UNKNOWN:
        return None
    if question.type == "multi":
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise UsageError(f"{question.id}: {given!r} is no list", hint="write [] for none of them, null for unknown")
        return tuple(_option(question.id, one, list(question.options)) for one in given)
    if question.type == "one":
        return _option(question.id, given, [*question.options, "none"])
    return _yes_or_no(question.id, given)


def _option(id_: str, given: object, options: Sequence[str]) -> str:
    if isinstance(given, str) and given in options:
        return given
    if not isinstance(given, str) and str(given) in options:
        raise UsageError(f"{id_}: {given!r} is a number", hint=f"write it as text: '{given}'")
    raise UsageError(f"{id_} has no answer {given!r}", hint=_closest(str(given), options))


def _closest(given: str, valid: Sequence[str]) -> str:
    close = get_close_matches(given, valid, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are: {', '.join(valid)}"
