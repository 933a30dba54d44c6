"""CDA R2 documents: reading headers (`read_header`) and composing our own (`compose`).

Shared by the services that carry documents; knows no tenant, no network and no database.
"""

from services.cda.header import (
    INS_ROOTS,
    CdaAuthor,
    CdaCode,
    CdaHeader,
    CdaIdentifier,
    CdaPatient,
    CdaRelatedDocument,
    CdaServiceEvent,
    CdaStructure,
    CdaUnreadable,
)
from services.cda.parse import MAX_BYTES
from services.cda.reader import read_header

__all__ = [
    "INS_ROOTS",
    "MAX_BYTES",
    "CdaAuthor",
    "CdaCode",
    "CdaHeader",
    "CdaIdentifier",
    "CdaPatient",
    "CdaRelatedDocument",
    "CdaServiceEvent",
    "CdaStructure",
    "CdaUnreadable",
    "read_header",
]
