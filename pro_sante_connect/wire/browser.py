"""What a browser keeps: the session cookie, and the cookie that ties a log-in page to it."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from pro_sante_connect import codes
from services.kernel.exchange import Exchange

SESSION = "socle_psc_session"
LOGIN = "socle_psc_login"


def cookie_of(exchange: Exchange, name: str) -> str:
    """The value of a cookie, or ""."""
    for header in exchange.raw_headers:
        if header[0] != b"cookie":
            continue
        for part in header[1].decode("latin-1").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
    return ""


def set_cookie(exchange: Exchange, name: str, value: str) -> tuple[str, str]:
    """A header that gives the browser this cookie; an empty value takes it back."""
    own = urlsplit(exchange.base_url)
    age = "" if value else "; Max-Age=0"
    is_secure = exchange.front or own.scheme == "https" or exchange.path.startswith(codes.PLAIN)
    secure = "; Secure" if is_secure else ""
    path = "/" if exchange.front else f"{own.path}/psc"
    return "Set-Cookie", f"{name}={value}; Path={path}; HttpOnly; SameSite=Lax{age}{secure}"


def digest(value: str) -> str:
    """SHA-256 in hexadecimal: what is stored of a cookie or of a code."""
    return hashlib.sha256(value.encode()).hexdigest()
