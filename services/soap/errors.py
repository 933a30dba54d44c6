"""What SOAP itself refuses, whatever the service: codes of SOAP 1.2 and WS-Addressing 1.0."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

UNREADABLE = CatalogueError(
    "env:Sender", "Le message n'est pas une enveloppe SOAP 1.2 lisible.",
    "XML that cannot be parsed, DOCTYPE, another root, no Body, two elements in the Body",
    "SOAP 1.2 partie 1, §5 (DOCTYPE interdit)", 500, "derived", "structure",
)
TOO_LARGE = CatalogueError(
    "env:Sender", "L'enveloppe dépasse les bornes admises.",
    "more elements, or more levels, than an envelope may have", "Socle: bound of our own", 500,
    "default", "too-costly",
)
VERSION_MISMATCH = CatalogueError(
    "env:VersionMismatch", "Une enveloppe SOAP 1.2 est attendue.",
    "an envelope of SOAP 1.1 or of another namespace", "SOAP 1.2 partie 1, §5.4.7", 500, "derived",
    "not-supported",
)
MUST_UNDERSTAND = CatalogueError(
    "env:MustUnderstand", "Un bloc d'en-tête obligatoire n'est pas compris.",
    "a header block of a foreign namespace with mustUnderstand", "SOAP 1.2 partie 1, §5.4.8", 500,
    "derived", "not-supported",
)
ACTION_NOT_SUPPORTED = CatalogueError(
    "wsa:ActionNotSupported", "Aucune opération de ce service ne porte cette action.",
    "an unknown wsa:Action, or none", "WS-Addressing 1.0, SOAP Binding §6.4.2", 500, "derived",
    "not-supported",
)
ERRORS = (UNREADABLE, TOO_LARGE, VERSION_MISMATCH, MUST_UNDERSTAND, ACTION_NOT_SUPPORTED)
