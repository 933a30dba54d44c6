"""The library's replies, in the words and codes of our catalogue (RFC 2034 everywhere)."""

from __future__ import annotations

from mssante import errors
from services.kernel.errors import CatalogueError, Refusal


class Reply(str):
    """A reply that is complete and goes out as it is."""

    __slots__ = ()


POSITIVE = {
    "221 Bye": "221 2.0.0 Au revoir",
    "220 Ready to start TLS": "220 2.0.0 Pret pour TLS",
    "250 OK": "250 2.0.0 OK",
    "250 Syntax": "250 2.0.0 Syntax",
    "250 Supported": "250 2.0.0 Supported",
}
NEGATIVE: tuple[tuple[str, CatalogueError], ...] = (
    ("530 Must issue", errors.STARTTLS_REQUIS),
    ("530 5.7.0 Auth", errors.AUTHENTIFICATION_REQUISE),
    ("504 5.5.4 Unrec", errors.MECANISME_INCONNU),
    ("503 Already auth", errors.DEJA_AUTHENTIFIE),
    ("500 Command line", errors.COMMANDE_TROP_LONGUE),
    ("503 Error", errors.SEQUENCE),
    ("501 ", errors.SYNTAXE),
    ("502 5.5.1", errors.COMMANDE_INCONNUE),
    ("502 ", errors.COMMANDE_ABSENTE),
    ("500 ", errors.COMMANDE_INCONNUE),
)


def translate(status: str) -> str | Refusal:
    """A reply of the library as it should be sent, or the refusal that stands for it."""
    if isinstance(status, Reply):
        return status
    for beginning, error in NEGATIVE:
        if status.startswith(beginning):
            return error()
    for beginning, reply in POSITIVE.items():
        if status.startswith(beginning):
            return reply + status.removeprefix(beginning)
    return status
