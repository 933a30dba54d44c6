"""psc.userinfo: who the professional is, with every activity and structure."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.claims import Claims, id_nat_of
from pro_sante_connect.domain.userinfo import userinfo as content_of
from pro_sante_connect.wire.form import FORM, form_of
from pro_sante_connect.wire.verification import live_claims
from services.kernel.clock import SECOND
from services.kernel.dialects import OAUTH
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.transactions import transaction
from services.population import Structure, people

CHALLENGE = f'Bearer realm="{codes.REALM_NAME}"'


@transaction(
    "psc.userinfo",
    name="Identité du professionnel",
    spec="Pro Santé Connect, documentation technique ; OpenID Connect Core §5.3",
    dialect=OAUTH,
    routes=(f"GET {codes.CONNECT}/userinfo", f"POST {codes.CONNECT}/userinfo"),
    fidelity="official",
    max_body=64 * 1024,
)
async def userinfo(exchange: Exchange) -> Answer:
    """The token goes in the header, or in the form of a POST (RFC 6750 §2.2)."""
    token = _token(exchange)
    if not token:
        raise errors.TOKEN_NOT_PROVIDED(at="Authorization", headers={"WWW-Authenticate": CHALLENGE})
    claims = await live_claims(exchange.sandbox, exchange.tenant, token)
    if claims is None:
        raise _challenge(errors.TOKEN_NOT_VALID)
    if codes.OPENID not in claims["scope"].split():
        raise _challenge(errors.SCOPE_OPENID)
    return await _answer(exchange, claims)


async def _answer(exchange: Exchange, claims: Claims) -> Answer:
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(id_nat_of(claims["sub"]))
    if professional is None:
        raise _challenge(errors.TOKEN_NOT_VALID)
    exchange.caller = Caller(
        professional.id_nat, professional.prenom, professional.nom, professional.profession,
        claims["azp"], claims["sid"], claims["scope"], claims["exp"] * SECOND,
    )
    structures: dict[str, Structure] = {}
    for structure_id in professional.structure_ids:
        structure = await who.structure(structure_id)
        if structure is not None:
            structures[structure_id] = structure
    content = content_of(professional, structures, claims["authMode"])
    return Answer.json(content, cache_control="no-cache")


def _token(exchange: Exchange) -> str:
    scheme, _, token = exchange.header("authorization").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if exchange.method == "POST" and exchange.media_type == FORM:
        return form_of(exchange).get("access_token")
    return ""


def _challenge(error: CatalogueError) -> Refusal:
    challenge = f'{CHALLENGE}, error="{error.code}", error_description="{error.label}"'
    return error(at="Authorization", headers={"WWW-Authenticate": challenge})
