"""OperationDefinition of the façade's own operations: what goes in, what comes out."""

from __future__ import annotations

from ins.fhir import BASE
from services.fhir.definitions import Definition, Part, definitions

_PATIENT = (
    "Patient avec son matricule INS (identifier, 15 caractères, system urn:oid: et l'OID de "
    "l'autorité) et ses traits : nom de naissance (name official), prénom ou liste des prénoms, "
    "gender, birthDate ou date lunaire, lieu de naissance (code COG). Seul le nom est "
    "obligatoire ; un trait absent n'est pas comparé."
)
VERIFY = Definition(
    "ins-verify", "Vérifier une identité INS",
    "Vérification d'un matricule et de traits : result, codeCR, libelleCR. Équivalent FHIR, propre "
    "à Socle, de WS_INS3. Le corps est un Parameters, ou le Patient seul.",
    (Part("resource", "Patient", _PATIENT),),
    (
        Part("result", "boolean", "Vrai si tout concorde ; jamais de motif."),
        Part("codeCR", "code", "Code du compte rendu : 00 ou 01."),
        Part("libelleCR", "string", "Son libellé : OK ou KO."),
    ),
    on="type", changes=False,
)
BATCH = Definition(
    "ins-verify-batch", "Vérifier un lot d'identités INS",
    "Lot d'identités à vérifier, asynchrone : mêmes lots que WS_INS4 et WS_INS5. Le corps est un "
    "Parameters, ou un Bundle de Patients, avec Prefer: respond-async. La réponse est 202 : "
    "Content-Location est l'adresse du résultat, Retry-After le délai en secondes, sur l'horloge "
    "de l'espace. Un GET à cette adresse répond 202 tant que le lot n'est pas prêt, puis 200 ; un "
    "DELETE abandonne le lot.",
    (Part("resource", "Patient", _PATIENT, most="*"),),
    (
        Part("return", "Bundle", "batch-response : par identité et dans l'ordre du lot, un "
             "Parameters (rang, matricule, result, codeCR, libelleCR)."),
    ),
    on="system",
)
operation = definitions(
    "ins.operation", "Définition d'une opération de la façade INSi", BASE, (VERIFY, BATCH)
)
