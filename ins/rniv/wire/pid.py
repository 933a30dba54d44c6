"""An identity in a message: from PID and ZFD to what the store keeps, by PAM FR 2.11."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ins.fhir.elements import Json, coding, extension
from ins.rniv import errors
from ins.rniv.codes import ATTRIBUTS, INDICATEURS, METHODES, OUI_NON, TYPE_LOCAL, Methode
from ins.rniv.domain.identite import TraitsStricts
from ins.rniv.wire.autorites import systeme
from ins.rniv.wire.er7 import Message
from services.population.matricule import OIDS
from services.population.models import Matricule

EXCLUSIFS = ("VIDE", "PROV", "VALI")
STATUTS = {*EXCLUSIFS, *ATTRIBUTS, "DOUB", "DESA", "DPOT", "DOUA", "COLP", "COLV",
           "FILI", "CACH", "ANOM", "IDVER", "RECD", "IDRA", "USUR", "HOMD", "INVA"}
"""PID-32: table 0445 with the French extension."""
_SEXES = {"M": "M", "F": "F", "U": "I", "O": "I", "A": "I", "N": "I", "": "I"}
_DATE = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:[0-9]{2,6}(?:\.[0-9]{1,4})?)?)?)?(?:[+-][0-9]{4})?"
)
_LUNAIRE = re.compile(r"(?!0000)([0-9]{4})([0-9]{2})([0-9]{2})")
_ESPACE_INS = "ASIP-SANTE-INS-"
_TELECOM = {"PH": "phone", "CP": "phone", "FX": "fax", "Internet": "email", "X.400": "email"}


@dataclass(frozen=True, slots=True)
class Recu:
    """What a message says of one identity.

    ipp: (system, value); ins: its matricule, if PID-3 has one; oid: as PID-3 says it; statuts:
    codes of PID-32; methode: ZFD-5, None when it is none of the table; zfd5: as written;
    type_ins: of the matricule's repetition (PID-3.5); interrogee_le: ZFD-6, else the
    matricule's effective date (PID-3.7); indicateurs: (field, value) of those of ZFD, as
    written; patient: what of it is no trait nor status, as a FHIR Patient.
    """

    traits: TraitsStricts
    ipp: tuple[tuple[str, str], ...]
    ins: Matricule | None = None
    statuts: frozenset[str] = frozenset()
    methode: Methode | None = None
    interrogee_le: str = ""
    zfd5: str = ""
    type_ins: str = "INS"
    indicateurs: tuple[tuple[int, str], ...] = ()
    patient: Json = field(default_factory=dict, hash=False)

    @property
    def validee(self) -> bool:
        """Whether PID-32 says so, and says no other status: they exclude each other."""
        return self.statuts & {*EXCLUSIFS} == {"VALI"}

    @property
    def attributs(self) -> tuple[str, ...]:
        return tuple(sorted(self.statuts & {*ATTRIBUTS}))


def lire_pid(message: Message) -> Recu:
    """Raises SEGMENT, CHAMP_ABSENT, TYPE_DE_DONNEE or HORS_TABLE."""
    seul(message, "PID")
    ipp = tuple(identifiants(message, "PID", 3))
    if not ipp:
        raise errors.CHAMP_ABSENT("Aucun identifiant local (type PI) en PID-3.", at="PID^1^3",
                                  expected="numéro^^^autorité^PI")
    names = dict(_names(message))
    family, first, listed = names.get("L") or names.get("") or ("", "", "")
    first = first or listed.partition(" ")[0]
    if not (family and first):
        missing = "Le premier prénom de naissance" if family else "Le nom de naissance"
        raise errors.CHAMP_ABSENT(f"{missing} manque en PID-5.", at="PID^1^5",
                                  expected="NOM^PRENOM^LISTE^^^^L")
    statuts = frozenset(
        message.get("PID", 32, repetition=each) for each in message.repetitions("PID", 32)
    ) - {""}
    if statuts - STATUTS:
        raise errors.HORS_TABLE(at="PID^1^32", expected=", ".join(sorted(STATUTS)),
                                found=", ".join(sorted(statuts - STATUTS)))
    traits = TraitsStricts(
        family, first, listed or first, _sex(message), _birth(message), _place(message)
    )
    method = message.get("ZFD", 5)
    ins, effective, kind = _ins(message)
    usual = names.get("D")
    indicators = tuple((each, message.get("ZFD", each)) for each in INDICATEURS)
    return Recu(
        traits, ipp, ins, statuts,
        method if method in METHODES else None,  # type: ignore[arg-type]
        _day(message.get("ZFD", 6), "ZFD^1^6", whole=True) or _day(
            effective, "PID^1^3", whole=True
        ), method, kind, indicators, _patient(message, ipp, usual, indicators),
    )


def seul(message: Message, segment: str) -> None:
    """Raise SEGMENT unless there is one, and one only: an identity by message, a merge by A40."""
    found = message.count(segment)
    if found != 1:
        said = f"Un message porte un seul segment {segment}." if found else \
            f"Le segment {segment} manque."
        raise errors.SEGMENT(said, at=f"{segment}^{found or 1}", expected=segment)


def identifiants(message: Message, segment: str, number: int) -> Iterator[tuple[str, str]]:
    """(system, value) of each local identifier (type PI) of a field. What an authority of the INS
    assigns is none, whatever its type says: it would be told of any status."""
    for each in message.repetitions(segment, number):
        value = message.get(segment, number, 1, repetition=each)
        kind = message.get(segment, number, 5, repetition=each)
        system = systeme(*(
            message.get(segment, number, 4, sub, repetition=each) for sub in (1, 2, 3)
        ))
        named = message.get(segment, number, 4, repetition=each).startswith(_ESPACE_INS)
        of_ins = named or system.removeprefix("urn:oid:") in OIDS
        if value and system and kind in ("PI", "") and not of_ins:
            yield system, value


def _ins(message: Message) -> tuple[Matricule | None, str, str]:
    """The first of an authority that assigns one, else what only says that it is one; its effective
    date and its type."""
    claimed, effective, kind = None, "", "INS"
    for each in message.repetitions("PID", 3):
        oid = message.get("PID", 3, 4, 2, repetition=each)
        value = message.get("PID", 3, 1, repetition=each)
        told = message.get("PID", 3, 5, repetition=each)
        first = claimed is None and told == "INS"
        if oid in OIDS or first:
            claimed, kind = Matricule(value[:13], value[13:], oid), told
            effective = message.get("PID", 3, 7, repetition=each)
        if oid in OIDS:
            break
    return claimed, effective, kind


def _names(message: Message) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for each in message.repetitions("PID", 5):
        kind = message.get("PID", 5, 7, repetition=each)
        yield kind, (
            message.get("PID", 5, 1, repetition=each), message.get("PID", 5, 2, repetition=each),
            message.get("PID", 5, 3, repetition=each),
        )


def _sex(message: Message) -> str:
    code = message.get("PID", 8)
    if code not in _SEXES:
        raise errors.HORS_TABLE(at="PID^1^8", expected="M, F ou U", found=code)
    return _SEXES[code]


def _birth(message: Message) -> str:
    """ZFD-1, a lunar date, goes before PID-7, which is a date of the calendar or a part of one."""
    lunar = message.get("ZFD", 1)
    if lunar:
        found = _LUNAIRE.fullmatch(lunar)
        if found is None:
            raise errors.TYPE_DE_DONNEE("Date lunaire illisible.", at="ZFD^1^1",
                                        expected="AAAAMMJJ, année connue", found=lunar[:30])
        return "-".join(found.groups())
    born = _day(message.get("PID", 7), "PID^1^7")
    if not born:
        raise errors.CHAMP_ABSENT("La date de naissance manque en PID-7.", at="PID^1^7",
                                  expected="AAAAMMJJ")
    return born


def _day(text: str, at: str, *, whole: bool = False) -> str:
    """`YYYY-MM-DD`, with zeros for what is not said; "" for nothing. whole: all must be."""
    if not text:
        return ""
    found = _DATE.fullmatch(text)
    parts = tuple(each for each in found.groups() if each) if found is not None else ()
    if not parts or (whole and len(parts) < 3) or not _is_of_the_calendar(*map(int, parts)):
        expected = "AAAAMMJJ du calendrier"
        if at == "PID^1^7":
            expected += " ; une date lunaire va en ZFD-1"
        raise errors.TYPE_DE_DONNEE("Date illisible.", at=at, expected=expected, found=text[:30])
    return "-".join((*parts, "00", "00")[:3])


def _is_of_the_calendar(year: int, month: int = 1, day: int = 1) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _place(message: Message) -> str:
    """PID-11, address of type BDL: component 9 is the COG code of the birth place."""
    for each in message.repetitions("PID", 11):
        if message.get("PID", 11, 7, repetition=each) == "BDL":
            return message.get("PID", 11, 9, repetition=each)
    return ""


def _patient(
    message: Message, ipp: tuple[tuple[str, str], ...], usual: tuple[str, str, str] | None,
    indicators: tuple[tuple[int, str], ...],
) -> Json:
    made: Json = {"resourceType": "Patient", "identifier": [
        {"use": "usual", "type": {"coding": [coding(TYPE_LOCAL, "PI",
                                                    "Patient internal identifier")]},
         "system": system, "value": value} for system, value in ipp
    ]}
    if usual is not None and usual[0]:
        made["name"] = [{"use": "usual", "family": usual[0]}
                        | ({"given": [usual[1]]} if usual[1] else {})]
    addresses = [*_addresses(message)]
    telecoms = [*_telecoms(message)]
    if addresses:
        made["address"] = addresses
    if telecoms:
        made["telecom"] = telecoms
    said = [extension(INDICATEURS[field], valueBoolean=OUI_NON[value])
            for field, value in indicators if value in OUI_NON]
    if said:
        made["extension"] = said
    return made


def _addresses(message: Message) -> Iterator[Json]:
    for each in message.repetitions("PID", 11):
        if message.get("PID", 11, 7, repetition=each) not in ("H", "L", ""):
            continue
        line = message.get("PID", 11, 1, repetition=each)
        parts = {"city": 3, "postalCode": 5, "country": 6}
        found: Json = {name: message.get("PID", 11, place, repetition=each)
                       for name, place in parts.items()}
        made = {name: value for name, value in found.items() if value}
        if line:
            made["line"] = [line]
        if made:
            yield {"use": "home", **made}


def _telecoms(message: Message) -> Iterator[Json]:
    for each in message.repetitions("PID", 13):
        system = _TELECOM.get(message.get("PID", 13, 3, repetition=each), "phone")
        place = 4 if system == "email" else 12
        value = (message.get("PID", 13, place, repetition=each)
                 or message.get("PID", 13, 1, repetition=each))
        if value:
            yield {"system": system, "value": value}
