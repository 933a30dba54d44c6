"""What a desk types: the Patient of a create, an update or a patch, as received."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ins import codes
from ins.domain.recherche import commence_par
from ins.fhir.elements import Json, extensions
from ins.rniv.fhir.lecture import epelle_matricule, matricules, nom_officiel
from ins.rules.documents import FR_CORE, GUIDE, RNIV
from services.kernel.rules import Mismatch, rule
from services.population.traits import defaut_lexical


@rule(
    "EXI ID 08", severity="warning",
    message="Nom et prénom utilisés ne sont jamais remplis d'office par ceux de naissance.",
    source=GUIDE.requires("EXI ID 08"),
)
def nom_utilise_propre(patient: Json) -> Iterator[Mismatch]:
    official = nom_officiel(patient)
    for rank, one in enumerate(patient.get("name", ())):
        same = (one.get("family"), one.get("given")) == (
            official.get("family"), official.get("given")
        )
        if one.get("use") == "usual" and same:
            yield Mismatch(f"Patient.name[{rank}]", "un nom saisi, ou rien",
                           str(one.get("family", "")))


@rule(
    "RNIV-LISTE-PRENOMS", severity="error",
    message="Le premier prénom de naissance commence la liste des prénoms de naissance.",
    source=GUIDE.at("(EXI ID 10)"),
)
def liste_coherente(patient: Json) -> Iterator[Mismatch]:
    name = nom_officiel(patient)
    first = next(iter(name.get("given", ())), "")
    for one, at in extensions(name, codes.LISTE_PRENOMS, "Patient.name"):
        listed = str(one.get("valueString", ""))
        if first and not commence_par(espace(listed), espace(str(first))):
            yield Mismatch(f"{at}.value", f"une liste qui commence par {first}", listed)


@rule(
    "RNIV-CAPITALES", severity="warning",
    message="Les traits de naissance s'écrivent en capitales, sans accent ni ligature.",
    source=RNIV.at("(saisie des traits stricts)"),
)
def traits_en_capitales(patient: Json) -> Iterator[Mismatch]:
    name = nom_officiel(patient)
    texts = [("Patient.name.family", str(name.get("family", "")), False)]
    texts += [("Patient.name.given", str(each), True) for each in name.get("given", ())]
    for at, text, given in texts:
        expected = defaut_lexical(text, prenom=given) if text else ""
        if expected:
            yield Mismatch(at, expected, text)


@rule(
    "RNIV-LIEU-NAISSANCE", severity="warning",
    message="Le lieu de naissance (code COG) est un des cinq traits stricts.",
    source=RNIV.at("(traits stricts)"),
)
def lieu_present(patient: Json) -> Iterator[Mismatch]:
    for one, at in extensions(patient, codes.LIEU_NAISSANCE, "Patient"):
        address = one.get("valueAddress", {})
        for insee, inside in extensions(address, codes.CODE_INSEE, f"{at}.value"):
            if insee.get("valueCoding", {}).get("code"):
                return
            yield Mismatch(inside, "un code COG", "(absent)")
            return
    yield Mismatch("Patient.extension", "patient-birthPlace avec un code COG", "(absent)")


@rule(
    "RNIV-LIEU-INCONNU", severity="information",
    message="99999 dit un lieu de naissance inconnu : une identité qualifiée n'en a pas.",
    source=FR_CORE.at("(fr-core-3)"),
)
def lieu_connu(patient: Json) -> Iterator[Mismatch]:
    for one, at in extensions(patient, codes.LIEU_NAISSANCE, "Patient"):
        address = one.get("valueAddress", {})
        for insee, inside in extensions(address, codes.CODE_INSEE, f"{at}.value"):
            if insee.get("valueCoding", {}).get("code") == "99999":
                yield Mismatch(f"{inside}.value.code", "un code COG connu", "99999")


@rule(
    "RNIV-ADRESSE-MSSANTE", severity="warning",
    message="L'adresse MSSanté d'un usager épelle son matricule : elle ne vaut que pour une "
    "identité qualifiée, et n'est pas gardée pour une autre.",
    source=GUIDE.at("(EXI ID 29)"),
)
def adresse_d_une_identite_qualifiee(patient: Json) -> Iterator[Mismatch]:
    if any(True for _ in matricules(patient)):
        return
    for rank, one in enumerate(patient.get("telecom", ())):
        if epelle_matricule(one):
            yield Mismatch(f"Patient.telecom[{rank}].value", "aucune adresse MSSanté",
                           "(une adresse en @patient.mssante.fr)")


def espace(text: str) -> str:
    """EXI ID 10 compares with hyphens and apostrophes read as spaces."""
    return re.sub(r"[-' ]+", " ", text)
