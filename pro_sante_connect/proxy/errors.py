"""The refusals of the proxy e-santé. Texts are those of the public proxy, in English."""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_API = "API Proxy e-Santé (ANS), OpenAPI et proxy public"
_SOCLE = "Socle: no official text"

MEMBER_MISSING = CatalogueError(
    "400", "A value is missing", "member of /connect or parameter of /traces that is absent", _API,
    400, "derived",
)
CHANNEL = CatalogueError(
    "400", "channel value … is invalid", "channel other than CARD and MOBILE", _API, 400, "derived"
)
PATH = CatalogueError(
    "400", "Path is invalid", "endpoint with dot segments or control characters", _SOCLE, 400,
    "default",
)
DATE = CatalogueError(
    "400", "Date is invalid", "start or end that is no ISO 8601 instant", _SOCLE, 400, "default"
)
NO_SESSION = CatalogueError(
    "401", "Session ID not found.", "no cookie, or of a session that is over", _API, 401
)
NOT_AUTHENTICATED = CatalogueError(
    "401", "Authentication failed: …",
    "refused by Pro Santé Connect or by the authorization server of an API", _API, 401, "derived",
)
NOT_FOUND = CatalogueError(
    "404", "User National ID or Software Client ID Not Found.",
    "nationalId or clientId that nobody knows", _API, 404,
)
BACKEND_NOT_FOUND = CatalogueError(
    "404", "Backend not found.", "/send to a back end that is not configured", _SOCLE, 404,
    "default",
)
UNAVAILABLE = CatalogueError(
    "503", "Pro Santé Connect is unavailable.",
    "no answer, or 502 to 504, of Pro Santé Connect or an authorization server; too many at once",
    _API, 503, "derived",
)
BACKEND_UNREACHABLE = CatalogueError(
    "502", "Backend is unreachable.", "back end that is down, or that may not be called", _API, 502,
    "derived",
)
BACKEND_TIMEOUT = CatalogueError(
    "504", "Backend did not answer in time.", "back end that takes over thirty seconds", _API, 504,
    "derived",
)
