"""French sentences as they are printed, however the declarations were typed."""

from __future__ import annotations

import re

_MENDED = (
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r" (?=[:»])|(?<=«) "), "\u00a0"),
    (re.compile(r" (?=[;?!%])"), "\u202f"),
)


def french(text: str) -> str:
    """Curly apostrophes, and no-break spaces before `: ; ? ! %` and inside « »."""
    for typed, printed in _MENDED:
        text = typed.sub(printed, text)
    return text


def count(number: int, singular: str, none: str = "aucun") -> str:
    """`aucun constat`, `1 constat`, `2 lignes délivrées`: each word takes its s."""
    words = " ".join(f"{word}s" for word in singular.split()) if number > 1 else singular
    return f"{number or none} {words}"
