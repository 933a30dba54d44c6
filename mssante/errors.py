"""Refusals of the submission server. The text of real operators is not public: only the codes
of RFC 5321, 3463 and 4954 and those of the dossier are claimed."""

from services.kernel.errors import CatalogueError, Fidelity

_DERIVED: Fidelity = "derived"
_DEFAULT: Fidelity = "default"

CONNEXIONS_TROP_NOMBREUSES = CatalogueError(
    "connexions", "Trop de connexions simultanées.", "over 200 open connections",
    "RFC 5321 §3.8", 503, _DEFAULT, smtp="421 4.7.0",
)
ARRET = CatalogueError(
    "arret", "Le bac à sable s'arrête.", "the sandbox stops while the session is open",
    "RFC 5321 §3.8", 503, _DEFAULT, smtp="421 4.3.2",
)
INACTIVITE = CatalogueError(
    "inactivite", "Session inactive, fermée.", "five minutes without a command",
    "RFC 5321 §4.5.3.2", 408, _DEFAULT, smtp="421 4.4.2",
)
STARTTLS_REQUIS = CatalogueError(
    "starttls", "La commande STARTTLS est obligatoire avant toute autre.",
    "AUTH, MAIL or another command before STARTTLS", "Référentiel #2 ECO.1.2.1 ; RFC 3207 §4",
    403, _DERIVED, smtp="530 5.7.0",
)
AUTHENTIFICATION_REQUISE = CatalogueError(
    "authentification", "Authentifiez-vous avec le jeton Pro Santé Connect (XOAUTH2).",
    "MAIL, RCPT or DATA before AUTH", "Référentiel #2 ECO.1.2.1 ; RFC 4954 §6",
    401, _DERIVED, smtp="530 5.7.0",
)
MECANISME_INCONNU = CatalogueError(
    "mecanisme", "Seuls XOAUTH2 et OAUTHBEARER sont admis.", "AUTH PLAIN, LOGIN or another",
    "Référentiel #2 ECO.1.2.1 ; RFC 4954 §4", 400, _DERIVED, smtp="504 5.5.4",
)
JETON_REFUSE = CatalogueError(
    "jeton", "Le jeton d'accès n'est pas valable : inconnu, expiré ou illisible.",
    "AUTH with an expired, foreign or malformed token", "RFC 4954 §6 ; dossier MSSanté §3.2",
    401, _DERIVED, smtp="535 5.7.8",
)
BAL_ETRANGERE = CatalogueError(
    "bal", "Cette boîte aux lettres n'est ni la vôtre, ni déléguée à vous.",
    "AUTH with a valid token and another's mailbox", "dossier MSSanté §3.2",
    403, _DEFAULT, smtp="550 5.7.1",
)
AUTHENTIFICATION_ABANDONNEE = CatalogueError(
    "abandon", "Authentification abandonnée.", "`*` in answer to a challenge", "RFC 4954 §4",
    400, _DERIVED, smtp="501 5.7.0",
)
BASE64 = CatalogueError(
    "base64", "La réponse SASL n'est pas en base64.", "AUTH with a response that is not base64",
    "RFC 4954 §4", 400, _DERIVED, smtp="501 5.5.2",
)
ECHECS_TROP_NOMBREUX = CatalogueError(
    "echecs", "Trop d'authentifications refusées : session fermée.",
    "the sixth AUTH of a session after five refusals", "RFC 4954 §4 ; nombre : Socle",
    403, _DEFAULT, smtp="421 4.7.0",
)
DEJA_AUTHENTIFIE = CatalogueError(
    "deja-authentifie", "Cette session est déjà authentifiée.", "a second AUTH",
    "RFC 4954 §4", 400, _DERIVED, smtp="503 5.5.1",
)
SEQUENCE = CatalogueError(
    "sequence", "Cette commande n'est pas attendue à ce moment.",
    "RCPT before MAIL, DATA before RCPT, a second MAIL", "RFC 5321 §4.1.4",
    400, _DERIVED, smtp="503 5.5.1",
)
SYNTAXE = CatalogueError(
    "syntaxe", "La commande est mal formée.", "an argument is missing or malformed",
    "RFC 5321 §4.1.1", 400, _DERIVED, smtp="501 5.5.4",
)
COMMANDE_INCONNUE = CatalogueError(
    "commande", "Commande inconnue.", "an unknown command, or one with non-ASCII characters",
    "RFC 5321 §4.2.4", 400, _DERIVED, smtp="500 5.5.2",
)
COMMANDE_ABSENTE = CatalogueError(
    "commande-absente", "Commande reconnue mais absente.", "EXPN",
    "RFC 5321 §4.2.4", 400, _DERIVED, smtp="502 5.5.1",
)
COMMANDE_TROP_LONGUE = CatalogueError(
    "commande-longue", "La commande est trop longue.", "a command over 2 kB, AUTH over 16 kB",
    "RFC 5321 §4.5.3.1.4", 400, _DERIVED, smtp="500 5.5.2",
)
PARAMETRE_INCONNU = CatalogueError(
    "parametre", "Paramètre non reconnu.", "MAIL or RCPT with an unknown parameter",
    "RFC 5321 §4.1.1.11", 400, _DERIVED, smtp="555 5.5.4",
)
ADRESSE_MALFORMEE = CatalogueError(
    "adresse", "L'adresse est mal formée.", "MAIL or RCPT with a malformed address",
    "RFC 3463 §3.2", 400, _DERIVED, smtp="553 5.1.3",
)
EXPEDITEUR_DIFFERENT = CatalogueError(
    "expediteur", "L'expéditeur n'est pas la boîte aux lettres authentifiée.",
    "MAIL FROM another address than the authenticated mailbox", "dossier MSSanté §3.3",
    403, _DEFAULT, smtp="553 5.7.1",
)
DESTINATAIRE_INCONNU = CatalogueError(
    "destinataire", "Aucune boîte aux lettres à cette adresse.",
    "RCPT to an unknown address of a hosted domain", "dossier MSSanté §3.3",
    404, _DERIVED, smtp="550 5.1.1",
)
DOMAINE_HORS_LISTE = CatalogueError(
    "domaine", "Ce domaine n'est pas dans la liste blanche de l'espace de confiance.",
    "RCPT to a domain outside the trust space", "dossier MSSanté §1.1 et §3.3",
    403, _DERIVED, smtp="550 5.7.1",
)
MATRICULE_INVALIDE = CatalogueError(
    "matricule", "L'adresse d'un patient est son matricule INS de 15 caractères, clé comprise.",
    "RCPT to the patient domain with a malformed matricule or a wrong key",
    "Référentiel #2 ECO.2.2.6 ; dossier MSSanté §3.3", 400, _DERIVED, smtp="550 5.1.3",
)
DESTINATAIRES_TROP_NOMBREUX = CatalogueError(
    "destinataires", "Au plus 100 destinataires par message.", "the 101st RCPT",
    "RFC 5321 §4.5.3.1.10", 400, _DEFAULT, smtp="452 4.5.3",
)
MESSAGE_TROP_GRAND = CatalogueError(
    "taille", "Le message dépasse 10 Mo.", "SIZE or a message over the limit",
    "RFC 1870 §6 ; taille : Socle", 413, _DEFAULT, smtp="552 5.3.4",
)
ENCOMBREMENT = CatalogueError(
    "encombrement", "Trop de messages sont en cours de réception : réessayez.",
    "64 MiB of messages being received at once", "RFC 5321 §4.2.2", 503, _DEFAULT,
    smtp="452 4.3.1",
)
FIN_DE_LIGNE = CatalogueError(
    "fin-de-ligne", "Fins de ligne CR ou LF isolées, ou caractère nul : message refusé.",
    "CR alone, LF alone among CRLF, a dot alone between LF, or NUL (SMTP smuggling)",
    "RFC 5321 §2.3.8", 400, _DERIVED, smtp="554 5.6.0",
)
MESSAGE_ILLISIBLE = CatalogueError(
    "message", "Le message est illisible : parties ou en-têtes démesurés.",
    "parts nested over 20 deep, 1000 parts or headers, a header over 64 kB, 500 000 lines",
    "RFC 2045",
    400, _DEFAULT, smtp="554 5.6.0",
)
EXIGENCE_NON_RESPECTEE = CatalogueError(
    "exigence", "Une exigence du référentiel n'est pas respectée.",
    "any error-level finding in a strict tenant", "Socle", 422, _DEFAULT, smtp="550 5.7.1",
)
