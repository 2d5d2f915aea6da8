"""What python-docx has no words for: fields, bookmarks, links in the document, alternative texts, stable bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from otel_cert.errors import OtelCertError


def opened(template: Path | None) -> Any:
    """Return an empty document with the styles of `template`; raise OtelCertError when it is none."""
    if template is None:
        return docx.Document()
    try:
        word = docx.Document(str(template))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as error:
        raise OtelCertError(f"{template} is no Word document", hint="name a .docx file as `template`") from error
    body = word.element.body
    for child in list(body):
        if not child.tag.endswith("}sectPr"):
            body.remove(child)
    return word


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Append a field that Word computes; `shown` stands in until it does."""
    _mark(paragraph, "begin")
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = instruction
    paragraph.add_run()._r.append(text)
    _mark(paragraph, "separate")
    paragraph.add_run(shown)
    _mark(paragraph, "end")


def bookmark(paragraph: Any, number: int, name: str) -> None:
    """Let links in the document lead to this paragraph."""
    for tag, place in (("w:bookmarkStart", 1), ("w:bookmarkEnd", None)):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), str(number))
        if place is None:
            paragraph._p.append(mark)
        else:
            mark.set(qn("w:name"), name)
            paragraph._p.insert(place, mark)


def add_link(paragraph: Any, name: str, text: str) -> None:
    """Append a text that leads to the bookmark `name`."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), name)
    link.append(paragraph.add_run(text)._r)
    paragraph._p.append(link)


def alt_text(picture: Any, title: str, description: str) -> None:
    """Describe a picture to those who do not see it."""
    properties = picture._inline.docPr
    properties.set("title", title)
    properties.set("descr", description)


def element(name: str, children: Sequence[Any] = (), **attributes: str) -> Any:
    """Return an element `w:name` with attributes `w:...`."""
    made = OxmlElement(f"w:{name}")
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    made.extend(children)
    return made


def saved(word: Any) -> bytes:
    """Return the file's content, the same for the same document: without the time of writing."""
    written = io.BytesIO()
    word.save(written)
    content = io.BytesIO()
    with ZipFile(written) as made, ZipFile(content, "w", ZIP_DEFLATED) as fixed:
        for entry in made.infolist():
            fixed.writestr(ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), made.read(entry), ZIP_DEFLATED)
    return content.getvalue()


def _mark(paragraph: Any, kind: str) -> None:
    paragraph.add_run()._r.append(element("fldChar", fldCharType=kind))
