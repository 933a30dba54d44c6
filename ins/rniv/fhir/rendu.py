"""An identity as others read it: FR Core, with the matricule of a qualified one only.

What the store says (traits, status, matricule, links) is written anew over what the client gave;
the rest of the resource is the client's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ins import codes
from ins.fhir import fr_core
from ins.fhir.elements import Json, coding
from ins.rniv.codes import RELATION, TYPE_LOCAL
from ins.rniv.domain.identite import Identite
from ins.rniv.fhir.lecture import epelle_matricule, matricules, nom_officiel

_OURS = (codes.FIABILITE, codes.LIEU_NAISSANCE, codes.DATE_LUNAIRE)
_PROFILES = f"{codes.FR_CORE}/StructureDefinition/fr-core-patient"
_PIECES: Final = {
    "CN": "CN", "PA": "PA", "CS": "CS", "eCN": "IE", "IN": "IE", "AV": "IE", "TC": "TC",
    "AN": "AN", "LEP": "LE", "LECV": "LE", "ANCV": "AC", "CC": "DC",
}
"""Codes of the documents in 2.1.0 and 2.2.0; the store's are those of main."""
_PIECES_INS: Final = ("PA", "CN", "AN", "LE")
"""The only modes that fr-core-patient-ins 2.x takes; the others are then left out."""


def rendre(
    identite: Identite, base: Json, liens: tuple[tuple[str, str], ...] = (),
    version: fr_core.Version = fr_core.DEFAULT,
) -> Json:
    """The Patient. base: what the client gave, or the former version; liens: (`replaces` or
    `replaced-by`, id) of merged identities."""
    shown = identite.vue()
    traits = shown.traits
    numbers = (shown.matricule, *shown.historique) if shown.matricule is not None else ()
    ours = fr_core.patient(
        fr_core.Traits(traits.nom_naissance, traits.prenom, traits.prenoms, traits.sexe,
                       traits.date_naissance, traits.lieu_naissance),
        _fiabilite(shown, version), numbers, version,
    )
    kept = [each for each in base.get("extension", ()) if each.get("url") not in _OURS]
    links = [{"other": {"reference": f"Patient/{id}"}, "type": kind} for kind, id in liens]
    others = [each for each in base.get("meta", {}).get("profile", ())
              if not each.startswith(_PROFILES)]
    made = {
        **base, **ours,
        "meta": {**base.get("meta", {}), "profile": [*ours["meta"]["profile"], *others]},
        "extension": [*ours["extension"], *kept],
        "identifier": [*ours.get("identifier", ()), *_identifiers(shown, base)],
        "active": not shown.remplacee_par,
        "name": [_official(ours["name"][0], base), *_other_names(base)],
        "telecom": [*_telecoms(base, shared=shown.partagee)],
        "link": links + [each for each in base.get("link", ()) if each.get("type") not in RELATION],
    }
    return {name: value for name, value in made.items() if value not in ([], {})}


def liens_de(patient: Json) -> tuple[tuple[str, str], ...]:
    """The links of merges that a Patient has."""
    return tuple(
        (each["type"], each["other"]["reference"].rpartition("/")[2])
        for each in patient.get("link", ())
        if each.get("type") in RELATION and each.get("other", {}).get("reference")
    )


def expurgee(patient: Json) -> Json:
    """The same Patient without any matricule."""
    made = {
        **patient, "identifier": [*_without_numbers(patient)],
        "telecom": [*_telecoms(patient, shared=False)],
    }
    return {name: value for name, value in made.items() if value != []}


def _fiabilite(shown: Identite, version: fr_core.Version) -> fr_core.Fiabilite:
    piece, methode = shown.piece, str(shown.methode)
    if version != "main":
        qualified = shown.partagee and bool(shown.traits.lieu_naissance)
        piece = _PIECES.get(piece, "")
        if qualified and piece not in _PIECES_INS:
            piece = ""
        # The application carte Vitale has no code in 2.x as a way of collecting.
        methode = "" if methode == "AV" else methode
    return fr_core.Fiabilite(
        shown.statut, methode, shown.interrogee_le, "", shown.controlee_le, piece, shown.attributs
    )


def _identifiers(shown: Identite, base: Json) -> Iterator[Json]:
    """Those of the client, and the local ones that it did not write."""
    written = set()
    for each in _without_numbers(base):
        written.add((each.get("system"), each.get("value")))
        yield each
    for system, value in shown.ipp:
        if (system, value) not in written:
            yield {"use": "usual", "type": {"coding": [coding(
                TYPE_LOCAL, "PI", "Patient internal identifier"
            )]}, "system": system, "value": value}


def _telecoms(patient: Json, *, shared: bool) -> Iterator[Json]:
    """Without the address of the patient's MSSanté mailbox, which spells the matricule, unless that
    may be shared."""
    for each in patient.get("telecom", ()):
        if shared or not epelle_matricule(each):
            yield each


def _without_numbers(patient: Json) -> Iterator[Json]:
    numbers = {*matricules(patient)}
    for each in patient.get("identifier", ()):
        oid = str(each.get("system", "")).removeprefix("urn:oid:")
        if (oid, str(each.get("value", ""))) not in numbers:
            yield each


def _official(ours: Json, base: Json) -> Json:
    former = nom_officiel(base)
    others = [each for each in former.get("extension", ())
              if each.get("url") != codes.LISTE_PRENOMS]
    return {**former, **ours, "extension": [*ours["extension"], *others]}


def _other_names(base: Json) -> list[Json]:
    official = nom_officiel(base)
    return [each for each in base.get("name", ()) if each is not official]
