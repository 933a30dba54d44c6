"""Refusals of the INS service."""

from __future__ import annotations

from services.kernel.errors import CatalogueError, Refusal

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
    "Parameters without a Patient in `resource`; a lot that holds anything else",
    "FHIR R4, Patient/$match", 400, "derived",
    "required",
)
BASE_NATIONALE = CatalogueError(
    "recherche-interdite", "La base nationale ne se parcourt pas : utilisez Patient/$match.",
    "search by parameters (ITI-78) on the INSi façade", "Socle: INSi never lists candidates", 403,
    "derived", "not-supported",
)
NOM_ABSENT_VERIFICATION = CatalogueError(
    "insi_28", "Le champ nom de naissance est obligatoire",
    "no birth name in a verification (WS_INS3, WS_INS4)",
    "SEL-MP-043, fault insi_28 (its wording is not public)", 422, "derived", "required",
)
TECHNIQUE_VITALE = CatalogueError(
    "insi_101",
    "L'appel au service de recherche avec la carte Vitale renvoie une erreur technique.",
    "nobody found by card, in mode cnda",
    "environnement des éditeurs, fault siram_40 / insi_101 (wording after insi_102)", 500,
    "derived", "transient",
)
TECHNIQUE_TRAITS = CatalogueError(
    "insi_102",
    "L'appel au service de recherche avec les traits d'identité renvoie une erreur technique.",
    "nobody found by traits, in mode cnda", "environnement des éditeurs, fault siram_40 / insi_102",
    500, "official", "transient",
)
INDISPONIBLE = CatalogueError(
    "insi_111", "Indisponibilité des téléservices", "any operation, in mode indisponible",
    "SEL-MP-043, fault siram_40 / insi_111", 500, "derived", "transient",
)
LOGICIEL_INCONNU = CatalogueError(
    "desir_550", "Numéro d'autorisation du logiciel inconnu.",
    "ContexteLPS with an IDAM that begins with FAKE", "fault siram_100 / desir_550", 500,
    "official", "forbidden",
)
DROITS_INSUFFISANTS = CatalogueError(
    "desir_560", "Vous ne disposez pas des droits suffisants pour accéder à ce service",
    "client certificate that is not named INSI-AUTO or INSI-MANU, or is not valid; over HTTPS, "
    "neither certificate nor assertion; an assertion too old, or of nobody; WS_INS1 by assertion "
    "without a card's",
    "fault desir_560; which fault answers a bad assertion is not public", 500, "derived",
    "forbidden",
)
CARTE_ERRONEE = CatalogueError(
    "desir_620", "Le certificat de la carte PS est erroné.",
    "assertion of a card that is unsigned, altered, that names another than its holder, or whose "
    "certificate is expired, revoked, forged, unreadable or another tenant's",
    "fault desir_620", 500, "derived", "forbidden",
)
# DEFAULT(WS_INS4): the bounds of a lot and their fault are not public.
LOT_HORS_BORNES = CatalogueError(
    "insi_19", "Le nombre d'identités du lot n'est pas admis.",
    "WS_INS4 with too few or too many identities",
    "Socle: text of our own, the téléservice's is not public", 422, "default", "too-costly",
)
LOT_INCONNU = CatalogueError(
    "insi_19", "Le lot demandé est inconnu.", "WS_INS5 with an unknown lot",
    "Socle: text of our own, the téléservice's is not public", 404, "default", "not-found",
)
FAUTE_INJECTEE = CatalogueError(
    "faute-injectee", "Une faute SOAP a été injectée à la place de la réponse.",
    "an injected file with a fault whose siram:Erreur has no code",
    "Socle: /sandbox/ins/injections", 500, "default",
)
REPONSE_ILLISIBLE = CatalogueError(
    "reponse-illisible", "La réponse injectée n'est pas un compte rendu lisible d'INSi.",
    "by FHIR, an injected file that is neither a fault nor a whole RESULTAT; SOAP gives it back",
    "Socle: /sandbox/ins/injections", 502, "default", "structure",
)
# DEFAULT(datamatrix): the API around the published code is Socle's.
DM_REFUSE = CatalogueError(
    "datamatrix-refuse", "Cette identité ne peut pas être mise en datamatrix INS.",
    "a field against its rules, or an identity that is not qualified",
    "Socle, after Datamatrix INS v2.2.20230926", 422, "derived", "value",
)
DM_IDENTITE = CatalogueError(
    "identite", "L'identité à écrire n'a pas la forme attendue.",
    "a body that is not an object of texts, or a member unknown", "Socle: our own API", 422,
    "default", "structure",
)
DM_FORMAT = CatalogueError(
    "format", "Un datamatrix s'écrit en png, svg ou txt.", "another format in the path",
    "Socle: our own API", 404, "default", "not-found",
)
DM_IMAGE = CatalogueError(
    "image-illisible", "L'image ne peut pas être lue.", "truncated, altered, or no PNG or JPEG",
    "Socle: our own API", 422, "default", "structure",
)
DM_TROP_GRANDE = CatalogueError(
    "image-trop-grande", "L'image a trop de pixels.", "width and height over the bounds",
    "Socle: bound of our own", 413, "default", "too-costly",
)
DM_AUCUN = CatalogueError(
    "aucun-datamatrix", "Aucun Data Matrix n'est lisible dans cette image.",
    "a picture without a Data Matrix", "Socle: our own API", 422, "default", "not-found",
)


class Injectee(Refusal):
    """The fault of an injected file. brut: what SOAP answers."""

    __slots__ = ("brut",)

    def __init__(self, error: CatalogueError, details: str, brut: bytes) -> None:
        super().__init__(error, details)
        self.brut = brut
