"""How a language sets its texts: which spaces do not break, and which apostrophe is written.

The files of words have ordinary spaces, which are easier to type and to compare.
"""

from __future__ import annotations

import re

_NO_BREAK = "\N{NO-BREAK SPACE}"
_BEFORE_PERCENT = re.compile(r"(?<=[\d}]) (?=%)")
_FRENCH = re.compile(r" (?=[:;?!»])|(?<=«) ")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def typeset(text: str, language: str) -> str:
    r"""Return a text with no line end before a percent sign, and in French none within its punctuation.

    >>> typeset("l'appel : 5 %", "fr")
    'l’appel\xa0: 5\xa0%'
    """
    made = _BEFORE_PERCENT.sub(_NO_BREAK, text)
    return _APOSTROPHE.sub("’", _FRENCH.sub(_NO_BREAK, made)) if language == "fr" else made
