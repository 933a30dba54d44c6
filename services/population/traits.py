"""How traits of identity are written: the lexical rules of INSi (SEL-MP-043 §2, §3.4.1).

Pure. `…_problem` functions return what is wrong, in French, or "".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

LONGUEUR_MAXIMALE = 100
MOST_SHOWN = 20

_FOREIGN = re.compile(r"[^A-Z' -]")
_COMMON = re.compile(r"[A-Z]+(?:[' -][A-Z]+)*")
"""Nearly every name: letters, and one sign at a time between them, break none of the rules."""
_DATE = re.compile(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COG = re.compile(r"[0-9A-Z]{5}")
_COMMUNE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_LETTERS = str.maketrans({
    "Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L",
    "Đ": "D", "đ": "D", "’": "'", "‘": "'", "ʼ": "'",
})


def defaut_lexical(text: str, *, prenom: bool = False) -> str:
    """What the lexical rules want instead, French; "" when they are kept."""
    if _COMMON.fullmatch(text):
        return ""
    foreign = dict.fromkeys(_FOREIGN.findall(text))
    if foreign:
        return f"lettres A à Z, espace, apostrophe ('), tiret ; refusé : {_montres([*foreign])}"
    if text.startswith((" ", "-")):
        return "un premier caractère qui n'est ni un espace ni un tiret"
    # DEFAULT(lexique): both orders of space and apostrophe, and a final space, are refused.
    if re.search(r"  |''| '|' ", text) or text.endswith(" "):
        return "ni espace ou apostrophe doublés, ni espace final ou contre une apostrophe"
    if prenom and "--" in text:
        return "un seul tiret à la fois dans un prénom"
    if prenom and text.endswith(("-", "'")):
        return "un dernier caractère qui n'est ni un tiret ni une apostrophe"
    return ""


def _montres(letters: Sequence[str]) -> str:
    """The first MOST_SHOWN letters, each with its number that cannot be told by eye from one that
    is admitted: another alphabet's, a space or an apostrophe of another kind, what does not show.
    """
    plain, alike = "", []
    for letter in letters[:MOST_SHOWN]:
        latin = letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN")
        if latin or (letter.isascii() and letter.isprintable()):
            plain += letter
        else:
            alike.append(f"{letter if letter.isprintable() else ''} U+{ord(letter):04X}".strip())
    more = "…" if len(letters) > MOST_SHOWN else ""
    return ", ".join(filter(None, (plain, *alike, more)))


def translittere(text: str) -> str:
    """What software should have sent: upper case, no accents, no ligatures."""
    if text.isascii():
        return text.upper()
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c)).upper()


def has_control(text: str) -> bool:
    """Whether it holds control characters or half characters, which no text needs."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def est_date(text: str) -> bool:
    """Whether INSi takes it: `YYYY-MM-DD`, lunar dates such as 1950-00-00 included."""
    # DEFAULT(dates): a year unknown (0000) is refused; no source says how it is searched.
    return _DATE.fullmatch(text) is not None


def est_cog(text: str) -> bool:
    """Five alphanumerics: a commune (63220, 2A020) or a country (99100) at birth."""
    return _COG.fullmatch(text) is not None


def birth_name_problem(name: str) -> str:
    """A birth or used name as the population takes it."""
    return _length_problem(name) or defaut_lexical(name)


def given_name_problem(name: str) -> str:
    """One given name, compound or not."""
    return _length_problem(name) or defaut_lexical(name, prenom=True)


def date_problem(date: str) -> str:
    """A birth date, lunar dates such as `1950-00-00` or `1955-13-00` included."""
    if not est_date(date):
        return "AAAA-MM-JJ, dates lunaires comprises (1950-00-00), année connue"
    return ""


def place_problem(code: str) -> str:
    """A COG code of a commune or country (`63220`, `2A020`, `99100`), or nothing."""
    if code and _COMMUNE.fullmatch(code) is None:
        return "un code officiel géographique de cinq caractères (63220, 2A020, 99100)"
    return ""


def _length_problem(name: str) -> str:
    within = 1 <= len(name) <= LONGUEUR_MAXIMALE
    return "" if within else f"de 1 à {LONGUEUR_MAXIMALE} caractères"
