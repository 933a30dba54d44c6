"""Traits for the INS look-up: from a CDA header, or from the population as the sandbox shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.cda import CdaPatient
from services.population.traits import translittere
from services.scenarios.stage import Traits


def plain(text: str) -> str:
    """Upper case, no accent, no ligature: what INSi accepts in names."""
    return translittere(text).strip()


def of_document(patient: CdaPatient) -> Traits:
    """The traits in the header; some may be ""."""
    return Traits(
        plain(patient.nom_naissance), plain(patient.premier_prenom),
        tuple(plain(prenom) for prenom in patient.prenoms), patient.sexe,
        patient.date_naissance, patient.lieu_naissance,
    )


def of_population(patient: Mapping[str, Any]) -> Traits:
    """The traits of a patient of /sandbox/identities."""
    prenoms = tuple(patient["prenoms"])
    return Traits(
        patient["nom_naissance"], prenoms[0], prenoms, patient["sexe"],
        patient["date_naissance"], patient["lieu_naissance"],
    )


def missing(traits: Traits) -> list[str]:
    """French names of the mandatory traits that are not there."""
    needed = {
        "nom de naissance": traits.nom_naissance, "prénom": traits.prenom,
        "sexe": traits.sexe in ("M", "F"), "date de naissance": traits.date_naissance,
    }
    return [name for name, value in needed.items() if not value]
