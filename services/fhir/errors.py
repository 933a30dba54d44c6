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
TOO_MANY_VALUES = CatalogueError(
    "too-many-values", "Le message porte trop de valeurs.",
    "JSON of over a hundred thousand values, documents aside", "Socle", 400, "default",
    "too-costly",
)
INVALID_STRUCTURE = CatalogueError(
    "invalid", "La ressource ne respecte pas la structure FHIR R4.",
    "the published R4 JSON schema does not accept the resource", _HTTP, 400, "default",
    "structure",
)
NOT_CONFORMANT = CatalogueError(
    "not-conformant", "La ressource ne respecte pas son profil.",
    "write that breaks the profile of its endpoint or one it claims, strict tenant", "Socle", 422,
    "default", "invariant",
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
GONE = CatalogueError(
    "deleted", "Cette ressource a été supprimée.",
    "read of a deleted resource, or of the version that says so", _HTTP, 410, "official",
    "deleted",
)
ID_MISMATCH = CatalogueError(
    "id-mismatch", "L'identifiant de la ressource n'est pas celui de l'adresse.",
    "PUT whose resource has no id, or another than its URL", _HTTP, 400, "official", "invariant",
)
CREATION_BY_UPDATE = CatalogueError(
    "creation-by-update", "Une mise à jour ne crée pas de ressource ici : utilisez POST.",
    "PUT of an id that does not exist, on a type that gives its own ids", _HTTP, 405, "official",
    "not-supported",
)
VERSION_CONFLICT = CatalogueError(
    "version-conflict", "La ressource a changé depuis la version que vous indiquez.",
    "If-Match that names another version than the current one", _HTTP, 412, "official",
    "conflict",
)
EDIT_CONFLICT = CatalogueError(
    "edit-conflict", "D'autres écritures simultanées ont pris le pas sur celle-ci.",
    "the same resource written by others several times in a row meanwhile", _HTTP, 409,
    "official", "conflict",
)
MULTIPLE_MATCHES = CatalogueError(
    "multiple-matches", "Plusieurs ressources répondent à ces critères.",
    "conditional interaction or reference whose criteria match several resources", _HTTP, 412,
    "official", "multiple-matches",
)
NO_MATCH = CatalogueError(
    "no-match", "Aucune ressource ne répond à ces critères.",
    "conditional patch or reference whose criteria match nothing", _HTTP, 404, "official",
    "not-found",
)
NO_CRITERIA = CatalogueError(
    "no-criteria", "Une interaction conditionnelle demande au moins un critère de recherche.",
    "conditional interaction without any search parameter", _HTTP, 412, "official", "required",
)
INTERACTION_UNSUPPORTED = CatalogueError(
    "interaction-unsupported", "Cette interaction n'est pas proposée ici.",
    "interaction, operation or compartment of FHIR that the CapabilityStatement does not declare",
    _HTTP, 501, "default", "not-supported",
)
TYPE_UNSUPPORTED = CatalogueError(
    "type-unsupported", "Ce type de ressource n'est pas proposé ici.",
    "resource type that the CapabilityStatement does not declare", _HTTP, 404, "official",
    "not-supported",
)
PATCH_INVALID = CatalogueError(
    "patch-invalid", "Ce correctif ne peut pas être appliqué à la ressource.",
    "patch of another form, or whose path leads nowhere, to several places or to what is fixed",
    "FHIR R4 §3.1.0.8 (patch)", 400, "default", "processing",
)
BUNDLE_ENTRY = CatalogueError(
    "bundle-entry", "Cette entrée du lot n'est pas recevable.",
    "batch or transaction entry without method, URL or resource, or twice the same resource",
    "FHIR R4 §3.1.0.11 (batch/transaction)", 400, "official", "invalid",
)
REFERENCE_UNKNOWN = CatalogueError(
    "reference-unknown", "Une référence du lot ne désigne aucune de ses entrées.",
    "urn:uuid reference to no entry of the transaction", "FHIR R4 §3.1.0.11", 400, "official",
    "not-found",
)
