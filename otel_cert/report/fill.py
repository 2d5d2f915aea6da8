"""Fills in an open field of `system.yaml`: comments stay, and what somebody wrote is never lost silently."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from otel_cert.errors import NotFound, UsageError
from otel_cert.law import LawPack
from otel_cert.report.declarations import field_ids, read_system
from otel_cert.report.facts import FACTS

_EARLIER = "Earlier, replaced on {on}: {said}"


@dataclass(frozen=True)
class Filling:
    """What is written into a field; `text` or `not_applicable` closes it, `owner` and `due` say who will."""

    text: str | None = None
    not_applicable: str | None = None
    by: str | None = None
    role: str | None = None
    owner: str | None = None
    due: date | None = None


def fill(path: Path, id_: str, filling: Filling, pack: LawPack, *, on: date, replace: bool = False) -> None:
    """Write a field into the file.

    Args:
        path: `system.yaml`.
        id_: the requirement, `limits`, or a fact that does not apply (`provider.authorised_representative`).
        filling: what to write.
        pack: whose requirements there are.
        on: the day that is written beside it.
        replace: whether a text that is there may be replaced; it is kept as a comment above the new one.

    Raises:
        UsageError: there is no such field, it is filled already, or it is not said who fills it in.

    """
    _check(filling, id_, pack)
    content = _read(path)
    fields = content.setdefault("fields", CommentedMap())
    if fields is None:
        fields = content["fields"] = CommentedMap()
    before = fields.get(id_) or CommentedMap()
    earlier = before.get("text") or before.get("not_applicable")
    closes = filling.text is not None or filling.not_applicable is not None
    if earlier and closes and not replace:
        raise UsageError(
            f"{id_} was filled in by {before.get('by', 'somebody')}: {str(earlier)[:60]}",
            hint="--replace writes another text and keeps this one as a comment",
        )
    kept = {key: value for key, value in before.items() if key in ("owner", "due")}
    fields[id_] = _field(kept if closes else dict(before), filling, on)
    if earlier and closes:
        said = " ".join(str(earlier).split()) + f" ({before.get('by', 'unknown')}, {before.get('on', 'unknown')})"
        fields.yaml_set_comment_before_after_key(id_, before=_EARLIER.format(on=on, said=said), indent=2)
    _write(path, content)


def _check(filling: Filling, id_: str, pack: LawPack) -> None:
    known = field_ids(pack)
    if id_ not in known:
        from difflib import get_close_matches

        close = get_close_matches(id_, sorted(known), n=3)
        raise UsageError(f"there is no field {id_!r}", hint=f"closest: {', '.join(close)}" if close else None)
    if id_ in FACTS and filling.text is not None:
        raise UsageError(f"{id_} has its own place in the file", hint=f"write it there: {id_.replace('.', ': ')}")
    if filling.text is not None and filling.not_applicable is not None:
        raise UsageError("a field holds a text, or the reason why it does not apply")
    closes = filling.text is not None or filling.not_applicable is not None
    if closes and not ((filling.text or filling.not_applicable or "").strip()):
        raise UsageError("the text is empty")
    if closes and not ((filling.by or "").strip() and (filling.role or "").strip()):
        raise UsageError("who fills in a field needs a name and a role", hint="--by NAME --role ROLE")
    if not closes and not (filling.owner or filling.due):
        raise UsageError("nothing to write", hint="give --text, --file, --not-applicable, --owner or --due")


def _field(before: dict[str, Any], filling: Filling, on: date) -> CommentedMap:
    field = CommentedMap(before)
    if filling.text is not None or filling.not_applicable is not None:
        field["text" if filling.text is not None else "not_applicable"] = filling.text or filling.not_applicable
        field["by"] = f"{filling.by}, {filling.role}"
        field["on"] = on
    if filling.owner:
        field["owner"] = filling.owner
    if filling.due:
        field["due"] = filling.due
    return field


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _read(path: Path) -> CommentedMap:
    try:
        content = _yaml().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}", hint=f"write one with: otel-cert init --system {path}") from error
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if not isinstance(content, CommentedMap):
        raise UsageError(f"{path} is no mapping", hint="otel-cert init --system FILE shows every key")
    return content


def _write(path: Path, content: CommentedMap) -> None:
    """Replace the file by what is valid only."""
    written = io.StringIO()
    _yaml().dump(content, written)
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.write_text(written.getvalue(), encoding="utf-8")
        read_system(draft)
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
