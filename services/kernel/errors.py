"""Error catalogues: every refusal is one entry with its official code, label and source.

A service lists its errors in `errors.py`; raising one is calling it:

    raise errors.PATIENT_UNKNOWN(details="…", at="Bundle.entry[1]")

Rendering belongs to the dialect of the transaction (`services.kernel.dialects`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal

Fidelity = Literal["official", "derived", "default"]
_MARKS: tuple[Fidelity, ...] = ("default", "derived", "official")


def least(*marks: Fidelity) -> Fidelity:
    """The mark of what is made of several parts: that of the least official."""
    return min(marks, key=_MARKS.index)


@dataclass(frozen=True, slots=True)
class CatalogueError:
    """One documented refusal.

    code: as the official text spells it; label: the exact official label, shown to the caller;
    when: what provokes it (English, for the docs); source: document and paragraph, or
    "Socle" when the real answer is not known; status: HTTP status;
    issue: FHIR issue type, used by the FHIR dialect only; smtp: "550 5.7.1", SMTP dialect only.
    """

    code: str
    label: str
    when: str
    source: str
    status: int = 400
    fidelity: Fidelity = "official"
    issue: str = "processing"
    smtp: str = ""

    def __call__(
        self,
        details: str = "",
        *,
        at: str = "",
        expected: str = "",
        found: str = "",
        headers: Mapping[str, str] | None = None,
        **extra: str,
    ) -> Refusal:
        """Make the exception to raise. `details` goes to the caller, `extra` to the dialect."""
        return Refusal(self, details, at, expected, found, dict(headers or {}), extra)


@dataclass(slots=True)
class Refusal(Exception):
    """A catalogue error with what was wrong, where, and what was expected.

    also: what else was wrong, for the dialects that tell several faults at once (FHIR).
    """

    error: CatalogueError
    details: str = ""
    at: str = ""
    expected: str = ""
    found: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    also: tuple[Refusal, ...] = ()

    def __str__(self) -> str:
        return f"{self.error.code}: {self.details or self.error.label}"


def together(refusals: Iterable[Refusal]) -> Refusal:
    """The first of several refusals, at least one, with the others."""
    first, *others = refusals
    first.also = tuple(others)
    return first


def catalogue(module: ModuleType) -> Iterator[CatalogueError]:
    """The errors a service's `errors.py` defines."""
    return (value for value in vars(module).values() if isinstance(value, CatalogueError))


_SOCLE = "Socle: gateway behaviour, no official text"

MALFORMED = CatalogueError(
    "structure", "Le message reçu est illisible.", "body that cannot be parsed", _SOCLE,
    400, "default", "structure",
)
UNSUPPORTED_MEDIA_TYPE = CatalogueError(
    "media-type", "Le type de contenu n'est pas accepté ici.", "wrong Content-Type", _SOCLE,
    415, "default", "not-supported",
)
BODY_TOO_LARGE = CatalogueError(
    "too-long", "Le message dépasse la taille admise.", "body over the limit of the route", _SOCLE,
    413, "default", "too-long",
)
BODY_TOO_SLOW = CatalogueError(
    "timeout", "Le message n'est pas arrivé en entier dans le temps admis.",
    "body that takes over two minutes", _SOCLE, 408, "default", "timeout",
)
TARGET_TOO_LONG = CatalogueError(
    "uri-too-long", "L'adresse dépasse la longueur admise.", "path and query over 16 KiB", _SOCLE,
    414, "default", "too-long",
)
HEADERS_TOO_LARGE = CatalogueError(
    "headers", "Les en-têtes sont trop nombreux ou trop longs.",
    "over 100 headers, or 32 KiB of them", _SOCLE, 431, "default", "too-long",
)
UNKNOWN_PATH = CatalogueError(
    "not-found", "Aucune transaction n'existe à cette adresse.", "unknown path", _SOCLE,
    404, "default", "not-found",
)
METHOD_NOT_ALLOWED = CatalogueError(
    "method-not-allowed", "Cette méthode n'est pas admise à cette adresse.",
    "known path, other method", _SOCLE, 405, "default", "not-supported",
)
TOKEN_MISSING = CatalogueError(
    "login", "Un jeton d'accès Pro Santé Connect est attendu.", "no bearer token",
    "RFC 6750 §3", 401, "default", "login",
)
TOKEN_INVALID = CatalogueError(
    "invalid_token", "Le jeton d'accès n'est pas valable : inconnu, expiré ou d'un autre espace.",
    "expired, unknown or foreign bearer token", "RFC 6750 §3.1", 401, "default", "login",
)
TOKEN_BOUND = CatalogueError(
    "invalid_token", "Le jeton d'accès est lié à un certificat que l'appel ne présente pas.",
    "token bound by cnf, with another client certificate or none", "RFC 8705 §3", 401, "derived",
    "login",
)
TOKEN_AUDIENCE = CatalogueError(
    "invalid_token", "Le jeton d'accès a été échangé pour une autre API.",
    "token of the espace de confiance, got for another API", "RFC 9068 §4", 401, "derived", "login",
)
TOKEN_RAW = CatalogueError(
    "invalid_token", "Cette API attend un jeton obtenu par échange, lié au certificat de l'appel.",
    "Pro Santé Connect's own access token, in a strict tenant, where an exchanged one is needed",
    "Volet de sécurisation du transport du CI-SIS", 401, "derived", "login",
)
SANDBOX_BUG = CatalogueError(
    "exception", "Erreur interne du bac à sable : c'est nous, pas vous.",
    "an unexpected exception in Socle", _SOCLE, 500, "default", "exception", "451 4.3.0",
)
STORAGE = CatalogueError(
    "storage", "Le bac à sable n'a pas pu enregistrer : rien n'a été changé.",
    "disk full or database down", _SOCLE, 503, "default", "transient", "452 4.3.1",
)
SIMULATED = CatalogueError(
    "panne-simulee", "Panne simulée, demandée par /sandbox/faults.", "a fault of kind status",
    _SOCLE, 503, "default", "transient", "451 4.3.0",
)
