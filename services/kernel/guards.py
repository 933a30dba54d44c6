"""Who may reach the control API and the console: this machine's user, not the pages they visit.

On loopback the API is open, but `Host` must name this installation (no DNS rebinding), `Origin`
must be our own and changes must be JSON (no cross-site form). Bound elsewhere, it wants the
administrator's token, or the tenant's secret for what is the tenant's, as a bearer or as the
password of HTTP Basic.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from services.kernel.asgi import ASGIApp, Receive, Scope, Send
from services.kernel.exchange import Answer
from services.kernel.hosts import is_official
from services.kernel.tenants import SECRET, Tenants
from services.settings import Settings

OPEN = ("/health", "/pki/")
INSTALLATION = "/sandbox/tenants"
"""What no tenant's secret opens."""
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_BODY = 2 * 1024 * 1024
LARGER = {"/sandbox/identities/import": 64 * 1024 * 1024}
"""Paths whose body may be longer."""


def is_loopback(host: str) -> bool:
    """Whether a host name or literal can only mean this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware around the control API, the console and the docs."""

    def __init__(self, app: ASGIApp, settings: Settings, tenants: Tenants | None = None) -> None:
        self._app = app
        self._tenants = tenants
        self._token = settings.admin_token
        self._local = is_loopback(settings.host)
        self._public_host = urlsplit(settings.public_url).hostname or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        refusal = None
        if not (path == OPEN[0] or path.startswith(OPEN[1])) or scope["socle.tenant"] is None:
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            digest = "" if self._local else await self._digest(scope["socle.tenant"], path)
            limit = LARGER.get(path, MAX_BODY)
            refusal = self.refusal(scope["method"], headers, digest, limit)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await send({
            "type": "http.response.start", "status": refusal.status,
            "headers": [(b"content-type", b"application/json"), (b"content-length",
                         str(len(refusal.body)).encode()),
                        *((n.encode(), v.encode()) for n, v in refusal.headers)],
        })
        await send({"type": "http.response.body", "body": refusal.body})

    def refusal(
        self, method: str, headers: Mapping[str, str], digest: str = "", limit: int = MAX_BODY
    ) -> Answer | None:
        """What is wrong with this request, or None. digest: of a secret that opens it too."""
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if is_official(name):
            return _refuse(421, "hote", f"{name} est un nom des services réels.")
        if self._local and not (is_loopback(name) or (name and name == self._public_host)):
            return _refuse(421, "hote", f"L'hôte « {name} » n'est pas celui du bac à sable.")
        origin = headers.get("origin", "")
        if origin and urlsplit(origin).netloc != host:
            return _refuse(403, "origine", "Appel venu d'une autre origine.")
        if headers.get("sec-fetch-site", "none") == "cross-site" and method in CHANGES:
            return _refuse(403, "origine", "Appel venu d'un autre site.")
        if not self._local and not self._authorised(headers.get("authorization", ""), digest):
            return _refuse(
                401, "jeton", "Le jeton d'administration (SOCLE_ADMIN_TOKEN) est attendu, ou le "
                "secret de l'espace pour ce qui n'est qu'à lui.",
                ("www-authenticate", 'Basic realm="socle"'),
            )
        if headers.get("content-length", "0").isdigit():
            if int(headers.get("content-length", "0")) > limit:
                return _refuse(413, "taille", f"Au plus {limit} octets.")
        elif method in CHANGES:
            return _refuse(400, "taille", "Content-Length illisible.")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method in CHANGES - {"DELETE"} and media_type != "application/json":
            return _refuse(415, "type", "L'API de contrôle attend du JSON (application/json).")
        return None

    async def _digest(self, tenant: str | None, path: str) -> str:
        """Of the tenant's secret, where it opens something; "" when there is none."""
        everyone = path == INSTALLATION or path.startswith(INSTALLATION + "/")
        if self._tenants is None or tenant is None or everyone:
            return ""
        return str((await self._tenants.get(tenant)).settings.get(SECRET, ""))

    def _authorised(self, authorization: str, digest: str) -> bool:
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                decoded = base64.b64decode(credentials, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return False
            credentials = decoded.partition(":")[2]
        elif scheme.lower() != "bearer":
            return False
        given = credentials.encode()
        return hmac.compare_digest(given, self._token.encode()) or hmac.compare_digest(
            hashlib.sha256(given).hexdigest(), digest
        )


def _refuse(status: int, code: str, label: str, *headers: tuple[str, str]) -> Answer:
    body = Answer.json({"erreur": {"code": code, "libelle": label}}).body
    return Answer(status, body, "application/json", headers)
