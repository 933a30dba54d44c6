"""Dialects: how a refusal is written on the wire. One place per dialect."""

from __future__ import annotations

from html import escape
from typing import Protocol
from unicodedata import normalize

from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange


class Dialect(Protocol):
    """Renders refusals.

    name: shown by `socle routes` and in the service card; errors: those of its own that any
    transaction may be refused with.
    """

    name: str
    errors: tuple[CatalogueError, ...]

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer: ...


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    return tuple(refusal.headers.items())


# RFC 6749 has its own words for what the gateway refuses.
_OAUTH_CODES = {
    "structure": "invalid_request", "media-type": "invalid_request", "too-long": "invalid_request",
    "timeout": "invalid_request", "uri-too-long": "invalid_request", "headers": "invalid_request",
    "exception": "server_error", "storage": "temporarily_unavailable",
}


class OAuthDialect:
    """RFC 6749 §5.2: JSON with error and error_description, never cached."""

    name = "oauth"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        body = Answer.json(
            {"error": _OAUTH_CODES.get(refusal.error.code, refusal.error.code),
             "error_description": refusal.details or refusal.error.label}
        )
        no_store = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
        return Answer(
            refusal.error.status, body.body, body.media_type, no_store + _headers(refusal)
        )


class JsonDialect:
    """Our own labelled JSON, for services whose official error messages are not public."""

    name = "json"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        content = {
            "code": refusal.error.code, "libelle": refusal.error.label,
            "details": refusal.details, "emplacement": refusal.at,
            "attendu": refusal.expected, "trouve": refusal.found,
            "source": refusal.error.source, **refusal.extra,
        }
        answer = Answer.json({"erreur": {k: v for k, v in content.items() if v}})
        return Answer(refusal.error.status, answer.body, answer.media_type, _headers(refusal))


class HtmlDialect:
    """A plain French page for what a browser was sent to."""

    name = "html"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        text = escape(refusal.details or refusal.error.label)
        page = (
            '<!doctype html><html lang="fr"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Socle : demande refusée'
            f'</title><h1>Demande refusée</h1><p>{text}</p><p>Code : <code>'
            f"{escape(refusal.error.code)}</code></p><p>Bac à sable, données fictives.</p></html>"
        )
        return Answer(
            refusal.error.status, page.encode(), "text/html; charset=utf-8", _headers(refusal)
        )


class SmtpDialect:
    """An SMTP reply: "550 5.7.1 text". Used by mail transactions, never over HTTP."""

    name = "smtp"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        text = refusal.details or refusal.error.label
        line = " ".join(f"{refusal.error.smtp or '554 5.0.0'} {text}".split())
        # Replies are ASCII without SMTPUTF8: « refusé » is sent as « refuse ».
        plain = normalize("NFKD", line.replace("’", "'")).encode("ascii", "ignore")
        return Answer(refusal.error.status, plain, "text/plain")


OAUTH = OAuthDialect()
JSON = JsonDialect()
HTML = HtmlDialect()
SMTP = SmtpDialect()
