"""OperationDefinition of the façade's own operation: what goes in, what comes out."""

from __future__ import annotations

from services.apcv.fhir import BASE
from services.fhir.definitions import Definition, Part, definitions

READ = Definition(
    "apcv-read", "Lire l'appli carte Vitale",
    "Lit le code montré par l'appli carte Vitale : identité qualifiée, couverture, ayants droit. "
    "Équivalent FHIR, propre à Socle, d'authentifierUtilisateurProximite ; le code ne sert qu'une "
    "fois. Avec patient, une identité du référentiel local (RNIV) est qualifiée.",
    (
        Part("data", "string", "Ce que montre l'appli : texte du QR code ou données NFC."),
        Part("identifiantFacturation", "string", "Numéro AM du professionnel et sa clé, ou FINESS "
             "de la structure."),
        Part("codeSpecialite", "string", "Code de spécialité AMO (TRE_G100)."),
        Part("patient", "Reference", "L'identité locale à qualifier.", 0),
        Part("accept", "boolean", "true accepte des traits locaux qui diffèrent.", 0),
    ),
    (
        Part("return", "Bundle", "collection : Patient, Coverage, RelatedPerson des ayants droit, "
             "Provenance."),
    ),
    on="system",
)
definition = definitions(
    "apcv.operation", "Définition de l'opération de la façade apCV", BASE, (READ,)
)
