"""Refusals of the identity store, and of the HL7 v2 messages that it receives."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_RNIV = "RNIV v2.0 (décembre 2024)"
_SOCLE = "Socle: our own store"


def _rule(code: str, label: str, when: str, source: str, status: int = 422) -> CatalogueError:
    return CatalogueError(code, label, when, source, status, "derived", "business-rule")


APPEL_INTERDIT = _rule(
    "rniv-appel-interdit", "Une identité douteuse ou fictive n'appelle jamais INSi.",
    "$ins-retrieve, $verify-ins or $qualify of an identity with the attribute DOUT or FICT",
    f"{_RNIV} §3.2.3, EXI SI 09",
)
STATUT_BLOQUE = _rule(
    "rniv-statut-bloque", "Une identité douteuse ou fictive reste provisoire.",
    "$validate-identity of an identity with the attribute DOUT or FICT",
    f"{_RNIV} §3.2.3, EXI SI 09",
)
ATTRIBUTS_INCOMPATIBLES = _rule(
    "rniv-attributs", "Fictive ne se cumule avec aucun autre attribut.",
    "$flag that would make an identity fictitious and something else",
    "Guide d'implémentation INS v3.0, EXI ID 24",
)
MATRICULE_SAISI = _rule(
    "rniv-matricule-saisi",
    "Un matricule INS ne se saisit pas : il vient d'INSi, d'une carte ou d'un système émetteur.",
    "create or update of a Patient with a matricule INS that the store did not give",
    f"{_RNIV} (interdits) ; dossier INS §7.4",
)
STATUT_SAISI = _rule(
    "rniv-statut-saisi", "Un statut de confiance ne se saisit pas : il résulte d'une opération.",
    "create or update of a Patient with another fr-core-identity-reliability than the store's",
    f"{_RNIV}, EXI SI 07",
)
TRAITS_CERTIFIES = _rule(
    "rniv-traits-certifies",
    "Les traits rendus par INSi ne se modifient pas : déclassez d'abord l'identité.",
    "update of a strict trait of an identity that is RECUP or QUAL", f"{_RNIV}, EXI REC 07",
)
TRAITS_ABSENTS = CatalogueError(
    "rniv-traits-absents",
    "Nom de naissance, premier prénom, sexe et date de naissance identifient un usager : il en "
    "manque.", "create or update of a Patient without one of these strict traits",
    f"{_RNIV} (traits stricts)", 422, "derived", "required",
)
TRAIT_ILLISIBLE = CatalogueError(
    "rniv-trait", "Un trait d'identité n'a pas la forme admise.",
    "create or update of a Patient with a lunar date that is no date, or with control characters "
    "in a trait", f"{_RNIV} (traits stricts)", 422, "derived", "value",
)
PIECE_REFUSEE = _rule(
    "rniv-piece", "Cette pièce ne permet pas de valider une identité.",
    "$validate-identity or $qualify without a document, or with one that is not of high confidence",
    f"{_RNIV}, EXI SI 10",
)
TRANSITION_INTERDITE = _rule(
    "rniv-transition", "Le statut de l'identité ne permet pas cette opération.",
    "$verify-ins of an identity without matricule; $downgrade to a status that is no lower; "
    "$unmerge of an identity that is not merged", f"{_RNIV}, EXI SI 07",
)
IDENTITE_REMPLACEE = CatalogueError(
    "rniv-remplacee", "Cette identité est fusionnée : agissez sur celle qui la remplace.",
    "any change of an identity that was merged into another", _SOCLE, 409, "derived", "conflict",
)
FUSION_IMPOSSIBLE = _rule(
    "rniv-fusion", "Ces deux identités ne peuvent pas être fusionnées.",
    "$merge of an identity with itself, of two that have different matricules INS, or of a "
    "fictitious one with another", _SOCLE, 409,
)
IPP_PRIS = CatalogueError(
    "rniv-ipp", "Cet identifiant local désigne déjà une autre identité.",
    "create or update of a Patient with the local identifier (PI) of another", _SOCLE, 409,
    "derived", "duplicate",
)

EXIGENCE = CatalogueError(
    "rniv-exigence", "Une exigence du RNIV n'est pas respectée (espace strict).",
    "any error-level finding of the store's rules, in a strict tenant", _SOCLE, 422, "default",
    "business-rule",
)

# HL7 table 0357, for what MLLP receives. 200 to 203 reject (AR), the others are errors (AE).
_HL7 = "HL7 v2.5, table 0357"


def _hl7(code: str, label: str, when: str) -> CatalogueError:
    return CatalogueError(code, label, when, _HL7, 400, "official", "processing")


SEGMENT = _hl7(
    "100", "Segment sequence error",
    "a message without MSH or PID, or with two PID; A40 without MRG, or with two",
)
CHAMP_ABSENT = _hl7(
    "101", "Required field missing",
    "PID-3, PID-5 (birth name and first given name), PID-7 or MSH-10 is empty",
)
TYPE_DE_DONNEE = _hl7(
    "102", "Data type error",
    "a date that is none, control characters in a value, a message that is not in its character "
    "set, or that cannot be read",
)
HORS_TABLE = _hl7(
    "103", "Table value not found",
    "an unknown PID-8 or PID-32; in a strict tenant, any error-level finding",
)
MESSAGE_INCONNU = _hl7("200", "Unsupported message type", "MSH-9 that is not ADT")
EVENEMENT_INCONNU = _hl7("201", "Unsupported event code", "ADT of another event than A28, A31, A40")
TRAITEMENT_INCONNU = _hl7("202", "Unsupported processing id", "MSH-11 that is not P, D or T")
VERSION_INCONNUE = _hl7("203", "Unsupported version id", "MSH-12 that is not of version 2.5")
CLE_INCONNUE = _hl7("204", "Unknown key identifier", "A31 or A40 of an identity that is not here")
CLE_EN_DOUBLE = _hl7(
    "205", "Duplicate key identifier",
    "A28 of an identity that is here already; A31 with local identifiers of several",
)
ERREUR_INTERNE = _hl7(
    "207", "Application internal error",
    "a message that the identity store refuses: merge that is not possible, identity replaced; "
    "shared installation without the tenant's secret in MSH-8",
)
