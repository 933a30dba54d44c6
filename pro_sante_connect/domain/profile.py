"""Dated profiles: what changed over the years in metadata, tokens and lifetimes, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pro_sante_connect.codes import EIDAS1, EIDAS3
from pro_sante_connect.domain.settings import settings_of
from services.kernel.tenants import Tenant
from services.population import Client

SessionState = Literal["opaque", "uuid"]
Cnf = Literal["ans", "rfc8705"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How the service answered at a date. Lifetimes are in seconds.

    session_state: form of `sid` and `session_state`; leading, trailing: scopes granted before and
    after the requested ones; nonce_in_access_token: DRIMbox compares it in both tokens;
    duplicate_acr: the access token has `acr` twice, first "1", and parsers keep the last; cnf:
    encoding of the thumbprint of a certificate; email_verified, auth_mode, other_ids: whether
    tokens and userinfo have the claim; names_subject: whether the access token has SubjectNameID;
    civilite: where userinfo puts codeCivilite; structure_ids: whether it says how structures are
    registered; says_issuer: `iss` in the callback (RFC 9207); metadata: which discovery document;
    plain: the face of the OpenID specifications, which PSC itself does not have.
    """

    id: str
    code_seconds: int = 60
    access_seconds: int = 120
    refresh_seconds: int = 1800
    session_seconds: int = 4 * 3600
    idle_seconds: int = 1800
    id_token_acr: str = EIDAS1
    access_token_acr: str = EIDAS1
    session_state: SessionState = "opaque"
    nonce_in_access_token: bool = True
    leading: tuple[str, ...] = ("profile",)
    trailing: tuple[str, ...] = ("identity",)
    pushed_seconds: int = 60
    ciba_seconds: int = 120
    ciba_interval: int = 5
    duplicate_acr: bool = False
    cnf: Cnf = "ans"
    email_verified: bool = False
    auth_mode: bool = True
    other_ids: bool = True
    sid_in_access_token: bool = True
    userinfo_needs_openid: bool = True
    names_subject: bool = True
    civilite: Literal["top", "SubjectRefPro"] = "top"
    structure_ids: bool = True
    says_issuer: bool = True
    metadata: Literal["2021", "2023", "2024"] = "2024"
    plain: bool = False

    def granted(self, requested: tuple[str, ...]) -> tuple[str, ...]:
        """Scopes of the answer: wider than the request, in the order seen in samples."""
        first = tuple(scope for scope in requested if scope == "openid")
        wider = (*first, *self.leading, *requested, *self.trailing)
        return tuple(dict.fromkeys(wider))

    @property
    def always_granted(self) -> tuple[str, ...]:
        return self.leading + self.trailing


# DEFAULT(code lifetime): 60 s, the engine's default; source unknown for the real service.
# DEFAULT(pushed request lifetime): 60 s, the engine's default; source unknown for the real service.
# DEFAULT(CIBA interval): 5 s, the engine's default; source unknown for the real service.
P2026 = Profile("2026")
P2023_11 = replace(P2026, id="2023-11", session_state="uuid", says_issuer=False, metadata="2023")
# DEFAULT(userinfo without openid): refused by engines of the end of 2022 and later.
# DEFAULT(acr of the access token in 2023): eidas3 was seen after a card; here by any means.
P2023_02 = replace(
    P2023_11, id="2023-02", access_token_acr=EIDAS3, names_subject=False, civilite="SubjectRefPro"
)
P2021 = replace(
    P2023_02, id="2021", access_seconds=60, leading=("profile", "email"), trailing=(),
    duplicate_acr=True, email_verified=True, auth_mode=False, other_ids=False,
    sid_in_access_token=False, userinfo_needs_openid=False, structure_ids=False,
    metadata="2021",
)

PLAIN = replace(
    P2026, id="oidf", nonce_in_access_token=False, leading=(), trailing=(), auth_mode=False,
    names_subject=False, cnf="rfc8705", plain=True,
)
"""Of the plain face; no tenant nor client chooses it."""

PROFILES: Mapping[str, Profile] = {each.id: each for each in (P2021, P2023_02, P2023_11, P2026)}


def profile_of(tenant: Tenant, client: Client | None = None) -> Profile:
    """The client's own profile, else the tenant's, else the current one; with its quirks."""
    settings = settings_of(tenant)
    wanted = client.profile if client is not None and client.profile else settings.profile
    profile = PROFILES.get(wanted, P2026)
    return replace(profile, **settings.quirks) if settings.quirks else profile
