"""An identity as FR Core writes it, in each of its versions: status, matricules, traits.

Versions differ on what a status means. In 2.1.0 and 2.2.0, as in HL7 v2 table 0445, `VALI` with an
INS *is* the qualified identity, and a retrieved one can only be `PROV`; on main the four statuses
of the RNIV have their own codes, attributes are comments, and the query of INSi has its own date.
So the RNIV status is what is kept, and it is rendered by version here.

Source: `ins.md` §9.1, after the published definitions; main may still move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ins import codes
from ins.domain.recherche import date_civile
from ins.domain.reglages import FrCore
from ins.fhir.elements import Json, coding, extension
from services.population.models import Matricule

Version = FrCore
Statut = Literal["PROV", "RECUP", "VALI", "QUAL"]
VERSIONS: Final = get_args(Version)
DEFAULT: Final[Version] = "2.2.0"

_STATUTS_MAIN: Final = {
    "PROV": "Identité provisoire", "RECUP": "Identité récupérée", "VALI": "Identité validée",
    "QUAL": "Identité qualifiée",
}
_STATUTS_0445: Final = {
    "PROV": ("PROV", "Identité provisoire"), "RECUP": ("PROV", "Identité provisoire"),
    "VALI": ("VALI", "Identité validée"), "QUAL": ("VALI", "Identité validée"),
}
_FORMER: Final[dict[Version, tuple[str, ...]]] = {
    "2.1.0": (), "2.2.0": ("INS-NIR", "INS-NIA"), "main": ("INS-NIR",),
}
"""Types whose slice takes a former matricule (`use` old); of the others it bears no type."""
_GENDERS: Final = {sexe: gender for gender, sexe in codes.SEXES.items()}


@dataclass(frozen=True, slots=True)
class Fiabilite:
    """How far an identity is trusted.

    statut: of the RNIV; methode: how traits came (`SM CV INSI CB RFID`, main: `AV`); interroge:
    date of the query of INSi; modifie: instant of the last change, with its zone; valide,
    justificatif: date of the check and code of the document; attributs: codes of table 0445 beside
    the status (`HOMA DOUT FICT …`). Dates are `YYYY-MM-DD`; "" for none.
    """

    statut: Statut
    methode: str = ""
    interroge: str = ""
    modifie: str = ""
    valide: str = ""
    justificatif: str = ""
    attributs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of the civil register. prenom: the first given name; date_naissance:
    `YYYY-MM-DD`, lunar included; lieu_naissance: COG or ""."""

    nom_naissance: str
    prenom: str
    liste_prenoms: str
    sexe: str
    date_naissance: str
    lieu_naissance: str = ""


def patient(
    traits: Traits, fiabilite: Fiabilite, matricules: Sequence[Matricule] = (),
    version: Version = DEFAULT,
) -> Json:
    """A Patient. matricules: the active one first, then former ones; none for an identity that
    must not show its own. The INS profile needs a matricule and a birth place; else the plain one.
    """
    with_ins = bool(matricules and traits.lieu_naissance)
    parts = [*_birth_place(traits.lieu_naissance, version), *reliability(fiabilite, version)]
    civil = date_civile(traits.date_naissance)
    if civil != traits.date_naissance:
        parts.append(extension(codes.DATE_LUNAIRE, valueString=traits.date_naissance))
    made: Json = {
        "resourceType": "Patient",
        "meta": {"profile": [profile(version, ins=with_ins)]},
        "extension": parts,
    }
    if matricules:
        made["identifier"] = list(_identifiers(matricules, version))
    return made | {
        "name": [{
            "extension": [extension(codes.LISTE_PRENOMS, valueString=traits.liste_prenoms)],
            "use": "official",
            "family": traits.nom_naissance,
            "given": [traits.prenom],
        }],
        "gender": _GENDERS.get(traits.sexe, "unknown"),
        "birthDate": civil,
    }


