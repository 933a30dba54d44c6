"""The texts that the rules cite."""

from services.kernel.requirements import Document

REFERENTIEL = Document("Référentiel #2 v1.0.1")
SEGUR = Document("REM-MDV-LGC-Va2")
RFC_5321 = Document("RFC 5321")
RFC_5322 = Document("RFC 5322")
