"""What the DMP refuses, by its XDS and DMP codes.

The codes are those of the DMP-LPS interface (SEL-MP-037) and of IHE ITI TF-3. Their statuses and
issue types in FHIR are ours: no FHIR interface of the DMP is published, hence "derived".
"""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_DMP = "SEL-MP-037, codes d'erreur du SI DMP"
_IHE = "IHE ITI TF-3 §4.2.4 (Error Reporting)"
_CDT = "CDT_DMP_20251127_2.10c"

UNKNOWN_PATIENT = CatalogueError(
    "XDSUnknownPatientId", "Aucun DMP n'existe pour ce patient.",
    "INS unknown in the tenant, or known patient without a DMP", _IHE, 404, "derived", "not-found",
)
PATIENT_MISMATCH = CatalogueError(
    "XDSPatientIdDoesNotMatch", "Les éléments du lot ne désignent pas tous le même patient.",
    "two patients in one submission, or replacement of another patient's document", _IHE, 422,
    "derived", "invariant",
)
METADATA = CatalogueError(
    "XDSRegistryMetadataError", "Les métadonnées du lot de soumission sont refusées.",
    "metadata that the DMP refuses: hash, size, reserved type, forbidden visibility, no document",
    _IHE, 422, "derived", "invalid",
)
UNIQUE_ID = CatalogueError(
    "XDSDocumentUniqueIdError", "Un document porte déjà cet identifiant unique.",
    "uniqueId already in the registry, or twice in the submission", _IHE, 409, "derived",
    "duplicate",
)
REGISTRY = CatalogueError(
    "XDSRegistryError", "Le document à remplacer n'existe pas ou n'est plus en vigueur.",
    "replacement of an unknown or already replaced document", _IHE, 409, "derived", "conflict",
)
MISSING_PARAMETER = CatalogueError(
    "XDSStoredQueryMissingParam", "Un paramètre de recherche obligatoire est absent.",
    "search without patient, status or, for lists, code", f"{_IHE} ; PDSm 3.1.1, flux 5", 400,
    "derived", "required",
)
CLOSED = CatalogueError(
    "DMPClosed", "Le DMP de ce patient est fermé.", "any access to a closed DMP", _DMP, 403,
    "derived", "business-rule",
)
FORBIDDEN = CatalogueError(
    "DMPAccessForbidden", "Le patient s'oppose à cet accès.",
    # DEFAULT(blocked professional): source unknown; the test book shows this code for opposition
    # to break-glass and to centre 15 (3.1-240, 3.1-250).
    "professional blocked by the patient", f"{_CDT}, 3.1-240 et 3.1-250", 403, "derived",
    "forbidden",
)
DENIED = CatalogueError(
    "DMPAccessDeniedByRightsService", "Vous n'avez pas le droit de faire cette action.",
    # DEFAULT(consultation without authorisation): source unknown.
    "no valid authorisation of the patient, masked document, action not open to the profession",
    f"{_DMP} ; PDT-INF-526 v1.8, matrice des droits fonctionnels", 403, "derived", "forbidden",
)