def profile(version: Version, *, ins: bool) -> str:
    """The canonical that a Patient of that version claims; main has no number yet."""
    canonical = f"{codes.FR_CORE}/StructureDefinition/fr-core-patient{'-ins' if ins else ''}"
    return canonical if version == "main" else f"{canonical}|{version}"


def version_of(canonical: str) -> Version | None:
    """The version that a client asks for: `2.1.0`, `main`, or the canonical of a profile of FR
    Core's Patient with one of them after `|` (DEFAULT without); None when it is another."""
    name, _, asked = canonical.rpartition("|")
    known = {profile("main", ins=each) for each in (True, False)}
    if not name and asked in known:
        return DEFAULT
    if name and name not in known:
        return None
    return next((each for each in VERSIONS if each == asked), None)


def reliability(fiabilite: Fiabilite, version: Version) -> list[Json]:
    """The extensions fr-core-identity-reliability: in 2.x one more for each attribute, on main
    comments of the only one."""
    inside: list[Json] = []
    if version == "main" and fiabilite.modifie:
        inside.append(extension("lastUpdated", valueDateTime=fiabilite.modifie))
    inside.append(extension("identityStatus", valueCoding=_status(fiabilite.statut, version)))
    if fiabilite.methode:
        inside.append(extension("methodCollection", valueCoding=coding(
            codes.MODE_COLLECTE, fiabilite.methode, codes.METHODES.get(fiabilite.methode, "")
        )))
    if fiabilite.interroge:
        asked = "dateInterrogationINSi" if version == "main" else "dateCollection"
        inside.append(extension(asked, valueDate=fiabilite.interroge))
    if fiabilite.valide:
        inside.append(extension("validationDate", valueDate=fiabilite.valide))
    if fiabilite.justificatif:
        inside.append(extension("validationMode", valueCoding=coding(
            codes.MODE_VALIDATION, fiabilite.justificatif
        )))
    if version == "main":
        inside += (
            extension("comment", valueCodeableConcept={
                "coding": [coding(codes.COMMENTAIRE_STATUT, each)]
            }) for each in fiabilite.attributs
        )
        return [{"extension": inside, "url": codes.FIABILITE}]
    return [{"extension": inside, "url": codes.FIABILITE}, *(
        {"extension": [extension("identityStatus", valueCoding=coding(
            codes.STATUT_IDENTITE, each
        ))], "url": codes.FIABILITE} for each in fiabilite.attributs
    )]


def _status(statut: Statut, version: Version) -> Json:
    if version == "main":
        return coding(codes.STATUT_RNIV, statut, _STATUTS_MAIN[statut])
    return coding(codes.STATUT_IDENTITE, *_STATUTS_0445[statut])


def _identifiers(matricules: Sequence[Matricule], version: Version) -> Iterable[Json]:
    for rank, one in enumerate(matricules):
        code, display = codes.TYPES_MATRICULE[one.oid]
        use = "old" if rank else "official"
        if not rank and code == "INS-NIA" and version != "2.2.0":
            use = "temp"
        made: Json = {"use": use}
        if not rank or code in _FORMER[version]:
            made["type"] = {"coding": [coding(codes.TYPE_IDENTIFIANT, code, display)]}
        made |= {"system": f"urn:oid:{one.oid}", "value": one.ins}
        start, end = one.date_debut, one.date_fin
        # QUIRK(INSi, public answers): some history begins after it ends; a FHIR Period cannot.
        if start and end and start > end:
            start = ""
        period = {name: value for name, value in (("start", start), ("end", end)) if value}
        yield made | {"period": period} if period else made


def _birth_place(cog: str, version: Version) -> list[Json]:
    if not cog:
        return []
    # The published versions bind the place to communes alone, countries included nowhere.
    abroad = cog.startswith("99") and version == "main"
    system = codes.PAYS if abroad else codes.COMMUNES
    insee = extension(codes.CODE_INSEE, valueCoding=coding(system, cog))
    return [extension(codes.LIEU_NAISSANCE, valueAddress={"extension": [insee]})]
