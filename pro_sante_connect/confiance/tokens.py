"""What the tokens of an API say, never how they are signed (dossier §12.3, §12.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pro_sante_connect.confiance.apis import Form
from pro_sante_connect.domain.binding import confirmation
from pro_sante_connect.domain.profile import Cnf
from services.kernel.clock import SECOND
from services.population import Professional

Claims = dict[str, Any]
REFRESH_SECONDS = 1800
SESSION_SECONDS = 4 * 3600
# DEFAULT(session of the authorization server): four hours, as the longest token; source unknown.


@dataclass(frozen=True, slots=True)
class Access:
    """What one exchange gave: a client and a professional at one API, until it ends.

    id: `session_state` of the server, its own and not that of Pro Santé Connect; subject_jti: of
    the exchanged token; refresh_id: jti of the one valid refresh token; actor: JSON of `act`, ""
    without one; started: microseconds on the tenant's clock; seconds: of an access token.
    """

    id: str
    api: str
    client_id: str
    id_nat: str
    scope: str
    form: Form
    subject_jti: str
    refresh_id: str
    actor: str
    started: int
    seconds: int

    @property
    def ends(self) -> int:
        """Second at which everything it gave is over."""
        return self.started // SECOND + SESSION_SECONDS


@dataclass(frozen=True, slots=True)
class Given:
    """One answer about to be signed. now: seconds; certificate: DER of who asked."""

    access: Access
    professional: Professional
    issuer: str
    audience: str
    now: int
    certificate: bytes
    cnf: Cnf
    act: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        return min(self.access.seconds, self.access.ends - self.now)

    @property
    def refresh_seconds(self) -> int:
        return min(REFRESH_SECONDS, self.access.ends - self.now)


def subject(issuer: str, form: Form, id_nat: str) -> str:
    """The national identifier, or as the engine does, a UUID that means nothing elsewhere."""
    if form == "ci-sis":
        return id_nat
    digest = hashlib.sha256(f"{issuer} {id_nat}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def access_claims(given: Given, jti: str) -> Claims:
    """The access token. The engine's has `account` and the client for audience."""
    access = given.access
    engine = access.form == "keycloak"
    return {
        "exp": given.now + given.seconds, **_common(given, jti), "typ": "Bearer",
        "aud": ["account", access.client_id] if engine else given.audience,
        "azp": access.client_id, "session_state": access.id, "acr": "1", "scope": access.scope,
        "sid": access.id, "email_verified": False, **_person(given.professional),
        **({"act": dict(given.act)} if given.act else {}),
        "cnf": confirmation(given.certificate, given.cnf),
    }


def id_claims(given: Given, jti: str) -> Claims | None:
    """The ID token without its `at_hash`; None when `openid` is not in the scope."""
    access = given.access
    if "openid" not in access.scope.split():
        return None
    return {
        "exp": given.now + given.seconds, **_common(given, jti), "typ": "ID",
        "aud": access.client_id, "azp": access.client_id, "session_state": access.id, "acr": "1",
        "sid": access.id, "email_verified": False, **_person(given.professional),
    }


def refresh_claims(given: Given) -> Claims:
    """The refresh token: bound as the access token is."""
    access = given.access
    return {
        "exp": given.now + given.refresh_seconds, **_common(given, access.refresh_id),
        "aud": given.issuer, "typ": "Refresh", "azp": access.client_id,
        "session_state": access.id, "scope": access.scope, "sid": access.id,
        "cnf": confirmation(given.certificate, given.cnf),
    }


def _common(given: Given, jti: str) -> Claims:
    access = given.access
    return {
        "iat": given.now, "jti": jti, "iss": given.issuer,
        "sub": subject(given.issuer, access.form, access.id_nat),
    }


def _person(who: Professional) -> Claims:
    return {
        "name": f"{who.prenom} {who.nom}", "SubjectNameID": who.id_nat,
        "preferred_username": who.id_nat, "given_name": who.prenom, "family_name": who.nom,
    }
