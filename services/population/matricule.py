"""Matricules INS and other national numbers: form, keys, authorities. Pure functions."""

from __future__ import annotations

import re

OID_NIR = "1.2.250.1.213.1.4.8"
OID_NIA = "1.2.250.1.213.1.4.9"
OID_NIR_TEST = "1.2.250.1.213.1.4.10"
OID_NIR_DEMO = "1.2.250.1.213.1.4.11"
OIDS = (OID_NIR, OID_NIA, OID_NIR_TEST, OID_NIR_DEMO)
"""Authorities that assign a matricule INS (FR Core; `.8` is also what the INSi test base uses)."""

PATIENT_DOMAIN = "patient.mssante.fr"

EMPTY_COMMUNES = ("55050", "55039", "55139", "55189", "55239", "55307")
"""The villages destroyed in 1916: communes without inhabitants, so nobody is born there.

Matricules that we invent take their code and an order number of 900 or more.
"""

FIRST_ORDER = 900

_VALUE = re.compile(r"[1-478]\d{4}(?:\d{2}|2A|2B)\d{6}")
_CORSICA = {"2A": "19", "2B": "18"}
_UNKNOWN_MONTH = 20


def key_of(value: str) -> str:
    """The key of a 13-character matricule: 97 - (N mod 97), with 2A read 19 and 2B read 18.

    Raises ValueError when `value` is not a matricule.
    """
    if not is_well_formed(value):
        raise ValueError(f"not a matricule: {value!r}")
    department = value[5:7]
    number = int(value[:5] + _CORSICA.get(department, department) + value[7:])
    return f"{97 - number % 97:02d}"


def is_well_formed(value: str) -> bool:
    """13 characters: sex, year, month, department (2A and 2B allowed), commune, order."""
    return value.isascii() and _VALUE.fullmatch(value) is not None


def has_right_key(value: str, cle: str) -> bool:
    """Whether the key fits; some published test identities carry a wrong one."""
    return is_well_formed(value) and key_of(value) == cle


def invented(sexe: str, date_naissance: str, commune: str, order: int) -> str:
    """A matricule that civil registration never gives: see EMPTY_COMMUNES.

    date_naissance: `YYYY-MM-DD`; a month that does not exist becomes pseudo-month 20.
    """
    month = int(date_naissance[5:7])
    known = month if 1 <= month <= 12 else _UNKNOWN_MONTH
    return f"{'1' if sexe == 'M' else '2'}{date_naissance[2:4]}{known:02d}{commune}{order:03d}"


def looks_real(value: str, cle: str, oid: str) -> bool:
    """Whether it could be a living person's: production authority, usual order, and a key that is
    right or was not sent."""
    possible = has_right_key(value, cle) if cle else is_well_formed(value)
    return oid in (OID_NIR, OID_NIA) and possible and int(value[10:]) < FIRST_ORDER


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` followed by it pass Luhn (RPPS, FINESS, SIRET)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        doubled = int(character) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def keyed(digits: str) -> str:
    """The digits followed by their Luhn key."""
    return digits + luhn_digit(digits)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn key of the others."""
    return (
        digits.isascii() and digits.isdecimal() and len(digits) > 1
        and luhn_digit(digits[:-1]) == digits[-1]
    )
