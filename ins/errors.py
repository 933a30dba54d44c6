"""Refusals of the INS service."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

NOM_ABSENT = CatalogueError(
    "insi_19", "Le champ nom de naissance est obligatoire",
    "no birth name in the request", "SEL-MP-043, fault siram_10 / insi_19", 422, "derived",
    "required",
)
# DEFAULT(faults): only insi_19 is public for a bad trait; its other texts are ours.
TRAIT_REFUSE = CatalogueError(
    "insi_19", "Un trait d'identité est absent ou n'a pas la forme admise.",
    "given name, sex or date absent; a trait against the lexical rules; in a strict tenant, any "
    "error-level finding", "Socle: text of our own, the téléservice's is not public", 422,
    "default", "value",
)
PATIENT_ABSENT = CatalogueError(
    "resource", "Le paramètre resource doit porter un Patient.",
    "Parameters without a Patient in `resource`", "FHIR R4, Patient/$match", 400, "derived",
    "required",
)
BASE_NATIONALE = CatalogueError(
    "recherche-interdite", "La base nationale ne se parcourt pas : utilisez Patient/$match.",
    "search by parameters (ITI-78) on the INSi façade", "Socle: INSi never lists candidates", 403,
    "derived", "not-supported",
)
