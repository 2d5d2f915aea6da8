"""Styles of a Word document; a template's own styles of the same names win."""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ._word import element

INK, SOFT, ACCENT, WARM = "1C2126", "56606B", "0072B2", "8A2F00"
TINT, LINE, WARM_TINT = "EEF1F4", "C5CBD3", "FBF3EF"
_FONT, _CODE_FONT = "Liberation Sans", "Liberation Mono"
CODE = "Code Text"
"""Style of characters."""
_OURS = (
    ("Title", 24, INK),
    ("Subtitle", 14, SOFT),
    ("Heading 1", 15, ACCENT),
    ("Heading 2", 12.5, ACCENT),
    ("Heading 3", 11, ACCENT),
    ("TOC Heading", 12.5, ACCENT),
    ("Caption", 9.5, INK),
)
"""Styles that python-docx's own template brings, in our sizes (points) and colours."""
_LOCALES = {"en": "en-GB", "de": "de-DE", "fr": "fr-FR", "es": "es-ES"}
"""Language -> the one that Word checks spelling and breaks words by."""


def styles(word: Any, language: str, *, own: bool) -> None:
    """Add the styles that are missing; set fonts and sizes of the rest too, where the template is not the user's."""
    normal = word.styles["Normal"]
    locale = _LOCALES.get(language, language)
    for default in word.styles.element.xpath("w:docDefaults//w:lang"):
        default.set(qn("w:val"), locale)
    normal.element.get_or_add_rPr().append(element("lang", val=locale))
    if own:
        _our_looks(word, normal)
        _hyphenate(word)
    else:
        _complete(word)
    _add(word, "Draft", 13, WARM).font.bold = True
    _add(word, "Source", 8, SOFT, before=3, after=8)
    _add(word, "Citation", 8.5, SOFT, after=4, keep=True).font.italic = True
    _add(word, "Picture", 10, INK, after=2, keep=True)
    _add(word, "Table Text", 8, INK, after=0)
    _add(word, "Table Text Small", 7, INK, after=0)
    _add(word, "Space", 4, INK, after=0)
    _boxed(word, "Notice", LINE, TINT)
    _boxed(word, "Warning", WARM, WARM_TINT)
    _boxed(word, "Open Field", WARM, WARM_TINT)
    _boxed(word, "Not Measured", SOFT, None, line="dashed")
    _boxed(word, "Statement", ACCENT, None, edges=("left",))
    _boxed(word, "Open Statement", WARM, None, edges=("left",))
    for level, indent in enumerate((0, 0.6, 1.2), start=1):
        _add(word, f"toc {level}", 10, INK, after=1, builtin=True).paragraph_format.left_indent = Cm(indent)
    _code_style(word)
    _table_style(word)


def _complete(word: Any) -> None:
    """Add what a user's template lacks of the styles that python-docx's own has."""
    for name, size, colour in _OURS:
        if name in word.styles:
            continue
        style = _add(word, name, size, colour, before=10, keep=name != "Subtitle", builtin=True)
        if name.startswith("Heading"):
            style.element.get_or_add_pPr().append(element("outlineLvl", val=str(int(name[-1]) - 1)))


def style_ids(word: Any) -> dict[str, str]:
    """Return the id of each style by its name; python-docx goes through all styles for each paragraph."""
    return {style.name: style.style_id for style in word.styles}


def _has(word: Any, name: str) -> bool:
    return bool(word.styles.element.xpath(f'w:style/w:name[@w:val="{name}"]'))


def _hyphenate(word: Any) -> None:
    """Let Word break long words between syllables, as German compounds in narrow columns need it."""
    settings = word.settings.element
    place = settings.find(qn("w:defaultTabStop"))  # after it, by the order of CT_Settings
    place.addnext(element("autoHyphenation", val="1"))


def _our_looks(word: Any, normal: Any) -> None:
    _font(normal, 10, INK)
    normal.paragraph_format.space_after = Pt(6)
    for name, size, colour in _OURS:
        _font(word.styles[name], size, colour)
    word.styles["Subtitle"].font.italic = False
    for name, before in (("Heading 1", 20), ("Heading 2", 14), ("Heading 3", 12)):
        word.styles[name].paragraph_format.space_before = Pt(before)
        word.styles[name].paragraph_format.space_after = Pt(4)
    caption = word.styles["Caption"]
    caption.font.bold = True
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(3)


def _add(
    word: Any,
    name: str,
    size: float,
    colour: str,
    *,
    before: float = 0,
    after: float = 6,
    keep: bool = False,
    builtin: bool = False,
) -> Any:
    """Return the paragraph style `name`, made when the template has none; sizes and spaces in points."""
    if _has(word, name):
        return word.styles[name]
    style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin)
    style.element.basedOn_val = word.styles.element.default_for(WD_STYLE_TYPE.PARAGRAPH).styleId
    style.font.size, style.font.color.rgb = Pt(size), RGBColor.from_string(colour)
    spacing = style.paragraph_format
    spacing.space_before, spacing.space_after, spacing.keep_with_next = Pt(before), Pt(after), keep or None
    return style


def _boxed(
    word: Any,
    name: str,
    colour: str,
    fill: str | None,
    *,
    line: str = "single",
    edges: tuple[str, ...] = ("top", "left", "bottom", "right"),
) -> None:
    """Add a paragraph style with a border around it; neighbours of the same style share one."""
    if _has(word, name):
        return
    style = _add(word, name, 10, INK, after=3)
    style.paragraph_format.keep_together = True
    style.paragraph_format.left_indent = style.paragraph_format.right_indent = Cm(0.25)
    width = "18" if len(edges) == 1 else "6"
    borders = [element(edge, val=line, sz=width, space="6", color=colour) for edge in edges]
    properties = style.element.get_or_add_pPr()
    # The schema wants them in this order, before the spacing.
    spacing = properties.find(qn("w:spacing"))
    spacing.addprevious(element("pBdr", borders))
    if fill:
        spacing.addprevious(element("shd", val="clear", fill=fill))


def _font(style: Any, size: float, colour: str) -> None:
    """Set font, size (points) and colour."""
    _set_font(style, _FONT)
    style.font.size, style.font.color.rgb = Pt(size), RGBColor.from_string(colour)


def _set_font(style: Any, name: str) -> None:
    """Set one font for every script: theme fonts of the template would win over the name otherwise."""
    style.font.name = name
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{attribute}"), None)
    for attribute in ("hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{attribute}"), name)


def _code_style(word: Any) -> None:
    """Add the style of names of commands and settings; it has the size of the text around it."""
    if not _has(word, CODE):
        _set_font(word.styles.add_style(CODE, WD_STYLE_TYPE.CHARACTER), _CODE_FONT)


def _table_style(word: Any) -> None:
    """Add the table style of the report: thin lines between rows, none between columns."""
    if _has(word, "Report Table"):
        return
    style = word.styles.add_style("Report Table", WD_STYLE_TYPE.TABLE)
    style.base_style = word.styles["Normal Table"]
    borders = [element(edge, val="single", sz="4", color=LINE) for edge in ("top", "bottom", "insideH")]
    margins = [
        element(side, w=width, type="dxa")
        for side, width in (("top", "40"), ("left", "90"), ("bottom", "40"), ("right", "90"))
    ]
    style.element.append(element("tblPr", [element("tblBorders", borders), element("tblCellMar", margins)]))
