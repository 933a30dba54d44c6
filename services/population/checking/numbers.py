"""National numbers of professionals and structures: form, key, what a real one looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from services.population.checking.problems import NoNumberLeft, Problem
from services.population.draft import Draft
from services.population.kinds import PROFESSIONALS, STRUCTURES
from services.population.matricule import keyed, luhn_digit, passes_luhn

RPPS = re.compile(r"[0-9]{11}")
FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
SIRET = re.compile(r"[0-9]{14}")
Origin = Literal["RPPS", "ADELI", "FINESS", "SIRET", "EDIT"]
ID_NAT: dict[Origin, re.Pattern[str]] = {
    "RPPS": re.compile(r"8[0-9]{11}"),
    "ADELI": re.compile(r"0[0-9][0-9AB][0-9]{7}"),
    "FINESS": re.compile(r"3[0-9][0-9AB][0-9]{7}/[A-Za-z0-9._-]{1,40}"),
    "SIRET": re.compile(r"5[0-9]{14}/[A-Za-z0-9._-]{1,40}"),
    "EDIT": re.compile(r"ANS[0-9]{14}"),
}
"""Origin → form of IdNat_PS (TRE_G08; `ANS`: fictitious people of Pro Santé Connect)."""
TEST_RPPS = ("997", "999")
TEST_DEPARTMENT = "99"
TEST_SIREN = "000"
ATTEMPTS = 100


def rpps_remarks(rpps: str) -> Iterator[Problem]:
    """rpps: well formed. Documentation numbers often have a wrong key: it is only remarked on."""
    if not passes_luhn(rpps):
        yield _wrong_key("rpps", f"du RPPS {rpps}", rpps)
    elif not rpps.startswith(TEST_RPPS):
        yield Problem("rpps", f"Le RPPS {rpps} ressemble à celui d'une personne réelle : les "
                      f"numéros de test commencent par {' ou '.join(TEST_RPPS)}.")


def finess_remarks(finess: str, at: str = "finess") -> Iterator[Problem]:
    """finess: well formed. The key rule of numbers with a letter is not known."""
    if not finess.isdecimal():
        return
    if not passes_luhn(finess):
        yield _wrong_key(at, f"du FINESS {finess}", finess)
    elif not finess.startswith(TEST_DEPARTMENT):
        yield Problem(at, f"Le FINESS {finess} ressemble à celui d'un établissement réel : ceux "
                      f"du bac à sable commencent par {TEST_DEPARTMENT}.")


def siret_remarks(siret: str) -> Iterator[Problem]:
    """siret: well formed."""
    if not (passes_luhn(siret) and passes_luhn(siret[:9])):
        yield Problem("siret", f"Une clé du SIRET {siret} est fausse.")
    elif not siret.startswith(TEST_SIREN):
        yield Problem("siret", f"Le SIRET {siret} ressemble à celui d'un établissement réel : "
                      f"ceux du bac à sable commencent par {TEST_SIREN}.")


async def free_rpps(draft: Draft) -> str:
    """An invented RPPS (999…) that nobody has yet. Raises NoNumberLeft."""
    for _ in range(ATTEMPTS):
        rpps = keyed("999" + draft.tenant.ids.digits(7))
        if await draft.get(PROFESSIONALS, f"8{rpps}") is None:
            return rpps
    raise NoNumberLeft


async def free_finess(draft: Draft) -> str:
    """An invented FINESS (99…) that no structure has yet. Raises NoNumberLeft."""
    for _ in range(ATTEMPTS):
        finess = keyed(TEST_DEPARTMENT + draft.tenant.ids.digits(6))
        if await draft.first(STRUCTURES, "finess", finess) is None:
            return finess
    raise NoNumberLeft


async def free_siret(draft: Draft) -> str:
    """An invented SIRET (000…) that no structure has yet. Raises NoNumberLeft."""
    for _ in range(ATTEMPTS):
        siret = siret_of(draft.tenant.ids.digits(5))
        if await draft.first(STRUCTURES, "id_nat", f"3{siret}") is None:
            return siret
    raise NoNumberLeft


def siret_of(digits: str) -> str:
    """A SIRET that no company has, from five digits."""
    return keyed(keyed(TEST_SIREN + digits) + "0001")


def origin_of(id_nat: str) -> Origin | None:
    """Where a national identifier comes from, None when it has none of the known forms."""
    return next((name for name, form in ID_NAT.items() if form.fullmatch(id_nat)), None)


def _wrong_key(at: str, whose: str, number: str) -> Problem:
    right = luhn_digit(number[:-1])
    return Problem(at, f"La clé {number[-1]} {whose} est fausse : {right} attendu.")
