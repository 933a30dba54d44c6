"""Refusals of the carte Vitale reader and of the appli carte Vitale.

DEFAULT(apcv): no list of the errors of the apCV service is public. Its codes are a convention of
the sandbox (« convention du bac à sable »): `CodeStatut` for what the phone showed, the faults of
the TLSi family for the rest. Those of the reader are published by its integrators.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.errors import CatalogueError

_TLSI = "TLSi, as INSi answers it; which fault the apCV gives is not public"
_CONVENTION = "Socle: convention du bac à sable, the apCV's table is not public"

LOGICIEL_INCONNU = CatalogueError(
    "desir_550", "Numéro d'autorisation du logiciel inconnu.",
    "ContexteLPS with an IDAM that begins with FAKE", _TLSI, 500, "derived", "forbidden",
)
DROITS_INSUFFISANTS = CatalogueError(
    "desir_560", "Vous ne disposez pas des droits suffisants pour accéder à ce service",
    "no assertion, one that is too old or names nobody; a strict tenant's error-level finding",
    _TLSI, 500, "derived", "forbidden",
)
CARTE_ERRONEE = CatalogueError(
    "desir_620", "Le certificat de la carte PS est erroné.",
    "assertion of a card that is unsigned, altered, that names another than its holder, or whose "
    "certificate is expired, revoked, forged, unreadable or another tenant's", _TLSI,
    500, "derived", "forbidden",
)
REQUETE = CatalogueError(
    "apcv_10", "La demande est incomplète ou n'a pas la forme admise.",
    "another root, CodeSpecialiteAMO or IdentifiantFacturation absent or unknown, no Donnees",
    _CONVENTION, 422, "default", "required",
)
INDISPONIBLE = CatalogueError(
    "apcv_40", "Le service est temporairement indisponible.", "any operation, in mode indisponible",
    _CONVENTION, 503, "default", "transient",
)


def _statut(code: int, label: str, when: str) -> CatalogueError:
    return CatalogueError(
        f"apcv-statut-{code}", label, when, _CONVENTION, 422, "default", "processing"
    )


EXPIRE = _statut(1, "Le code présenté est expiré.", "a QR code or NFC read over 60 seconds ago")
DEJA_LU = _statut(2, "Le code présenté a déjà été lu.", "the same QR code or NFC read twice")
CONTEXTE_INCONNU = _statut(
    3, "Aucun contexte apCV pour ce professionnel et ce logiciel.",
    "restituer, detruire or signer without a context of one's own",
)
CONTEXTE_EXPIRE = _statut(4, "Le contexte apCV est expiré.", "a context over 20 minutes old")
REVOQUEE = _statut(5, "L'appli carte Vitale a été révoquée.", "the app of that patient is revoked")
ILLISIBLE = _statut(
    6, "Le code présenté ne peut pas être lu.",
    "not Base45, another layout, altered, of another tenant or installation",
)
ENVIRONNEMENT = _statut(
    7, "L'appli carte Vitale n'est pas de cet environnement.",
    "a test or demonstration app in mode production",
)
STATUTS = {
    error.code.rpartition("-")[2]: error
    for error in (EXPIRE, DEJA_LU, CONTEXTE_INCONNU, CONTEXTE_EXPIRE, REVOQUEE, ILLISIBLE,
                  ENVIRONNEMENT)
}
"""CodeStatut → refusal: change this table when the official one is known."""

DONNEES_ABSENTES = CatalogueError(
    "parametre", "Il manque un paramètre, ou il n'a pas la forme admise.",
    "$apcv-read without data, identifiantFacturation or codeSpecialite",
    "Socle: façade of our own", 400, "default", "required",
)
IDENTITE_AUTRE = CatalogueError(
    "identite", "Les traits lus de l'appli ne sont pas ceux de l'identité locale.",
    "$apcv-read with a local patient of other traits, without accept",
    "Socle, after RNIV §4.3.4: the user compares", 409, "default", "conflict",
)
PATIENT_INCONNU = CatalogueError(
    "patient", "Aucun patient de cet identifiant dans cet espace.",
    "the phone page asked for somebody unknown", "Socle: our own page", 404, "default",
    "not-found",
)
CARTE_INCONNUE = CatalogueError(
    "carte", "Aucune carte de ce numéro dans cet espace.", "an unknown serial number",
    "Socle: our own API", 404, "default", "not-found",
)
PAGE_PERIMEE = CatalogueError(
    "page", "Cette page vient d'ailleurs : rouvrez le téléphone.",
    "a form of the phone page that comes from another site", "Socle: our own page", 403, "default",
    "forbidden",
)

_READER = "API Lecture, codes d'erreur publiés par ses intégrateurs"


def _lecteur(number: int, name: str, label: str) -> CatalogueError:
    return CatalogueError(
        f"{number} {name}", label, f"the reader is told to fail with {number}", _READER, 409,
        "derived", "processing",
    )


def _famille(name: str, label: str, *numbers: int) -> tuple[CatalogueError, ...]:
    """Errors of which the number and the family alone are published."""
    return tuple(CatalogueError(
        f"{number} {name}", label, f"the reader is told to fail with {number}",
        f"{_READER} (famille seule)", 409, "default", "processing",
    ) for number in numbers)


LECTEUR: Mapping[int, CatalogueError] = {
    int(error.code.partition(" ")[0]): error for error in (
        _lecteur(10, "ERR_INCONNUE", "Erreur inconnue."),
        _lecteur(11, "ERR_CARTE_ABSENTE", "Aucune carte Vitale dans le lecteur."),
        _lecteur(12, "ERR_CARTE", "La carte Vitale est en erreur."),
        _lecteur(13, "ERR_LECTEUR", "Le lecteur est en erreur."),
        _lecteur(15, "ERR_CARTE_INCONNUE", "La carte n'est pas une carte Vitale."),
        _lecteur(17, "ERR_CARTE_HORS_TENSION", "La carte Vitale est hors tension."),
        _lecteur(18, "ERR_LOGICIEL", "Erreur du logiciel de lecture."),
        _lecteur(20, "ERR_GEST_RESSOURCE", "Le gestionnaire de ressources est en erreur."),
        _lecteur(21, "ERR_SESSION_OUVERTE", "Une session est déjà ouverte."),
        _lecteur(23, "ERR_EXCLUSIVITE", "Un autre logiciel utilise la carte."),
        _lecteur(25, "ERR_TIMEOUT", "La carte Vitale n'a pas répondu à temps."),
        _lecteur(26, "ERR_SESSION_INCONNUE", "La session est inconnue."),
        _lecteur(30, "ERR_CPS_RETIREE", "La carte de professionnel a été retirée."),
        _lecteur(36, "ERR_VALIDITE_CPS", "La carte de professionnel n'est pas valide."),
        _lecteur(37, "ERR_CARTE_INCORRECTE", "La carte Vitale est incorrecte."),
        _lecteur(38, "ERR_CARTE_INVALIDE", "La carte Vitale est invalide."),
        _lecteur(39, "ERR_CARTE_BLOQUEE", "La carte Vitale est bloquée."),
        _lecteur(40, "ERR_CARTE_SATUREE", "La carte Vitale est saturée."),
        _lecteur(41, "ERR_PINCODE_INACTIF", "Le code porteur n'a pas été présenté."),
        _lecteur(42, "ERR_CARTE_TEST",
                 "Les deux cartes ne sont pas du même type : l'une est de test, l'autre réelle."),
        _lecteur(60, "ERR_TIMER_CTRL", "Le délai de contrôle est dépassé."),
        _lecteur(61, "ERR_TIMER_INAC", "Le délai d'inactivité est dépassé."),
        # DEFAULT(vitale): the names of these are their family's, their labels ours.
        *_famille("ERR_INIT", "L'initialisation de la lecture a échoué.", *range(31, 36)),
        *_famille("ERR_TABLE", "Une table de la lecture est absente ou fausse.", *range(43, 49)),
        *_famille("ERR_CRYPTO", "Le calcul cryptographique a échoué.", 50, 51),
        *_famille("ERR_PARAM", "Un paramètre de la lecture est faux.", *range(52, 56)),
        *_famille("ERR_HAB", "L'habilitation ne permet pas cette lecture.", *range(56, 59)),
        *_famille("ERR_DETECTION", "La carte Vitale n'a pas été détectée.", 70, 72),
    )
}
"""Number → refusal."""
