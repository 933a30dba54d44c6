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
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException

from services.kernel import limits
from services.kernel.asgi import ASGIApp, Receive, Scope, Send
from services.kernel.database import StorageFailure
from services.kernel.exchange import Answer
from services.kernel.hosts import is_official
from services.kernel.tenants import SECRET, Tenant, Tenants
from services.settings import Settings

OPEN = ("/health", "/pki/")
INSTALLATION = ("/sandbox/tenants", "/sandbox/certificates/server")
"""What no tenant's secret opens."""
JSON_ONLY = ("/sandbox", "/console", "/docs")
"""Beginnings of the paths that can change something here."""
CLOSE = ("connection", "close")
"""The rest of such a request is not waited for."""
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_BODY = 2 * 1024 * 1024
LARGER = {
    "/sandbox/identities/import": 64 * 1024 * 1024,
    "/sandbox/certificates/anchors": 16 * 1024 * 1024,
}
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


def credentials(authorization: str) -> bytes:
    """What an Authorization header holds: a bearer's token, or the password of HTTP Basic; b"" for
    anything else."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.encode("latin-1", "replace")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def is_shared(settings: Settings) -> bool:
    """Whether others than this machine's user reach the installation: what is a tenant's then wants
    its secret."""
    return not is_loopback(settings.host)


def opens(given: bytes, settings: Settings, tenant: Tenant | None) -> bool:
    """Whether that is the administrator's token, or the tenant's secret, known by its digest."""
    digest = "" if tenant is None else str(tenant.settings.get(SECRET, ""))
    return bool(given) and (
        hmac.compare_digest(given, settings.admin_token.encode())
        or hmac.compare_digest(hashlib.sha256(given).hexdigest(), digest)
    )


def is_admitted(given: bytes, settings: Settings, tenant: Tenant) -> bool:
    """Whether who gives that, b"" for nothing, may use what is the tenant's."""
    return not is_shared(settings) or opens(given, settings, tenant)


class Guard:
    """ASGI middleware around the control API, the console and the docs."""

    def __init__(self, app: ASGIApp, settings: Settings, tenants: Tenants | None = None) -> None:
        self._app = app
        self._tenants = tenants
        self._settings = settings
        self._local = not is_shared(settings)
        self._public_host = urlsplit(settings.public_url).hostname or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        refusal = _excess(scope.get("socle.excess", ""))
        limit = LARGER.get(path, MAX_BODY)
        guarded = not (path == OPEN[0] or path.startswith(OPEN[1]))
        if refusal is None and (guarded or scope["socle.tenant"] is None):
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            try:
                owner = None if self._local else await self._owner(scope["socle.tenant"], path)
                refusal = self.refusal(scope["method"], headers, owner, limit, path)
            except StorageFailure:
                refusal = _refuse(503, "storage", "La base de données ne répond pas.")
        if refusal is None:
            await self._app(scope, _bounded(receive, limit), send)
            return
        await send({
            "type": "http.response.start", "status": refusal.status,
            "headers": [(b"content-type", b"application/json"), (b"content-length",
                         str(len(refusal.body)).encode()),
                        *((n.encode(), v.encode()) for n, v in refusal.headers)],
        })
        await send({"type": "http.response.body", "body": refusal.body})

    def refusal(
        self, method: str, headers: Mapping[str, str], owner: Tenant | None = None,
        limit: int = MAX_BODY, path: str = JSON_ONLY[0],
    ) -> Answer | None:
        """What is wrong with this request, or None. owner: whose secret opens it too."""
        host = headers.get("host", "")
        name = _name(f"//{host}")
        if is_official(name):
            return _refuse(421, "hote", f"{name} est un nom des services réels.")
        if self._local and not (is_loopback(name) or (name and name == self._public_host)):
            return _refuse(421, "hote", f"L'hôte « {name} » n'est pas celui du bac à sable.")
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2] != host:
            return _refuse(403, "origine", "Appel venu d'une autre origine.")
        if headers.get("sec-fetch-site", "none") == "cross-site" and method in CHANGES:
            return _refuse(403, "origine", "Appel venu d'un autre site.")
        if not self._local and not opens(
            credentials(headers.get("authorization", "")), self._settings, owner
        ):
            return _refuse(
                401, "jeton", "Le jeton d'administration (SOCLE_ADMIN_TOKEN) est attendu, ou le "
                "secret de l'espace pour ce qui n'est qu'à lui.",
                ("www-authenticate", 'Basic realm="socle"'),
            )
        if headers.get("content-length", "0").isdigit():
            if int(headers.get("content-length", "0")) > limit:
                return _refuse(413, "taille", f"Au plus {limit} octets.", CLOSE)
        elif method in CHANGES:
            return _refuse(400, "taille", "Content-Length illisible.")
        if headers.get("content-encoding", "identity").lower() != "identity":
            return _refuse(415, "type", "Les corps compressés ne sont pas acceptés.")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        # Whoever mistypes the address of a service is told that there is nothing there.
        takes_json = path.startswith(JSON_ONLY) and method in CHANGES - {"DELETE"}
        if takes_json and media_type != "application/json":
            return _refuse(415, "type", "L'API de contrôle attend du JSON (application/json).")
        return None

    async def _owner(self, tenant: str | None, path: str) -> Tenant | None:
        """The tenant, where its secret opens something."""
        everyone = any(path == each or path.startswith(f"{each}/") for each in INSTALLATION)
        if self._tenants is None or tenant is None or everyone:
            return None
        return await self._tenants.recall(tenant)


def _name(url: str) -> str:
    """Its host name, "" when there is none or it is no URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _excess(what: str) -> Answer | None:
    """For a head that is too long (see `services.kernel.http_protocol`)."""
    if what == "target":
        return _refuse(414, "adresse", f"Au plus {limits.TARGET_BYTES} octets.", CLOSE)
    if what == "headers":
        return _refuse(
            431, "en-tetes", f"Au plus {limits.HEADERS} en-têtes, {limits.HEADER_BYTES} octets.",
            CLOSE,
        )
    return None


def _bounded(receive: Receive, limit: int) -> Receive:
    """The body, whose length may be unannounced, up to the limit."""
    left = limit

    async def bounded() -> Any:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(
                413, {"code": "taille", "libelle": f"Au plus {limit} octets."},
                headers=dict((CLOSE,)),
            )
        return message

    return bounded


def _refuse(status: int, code: str, label: str, *headers: tuple[str, str]) -> Answer:
    body = Answer.json({"erreur": {"code": code, "libelle": label}}).body
    return Answer(status, body, "application/json", headers)
