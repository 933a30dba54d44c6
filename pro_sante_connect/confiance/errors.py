"""The refusals of the authorization servers, and of a token that is not the API's.

The texts are those of the engine of the conformity server (Keycloak) where it has one.
"""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_ENGINE = "Moteur de l'AS de conformité (Keycloak), échange de jetons"
_RFC8693 = "RFC 8693 §2"
_TRANSPORT = "Volet de sécurisation du transport du CI-SIS, échange de jetons"

API_UNKNOWN = CatalogueError(
    "Realm does not exist", "For more on this error consult the server log.",
    "authorization server of an API that is not played here", _ENGINE, 404, "derived",
)
EXCHANGE_CLOSED = CatalogueError(
    "access_denied", "Client not allowed to exchange",
    "client outside the espace de confiance, or not enrolled for this API", _ENGINE, 403,
)
EXCHANGE_PARAMETER = CatalogueError(
    "invalid_request", "Missing parameter: …",
    "no subject_token, subject_token_type, actor_token_type or (CI-SIS) scope", _RFC8693, 400,
    "default",
)
SUBJECT_TYPE = CatalogueError(
    "invalid_request", "Invalid token type, must be access token",
    "subject_token_type other than access_token and jwt", _ENGINE, 400,
)
SUBJECT_ISSUER = CatalogueError(
    "invalid_issuer", "Invalid subject_issuer parameter",
    "subject_issuer other than psc", _ENGINE, 400,
)
SUBJECT_INVALID = CatalogueError(
    "invalid_token", "Invalid token",
    "subject_token that is no live access token of Pro Santé Connect; or the engine was not told "
    "subject_issuer", _ENGINE, 400, "derived",
)
SUBJECT_BOUND = CatalogueError(
    "invalid_token", "Subject token is bound to another client certificate",
    "subject_token whose cnf is of another certificate", _TRANSPORT, 400, "default",
)
SUBJECT_HOLDER = CatalogueError(
    "access_denied", "Client is not the holder of the token",
    "subject_token issued to another client, in a strict tenant", _ENGINE, 403, "derived",
)
REQUESTED_TYPE = CatalogueError(
    "invalid_request", "requested_token_type unsupported",
    "requested_token_type other than access_token and jwt", _ENGINE, 400,
)
ACTOR_INVALID = CatalogueError(
    "invalid_request", "Invalid actor_token",
    "actor_token that is unsigned, unreadable or late, or of another type", _RFC8693, 400,
    "default",
)
