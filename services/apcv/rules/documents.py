"""The texts that the rules cite."""

from services.kernel.requirements import Document

ECHANGE = Document("Échange public du service apCV (connecteur agréé)")
INSI = Document("SEL-MP-043 v05.00.01")
WSA = Document("WS-Addressing 1.0")
