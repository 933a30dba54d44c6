"""Refusals common to every FHIR service."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_HTTP = "FHIR R4 §3.1.0 (http.html)"
_SEARCH = "FHIR R4 §3.1.1 (search.html)"

NOT_ACCEPTABLE = CatalogueError(
    "not-acceptable", "Ce format de réponse n'est pas proposé.",
    "Accept or _format without JSON", _HTTP, 406, "default", "not-supported",
)
WRONG_TYPE = CatalogueError(
    "resource-type", "Ce type de ressource n'est pas attendu ici.",
    "resourceType absent or not one the interaction takes", _HTTP, 400, "default", "invalid",
)
TOO_DEEP = CatalogueError(
    "too-deep", "Le message est trop imbriqué.",
    "JSON nested over sixty levels", "Socle", 400, "default", "too-costly",
)
INVALID_STRUCTURE = CatalogueError(
    "invalid", "La ressource ne respecte pas la structure FHIR R4.",
    "the published R4 JSON schema does not accept the resource", _HTTP, 400, "default",
    "structure",
)
RESOURCE_UNKNOWN = CatalogueError(
    "not-known", "Cette ressource n'existe pas.",
    "read of an id that was never created in the tenant", _HTTP, 404, "default", "not-found",
)
PARAMETER_UNKNOWN = CatalogueError(
    "parameter-unknown", "Ce paramètre de recherche n'est pas connu ici.",
    "search parameter or modifier that is not declared, handling strict", _SEARCH, 400,
    "default", "not-supported",
)
PARAMETER_INVALID = CatalogueError(
    "parameter-invalid", "La valeur de ce paramètre de recherche n'est pas valable.",
    "value that does not have the form of its parameter's type", _SEARCH, 400, "default", "value",
)
CURSOR_INVALID = CatalogueError(
    "cursor-invalid", "Ce lien de page n'est pas valable pour cette recherche.",
    "paging cursor altered, or of another search or tenant", "Socle", 400, "default", "value",
)
