"""The token answer and its nine members (dossier §5)."""

from __future__ import annotations

from pro_sante_connect.codes import OPENID
from pro_sante_connect.domain import plain, rotation
from pro_sante_connect.domain.claims import (
    Claims,
    Issue,
    access_payload,
    id_claims,
    refresh_claims,
)
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.session import Family, Session
from pro_sante_connect.wire.addresses import issuer_of
from pro_sante_connect.wire.client_authentication import certificate_of
from pro_sante_connect.wire.faces import profile_for
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.population import Client, Professional


def issue_of(
    exchange: Exchange, client: Client, session: Session, professional: Professional,
    family: Family, access_id: str, nonce: str = "",
) -> Issue:
    """What the tokens of this answer will say."""
    return Issue(
        issuer_of(exchange), profile_for(exchange, client), session,
        professional, family.client_id, family.scopes, nonce, access_id,
        exchange.tenant.clock.seconds(),
        # Only in the espace de confiance: elsewhere a renewed certificate would end sessions.
        certificate_of(exchange) if client.space == "edc" else b"",
    )


async def answer(exchange: Exchange, issue: Issue, family: Family) -> Answer:
    """Sign and answer. `family.refresh_id` is the jti of the refresh token given here."""
    provider, ids = provider_of(exchange.sandbox), exchange.tenant.ids
    access, id_token = await provider.sign(
        access_payload(issue), _id_claims(issue, ids.uuid4()), rotation.current(exchange.tenant)
    )
    refresh = await provider.seal(refresh_claims(issue, family.refresh_id, family.id))
    exchange.caller = _caller(issue)
    members: dict[str, object] = {
        "access_token": access, "expires_in": issue.access_seconds,
        **({} if issue.profile.plain else {"refresh_expires_in": issue.refresh_seconds}),
        "refresh_token": refresh, "token_type": "Bearer",
    }
    if id_token is not None:
        members["id_token"] = id_token
    if not issue.profile.plain:
        members |= {"not-before-policy": 0, "session_state": issue.session.id}
    members["scope"] = " ".join(issue.scopes)
    return Answer.json(members, Cache_Control="no-store", Pragma="no-cache")


def _id_claims(issue: Issue, jti: str) -> Claims | None:
    if issue.profile.plain and OPENID in issue.scopes:
        return plain.id_claims(issue, jti)
    return id_claims(issue, jti)


def _caller(issue: Issue) -> Caller:
    who = issue.professional
    return Caller(
        who.id_nat, who.prenom, who.nom, who.profession, issue.client_id, issue.session.id,
        " ".join(issue.scopes), 0,
    )
