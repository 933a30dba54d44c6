"""One FHIR resource into the members of one record: FR Core 2.2 and Annuaire Santé (AS-DP)."""

from __future__ import annotations

from services.population.checking.problems import ID
from services.population.codes import STRUCTURES
from services.population.importing.elements import (
    FR_CORE,
    INSEE_CODE,
    Json,
    child,
    code_of,
    extension,
    identifiers,
    items,
    mailboxes,
    text,
    texts,
)
from services.population.matricule import OIDS

SEXES = {"male": "M", "female": "F"}
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
BIRTH_NAMES = f"{FR_CORE}/fr-core-patient-birth-list-given-name"
LUNAR_DATE = f"{FR_CORE}/fr-core-lunar-date"
ID_NAT_PS, RPPS = "urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr"
ID_NAT_STRUCT = "urn:oid:1.2.250.1.71.4.2.2"
_PART = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
_SECTORS = {
    "SA08": "cabinet", "SA09": "cabinet", "SA29": "laboratoire", "SA38": "pharmacie",
    "SA39": "pharmacie", "SA65": "pharmacie",
    **{sector: kind for kind, sector in STRUCTURES.items()
       if kind not in ("hopital_ej", "samu")},
}
"""Sector (TRE_R02) → our kind of structure."""


def patient(resource: Json) -> Json:
    """fr-core-patient and fr-core-patient-ins; identifiers other than the INS are left out."""
    known = [one for one in items(resource, "identifier") if _oid(one) in OIDS]
    current = [one for one in known if text(one, "use") != "old"]
    names = list(items(resource, "name"))
    official = next((one for one in names if text(one, "use") == "official"),
                    names[0] if names else {})
    usual = next((one for one in names if text(one, "use") == "usual"), {})
    listed = text(extension(official, BIRTH_NAMES), "valueString")
    place = child(extension(resource, BIRTH_PLACE), "valueAddress")
    members: Json = {
        "id": _id(resource), "nom_naissance": text(official, "family"),
        "prenoms": listed.split() or texts(official, "given"),
        "sexe": SEXES.get(text(resource, "gender"), text(resource, "gender")),
        "date_naissance": _date(resource), "nom_utilise": text(usual, "family"),
        "lieu_naissance": text(extension(place, INSEE_CODE), "valueCoding", "code"),
        "historique": [{
            "matricule": text(one, "value"), "oid": _oid(one),
            "date_debut": text(one, "period", "start")[:10],
            "date_fin": text(one, "period", "end")[:10],
        } for one in known if text(one, "use") == "old"],
    }
    if current:
        members |= {"matricule": text(current[0], "value"), "oid": _oid(current[0])}
    return members


def structure(resource: Json, legal_entity: str) -> Json:
    """as-dp-organization. legal_entity: FINESS of `partOf`, "" when it has none."""
    numbers = identifiers(resource)
    finess = numbers.get("FINEG") or numbers.get("FINEJ", "")
    is_entity = "FINEJ" in numbers and "FINEG" not in numbers
    sector = code_of(items(resource, "type"), "TRE-R02", "TRE-R02-SecteurActivite")
    address = next(items(resource, "address"), {})
    members: Json = {
        "id": _id(resource), "nom": text(resource, "name"), "finess": finess,
        "kind": "hopital_ej" if is_entity else _SECTORS.get(sector, "cabinet"),
        "siret": numbers.get("SIRET", ""), "id_nat": _struct_id(numbers.get("IDNST", "")),
        "secteur": sector, "finess_ej": legal_entity, **_address(address),
        "telephone": next((
            text(one, "value") for one in items(resource, "telecom")
            if text(one, "system") == "phone"
        ), ""),
    }
    boxes = mailboxes(resource)
    return members | ({"mailboxes": boxes} if boxes else {})


def professional(resource: Json) -> Json:
    """as-dp-practitioner: the person, and its profession with the first specialty."""
    numbers = identifiers(resource)
    id_nat = numbers.get("IDNPS") or numbers.get(ID_NAT_PS, "")
    rpps = numbers.get("RPPS") or numbers.get(RPPS, "")
    name = next(items(resource, "name"), {})
    concepts = [child(one, "code") for one in items(resource, "qualification")]
    exercice = {
        "profession": code_of(iter(concepts), "TRE-G15"),
        "categorie": code_of(iter(concepts), "TRE-R09") or "C",
        "savoir_faire": code_of(iter(concepts), "TRE-R38", "TRE-R39", "TRE-R40"),
        "civilite": next(iter(texts(name, "suffix")), ""),
    }
    return {
        "id": _id(resource), "id_nat": id_nat, "rpps": "" if id_nat else rpps,
        "nom": text(name, "family"), "prenom": " ".join(texts(name, "given")),
        "civilite": next(iter(texts(name, "prefix")), ""),
        "exercices": [exercice] if exercice["profession"] else [],
    }


def activity(resource: Json) -> Json:
    """as-dp-practitionerrole without its references."""
    def code(*systems: str) -> str:
        return code_of(items(resource, "code"), *systems)

    return {
        "genre": code("TRE-R22"), "mode": code("TRE-R23"), "role": code("TRE-R21"),
        "section_pharmacien": code("TRE-R06", "TRE-G05"),
    }


def _id(resource: Json) -> str:
    """The id of the resource, when it can be a sandbox id."""
    id = text(resource, "id")
    return id if ID.fullmatch(id) else ""


def _oid(identifier: Json) -> str:
    return text(identifier, "system").removeprefix("urn:oid:")


def _date(resource: Json) -> str:
    """The lunar date when there is one, else the birth date, unknown parts as 00."""
    lunar = text(extension(child(resource, "_birthDate"), LUNAR_DATE), "valueString")
    lunar = lunar or text(extension(resource, LUNAR_DATE), "valueString")
    date = lunar or text(resource, "birthDate")
    return date + {4: "-00-00", 7: "-00"}.get(len(date), "")


def _struct_id(value: str) -> str:
    """Struct_IdNat without the prefixes that the sandbox does not know."""
    return value if value[:1] in ("1", "3", "4") else ""


def _address(address: Json) -> Json:
    line = next(items(address, "_line"), {})
    parts = {
        member: text(extension(line, _PART + name), "valueString") for member, name in (
            ("voie_numero", "houseNumber"), ("voie_type", "streetNameType"),
            ("voie_libelle", "streetNameBase"),
        )
    }
    if not any(parts.values()):
        parts["voie_libelle"] = " ".join(texts(address, "line"))
    return parts | {
        "code_postal": text(address, "postalCode"), "commune": text(address, "city"),
        "commune_cog": text(extension(address, INSEE_CODE), "valueCoding", "code"),
    }
