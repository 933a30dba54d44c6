"""What a Patient says of an identity: strict traits, local identifiers, claims of trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ins import codes
from ins.fhir.elements import Json, extensions
from ins.rniv import errors
from ins.rniv.codes import ATTRIBUTS, MANUELLES, TYPE_LOCAL, Methode
from ins.rniv.domain.identite import TraitsStricts
from services.population.traits import est_date, has_control

_OID = "urn:oid:"
MSSANTE_PATIENT = "@patient.mssante.fr"
GENRES = {"male": "M", "female": "F", "unknown": "I", "other": "I"}


@dataclass(frozen=True, slots=True)
class Lu:
    """ipp: (system, value); ins: (OID, value) of the matricules claimed; statuts: codes of trust
    and attributes claimed; methode: how the traits were collected."""

    traits: TraitsStricts
    ipp: tuple[tuple[str, str], ...]
    ins: tuple[tuple[str, str], ...]
    statuts: frozenset[str]
    methode: Methode

    @property
    def attributs(self) -> tuple[str, ...]:
        return tuple(sorted(self.statuts & {*ATTRIBUTS}))


def lire(patient: Json) -> Lu:
    """Raises TRAITS_ABSENTS or TRAIT_ILLISIBLE."""
    name = nom_officiel(patient)
    given = [each for each in name.get("given", ()) if isinstance(each, str) and each]
    listed = next((one.get("valueString", "") for one, _ in
                   extensions(name, codes.LISTE_PRENOMS, "Patient.name")), "")
    prenoms = listed or " ".join(given)
    prenom = given[0] if given else listed.partition(" ")[0]
    traits = TraitsStricts(
        name.get("family", ""), prenom, prenoms, GENRES.get(str(patient.get("gender", "")), ""),
        _date(patient), _place(patient),
    )
    wanted = {
        "Patient.name.family": traits.nom_naissance, "Patient.name.given": traits.prenom,
        "Patient.gender": traits.sexe, "Patient.birthDate": traits.date_naissance,
    }
    for at, value in wanted.items():
        if not value.strip():
            raise errors.TRAITS_ABSENTS(at=at, found="(absent)")
        if has_control(value):
            raise errors.TRAIT_ILLISIBLE(at=at, expected="un texte", found=repr(value)[:100])
    if not est_date(traits.date_naissance):
        raise errors.TRAIT_ILLISIBLE(
            at="Patient.extension", expected="une date lunaire AAAA-MM-JJ, année connue",
            found=traits.date_naissance[:30],
        )
    return Lu(traits, tuple(_local(patient)), tuple(matricules(patient)),
              frozenset(_statuses(patient)), _method(patient))


def nom_officiel(patient: Json) -> Json:
    """The name of use `official`; else the first that is marked for no use; else nothing."""
    names = patient.get("name", ())
    official = [one for one in names if one.get("use") == "official"]
    unmarked = [one for one in names if "use" not in one]
    return next(iter([*official, *unmarked]), {})


def matricules(patient: Json) -> Iterator[tuple[str, str]]:
    """(OID, value) of every matricule INS."""
    for each in patient.get("identifier", ()):
        oid = str(each.get("system", "")).removeprefix(_OID)
        types = {one.get("code", "") for one in each.get("type", {}).get("coding", ())}
        if oid in codes.TYPES_MATRICULE or any(one.startswith("INS-N") for one in types):
            yield oid, str(each.get("value", ""))


def epelle_matricule(telecom: Json) -> bool:
    """Whether it is the address of a patient's MSSanté mailbox: a matricule, and its domain."""
    return str(telecom.get("value", "")).strip().lower().endswith(MSSANTE_PATIENT)


def _local(patient: Json) -> Iterator[tuple[str, str]]:
    for each in patient.get("identifier", ()):
        coded = {(one.get("system"), one.get("code"))
                 for one in each.get("type", {}).get("coding", ())}
        if (TYPE_LOCAL, "PI") in coded and each.get("system") and each.get("value"):
            yield each["system"], each["value"]


def _date(patient: Json) -> str:
    """A lunar date goes before the civil date that completes it; a partial one is completed."""
    for one, _ in extensions(patient, codes.DATE_LUNAIRE, "Patient"):
        return str(one.get("valueString", ""))
    known = str(patient.get("birthDate", ""))
    return known + "-00" * (2 - known.count("-")) if known else ""


def _place(patient: Json) -> str:
    for one, _ in extensions(patient, codes.LIEU_NAISSANCE, "Patient"):
        for insee, _ in extensions(one.get("valueAddress", {}), codes.CODE_INSEE, ""):
            return str(insee.get("valueCoding", {}).get("code", ""))
    return ""


def _statuses(patient: Json) -> Iterator[str]:
    for one, _ in extensions(patient, codes.FIABILITE, "Patient"):
        for part in one.get("extension", ()):
            if part.get("url") == "identityStatus":
                yield str(part.get("valueCoding", {}).get("code", ""))
            if part.get("url") == "comment":
                for coding in part.get("valueCodeableConcept", {}).get("coding", ()):
                    yield str(coding.get("code", ""))


def _method(patient: Json) -> Methode:
    for one, _ in extensions(patient, codes.FIABILITE, "Patient"):
        for part, _ in extensions(one, "methodCollection", ""):
            code = part.get("valueCoding", {}).get("code", "")
            if code in MANUELLES:
                known: Methode = code
                return known
    return "SM"
