"""What ContexteLPS must say of the software that calls, to any téléservice that reads it.

One condition each, for the rules of a service to declare; who sends no context breaks none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.kernel.rules import Mismatch
from services.soap.calling import Contexte

_NOM = re.compile(r"urn:lps:[^:]+:[^:]+")


def autorisation(lps: Contexte | None) -> Iterator[Mismatch]:
    """It carries the authorisation number, marked as such."""
    if lps is not None and not (lps.idam and lps.idam_r == "4"):
        found = f"{lps.idam or '(absent)'}, R={lps.idam_r or '(absent)'}"
        yield Mismatch(f"{lps.at}/LPS/IDAM", 'un numéro, R="4"', found)


def autorisation_connue(lps: Contexte | None) -> Iterator[Mismatch]:
    """The number is one that the CNDA has given: here any but FAKE…"""
    if lps is not None and lps.idam.upper().startswith("FAKE"):
        yield Mismatch(f"{lps.at}/LPS/IDAM", "un numéro du CNDA", lps.idam)


def nom(lps: Contexte | None) -> Iterator[Mismatch]:
    """It names the software and its version."""
    if lps is not None and not _NOM.fullmatch(lps.logiciel):
        yield Mismatch(
            f"{lps.at}/LPS/Nom", "urn:lps:logiciel:version", lps.logiciel or "(absent)"
        )
