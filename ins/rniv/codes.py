"""Codes of the identity store: statuses, attributes, documents of identity (RNIV)."""

from __future__ import annotations

from typing import Final, Literal

from ins.codes import DATE_CORRIGEE

Statut = Literal["PROV", "RECUP", "VALI", "QUAL"]
Methode = Literal["SM", "CV", "INSI", "CB", "RFID", "AV"]

STATUTS: Final[dict[str, str]] = {
    "PROV": "Identité provisoire", "RECUP": "Identité récupérée", "VALI": "Identité validée",
    "QUAL": "Identité qualifiée",
}
"""EXI SI 07; codes of FR Core main (fr-core-cs-identity-status)."""
ATTRIBUTS: Final[dict[str, str]] = {
    "HOMA": "Identité homonyme", "DOUT": "Identité douteuse", "FICT": "Identité fictive",
}
"""RNIV §3.2.3; codes of HL7 table 0445 (France)."""
BLOQUANTS: Final = ("DOUT", "FICT")
"""Force the status PROV and forbid any call of INSi (EXI SI 09)."""
METHODES: Final[dict[str, str]] = {
    "SM": "Saisie manuelle", "CV": "Carte vitale", "INSI": "Téléservice INSI",
    "CB": "Code à barre", "RFID": "Puce RFID", "AV": "Appli carte Vitale",
}

MANUELLES: Final[tuple[Methode, ...]] = ("SM", "CV", "CB", "RFID")
"""How traits are collected without INSi nor the app: what a desk or a message may say of a
provisional identity."""

HAUTE_CONFIANCE: Final[dict[str, str]] = {
    "CN": "Carte nationale d'identité", "PA": "Passeport", "CS": "Titre de séjour",
    "eCN": "e-carte d'identité (France Identité)", "IN": "L'Identité Numérique La Poste",
    "AV": "Appli carte Vitale", "TC": "Tiers de confiance",
}
"""Enough by themselves (RNIV, EXI SI 10)."""
DE_MINEUR: Final[dict[str, str]] = {
    "AN": "Extrait d'acte de naissance", "LEP": "Livret de famille des parents",
}
"""For a minor, beside the document of a parent or guardian."""
DE_MINEUR_ETRANGER: Final[dict[str, str]] = {
    "CC": "Document de circulation pour étranger mineur",
}
D_EHPAD: Final[dict[str, str]] = {
    "LECV": "Livret de famille, avec la carte Vitale à photographie",
    "ANCV": "Extrait d'acte de naissance, avec la carte Vitale à photographie",
}
"""For a direct admission to an EHPAD."""
PIECES: Final = HAUTE_CONFIANCE | DE_MINEUR | DE_MINEUR_ETRANGER | D_EHPAD
REFUSEES: Final[dict[str, str]] = {
    "PC": "le permis de conduire", "CV": "la carte Vitale seule", "LE": "le livret de famille seul",
}
MAJORITE: Final = 18

RELATION: Final = {"replaces": "remplace", "replaced-by": "remplacée par"}
TYPE_LOCAL: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
DOMAINE: Final = "urn:socle:rniv:ipp"
"""System of the IPP that the store gives."""
EXPURGEE: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "REDACTED",
    "display": "redacted",
}
"""Tag of a version whose matricule was taken out."""

CONSENTEMENT_SMS: Final = "urn:socle:rniv:consentement-sms"
INDICATEURS: Final = {3: CONSENTEMENT_SMS, 4: DATE_CORRIGEE}
"""Field of ZFD → extension of Patient, a boolean. DEFAULT(PAM): FR Core has none for the first."""
OUI_NON: Final = {"Y": True, "N": False}
"""HL7 table 0136."""
