"""Asking a person, question by question: only what can still change the result, with a way back, help and a way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from otel_cert.errors import UsageError
from otel_cert.law import LawPack, classify
from otel_cert.law.answers import read_answers
from otel_cert.law.pack import Question

_FIRST = ("role.provider", "role.deployer")
"""Whose duties are looked for: asked whatever the outcome."""
_YES_NO = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "u": "unknown", "unknown": "unknown"}
_BACK, _QUIT = ("b", "back"), ("q", "quit")
_KEYS = "u = unknown, b or back, q = keep the answers and quit, ? = help"


def interview(pack: LawPack, path: Path | None) -> dict[str, Any]:
    """Ask until nothing is open or the person quits; return the answers, kept in a file after each one.

    What is answered `unknown` is not asked again.
    """
    given: dict[str, Any] = dict(read_answers(path)) if path is not None and path.exists() else {}
    answers: dict[str, Any] = dict(given.get("answers") or {})
    asked: list[str] = []
    click.echo(_KEYS, err=True)
    while (id_ := next(_open(pack, given, answers), None)) is not None:
        said = _ask(pack.questions[id_])
        if said in _QUIT:
            break
        if said in _BACK:
            if asked:
                answers.pop(asked.pop())
            continue
        answers[id_] = said
        asked.append(id_)
        _keep(path, given | {"answers": answers})
    if path is not None:
        click.echo(f"answers kept in {path}", err=True)
    return given | {"answers": answers}


def _open(pack: LawPack, given: dict[str, Any], answers: dict[str, Any]) -> Iterator[str]:
    found = classify(given | {"answers": answers}, pack=pack)
    for id_ in [*_FIRST, *found.open_questions]:
        if id_ in pack.questions and id_ not in answers and found.answers[id_] == "unknown":
            yield id_


def _ask(question: Question) -> Any:
    """Return an answer, or one of the ways back and out."""
    click.echo(f"\n{question.text.strip()}  [{question.basis}]", err=True)
    for option, meaning in question.options.items():
        click.echo(f"  {option}: {meaning}" if meaning != option else f"  {option}", err=True)
    choices = {"yn": "y, n", "one": "one, or none", "multi": "some, with commas; none"}[question.type]
    while True:
        said = click.prompt(f"{question.id} ({choices}, u, b, q, ?)", err=True).strip()
        if said in (*_BACK, *_QUIT) and said not in question.options:
            return said
        if said == "?":
            click.echo(_help(question), err=True)
        elif (read := _read(question, said)) is not None:
            return read
        else:
            click.echo(f"{said!r} is none of them; {_KEYS}", err=True)


def _read(question: Question, said: str) -> Any:
    if said in ("u", "unknown"):
        return "unknown"
    if question.type == "yn":
        return _YES_NO.get(said.lower())
    if question.type == "one":
        return next((option for option in (*question.options, "none") if option.lower() == said.lower()), None)
    if said.lower() == "none":
        return []
    options = [option.strip() for option in said.split(",") if option.strip()]
    return options if options and all(option in question.options for option in options) else None


def _help(question: Question) -> str:
    lines = [f"Where the Act asks it: {question.basis}.", "If you do not know, say u: unknown never counts as no."]
    if question.draft_guideline:
        lines.append("It rests on a guideline of which only a draft is known.")
    return "\n".join([*lines, _KEYS])


def _keep(path: Path | None, content: dict[str, Any]) -> None:
    if path is None:
        return
    try:
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="choose another file with --answers") from error
