"""Claims of the tokens (dossier §6): what each says, never how it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from pro_sante_connect.codes import FEDERATION, OPENID
from pro_sante_connect.domain.binding import confirmation
from pro_sante_connect.domain.profile import Profile
from pro_sante_connect.domain.session import Session
from services.population import Professional

Claims = dict[str, Any]
ASKED = "asked_claims"
"""Claim of access and refresh tokens of the plain face: see `Issue.asked`."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One answer of the token endpoint about to be signed.

    access_id: `jti` of the access token; now: seconds, tenant's clock; certificate: DER of what
    the tokens are bound to, empty for nothing; asked: claims of userinfo that the client asked for
    by name, on the plain face.
    """

    issuer: str
    profile: Profile
    session: Session
    professional: Professional
    client_id: str
    scopes: tuple[str, ...]
    nonce: str
    access_id: str
    now: int
    certificate: bytes = b""
    asked: tuple[str, ...] = ()

    @property
    def access_seconds(self) -> int:
        return min(self.profile.access_seconds, self.session.ends(self.profile) - self.now)

    @property
    def refresh_seconds(self) -> int:
        return min(self.profile.refresh_seconds, self.session.ends(self.profile) - self.now)


def subject(id_nat: str) -> str:
    """The technical identifier: never to be read as the national one."""
    return f"f:{FEDERATION}:{id_nat}"


def id_nat_of(sub: str) -> str:
    """The national identifier inside our own `sub`; it may hold `/`."""
    return sub.removeprefix(f"f:{FEDERATION}:")


def other_ids(professional: Professional) -> list[Claims]:
    """`otherIds`, with this casing; the identifier keeps its type prefix."""
    return [
        {"identifiant": professional.id_nat, "origine": professional.origine, "qualite": 1}
    ]


def access_claims(issue: Issue) -> Claims:
    """The access token. It has no `aud`: resource servers introspect it."""
    session, profile = issue.session, issue.profile
    return {
        "exp": issue.now + issue.access_seconds, **_common(issue, issue.access_id), "typ": "Bearer",
        "azp": issue.client_id,
        **({"nonce": issue.nonce} if profile.nonce_in_access_token else {}),
        "session_state": session.id, "acr": profile.access_token_acr,
        "scope": " ".join(issue.scopes),
        **({"sid": session.id} if profile.sid_in_access_token else {}), **_of_the_date(issue),
        **({"SubjectNameID": session.id_nat} if profile.names_subject else {}),
        "preferred_username": session.id_nat, **_cnf(issue), **_asked(issue),
    }


def access_payload(issue: Issue) -> bytes:
    """The access token's claims as JSON: in 2021, `acr` is there twice."""
    payload = orjson.dumps(access_claims(issue))
    if not issue.profile.duplicate_acr:
        return payload
    return payload.replace(b'"acr":', b'"acr":"1","acr":', 1)


def id_claims(issue: Issue, jti: str) -> Claims | None:
    """The ID token without its `at_hash`; None when `openid` was not asked for."""
    if OPENID not in issue.scopes:
        return None
    session, professional = issue.session, issue.professional
    nonce = {"nonce": issue.nonce} if issue.nonce else {}
    return {
        "exp": issue.now + issue.access_seconds, **_common(issue, jti), "aud": issue.client_id,
        "typ": "ID", "azp": issue.client_id, **nonce, "session_state": session.id,
        "acr": issue.profile.id_token_acr, "sid": session.id, **_of_the_date(issue),
        "SubjectNameID": session.id_nat,
        "preferred_username": session.id_nat, "given_name": professional.prenom,
        "family_name": professional.nom,
    }


def refresh_claims(issue: Issue, jti: str, family_id: str) -> Claims:
    """The refresh token. `reuse_id` names its family, as recent engines do."""
    session = issue.session
    return {
        "exp": issue.now + issue.refresh_seconds, "iat": issue.now, "jti": jti,
        "iss": issue.issuer, "aud": issue.issuer, "sub": subject(session.id_nat),
        "typ": "Refresh", "azp": issue.client_id, "nonce": issue.nonce,
        "session_state": session.id, "scope": " ".join(issue.scopes), "sid": session.id,
        "reuse_id": family_id, **_cnf(issue), **_asked(issue),
    }


def introspection(claims: Claims) -> Claims:
    """What introspection says of live claims; `SubjectNameID` for access tokens only."""
    shown = {name: value for name, value in claims.items() if name != "reuse_id"}
    username = id_nat_of(claims["sub"])
    return {**shown, "client_id": claims["azp"], "username": username, "active": True}


def _cnf(issue: Issue) -> Claims:
    if not issue.certificate:
        return {}
    return {"cnf": confirmation(issue.certificate, issue.profile.cnf)}


def _asked(issue: Issue) -> Claims:
    return {ASKED: list(issue.asked)} if issue.asked else {}


def _of_the_date(issue: Issue) -> Claims:
    """What tokens have had only at some dates."""
    profile = issue.profile
    return {
        **({"email_verified": False} if profile.email_verified else {}),
        **({"authMode": issue.session.mode} if profile.auth_mode else {}),
        **({"otherIds": other_ids(issue.professional)} if profile.other_ids else {}),
    }


def _common(issue: Issue, jti: str) -> Claims:
    return {
        "iat": issue.now, "auth_time": issue.session.auth_time, "jti": jti, "iss": issue.issuer,
        "sub": subject(issue.session.id_nat),
    }
