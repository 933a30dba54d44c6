"""The refusals of delegation: those of the CHU Fictif, then those of Pro Santé Connect."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_SOCLE = "Socle: no official text"
_DELEGATION = "Délégation à un fournisseur d'identité local, ressources techniques"
_ENGINE = "Moteur de PSC (Keycloak)"

INSTITUTION_REQUEST = CatalogueError(
    "invalid_request", "Client ou adresse de retour inconnus de ce fournisseur d'identité.",
    "request to the CHU Fictif that is not from Pro Santé Connect", _SOCLE, 400, "default",
)
INSTITUTION_CLIENT = CatalogueError(
    "invalid_client", "Client authentication failed",
    "token endpoint of the CHU Fictif, with another client or secret", "RFC 6749 §5.2", 401,
    "default",
)
INSTITUTION_CODE = CatalogueError(
    "invalid_grant", "Invalid or expired code",
    "token endpoint of the CHU Fictif, with a code that is not its own or is late",
    "RFC 6749 §5.2", 400, "default",
)
INSTITUTION_FAILED = CatalogueError(
    "temporarily_unavailable", "Unexpected error when authenticating with identity provider",
    "what the local provider answered cannot be used", _ENGINE, 400, "derived",
)
INSTITUTION_CLAIM = CatalogueError(
    "access_denied", "Identity provider: claim missing: …", "no tid, oid or amr in the ID token",
    _DELEGATION, 400, "default",
)
INSTITUTION_AMR = CatalogueError(
    "access_denied", "Identity provider: authentication method not accepted",
    "amr that is not on the list of ANS", _DELEGATION, 400, "default",
)
