"""psc.userinfo: who the professional is, with every activity and structure."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain import plain
from pro_sante_connect.domain.binding import is_bound_elsewhere
from pro_sante_connect.domain.claims import ASKED, Claims, id_nat_of
from pro_sante_connect.domain.profile import Profile
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.userinfo import userinfo as content_of
from pro_sante_connect.rules import tokens as rules
from pro_sante_connect.wire.client_authentication import certificate_of
from pro_sante_connect.wire.faces import profile_for
from pro_sante_connect.wire.form import FORM, form_of
from pro_sante_connect.wire.verification import if_alive
from services.kernel.clock import SECOND
from services.kernel.dialects import OAUTH
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.rules import observe
from services.kernel.transactions import transaction
from services.population import Structure, people

RULES = (
    rules.token_is_in_time, rules.token_is_an_access_token, rules.token_is_in_the_header,
)
CHALLENGE = f'Bearer realm="{codes.REALM_NAME}"'


@transaction(
    "psc.userinfo",
    name="Identité du professionnel",
    spec="Pro Santé Connect, documentation technique ; OpenID Connect Core §5.3",
    dialect=OAUTH,
    routes=(
        f"GET {codes.CONNECT}/userinfo", f"POST {codes.CONNECT}/userinfo",
        f"GET {codes.PLAIN}/userinfo", f"POST {codes.PLAIN}/userinfo",
    ),
    fidelity="official",
    max_body=64 * 1024,
)
async def userinfo(exchange: Exchange) -> Answer:
    """The token goes in the header, or in the form of a POST (RFC 6750 §2.2)."""
    token = _token(exchange)
    if any(name == "access_token" for name, _ in exchange.query):
        now = exchange.tenant.clock.seconds()
        observe(exchange, RULES, rules.Shown(None, now, in_query=True))
    if not token:
        raise errors.TOKEN_NOT_PROVIDED(at="Authorization", headers={"WWW-Authenticate": CHALLENGE})
    read = await provider_of(exchange.sandbox).verify(token)
    observe(exchange, RULES, rules.Shown(read, exchange.tenant.clock.seconds()))
    claims = await if_alive(exchange, read)
    if claims is None:
        raise _challenge(errors.TOKEN_NOT_VALID)
    client = await people(exchange.sandbox.database, exchange.tenant).client(claims["azp"])
    profile = profile_for(exchange, client)
    if profile.userinfo_needs_openid and codes.OPENID not in claims["scope"].split():
        raise _challenge(errors.SCOPE_OPENID)
    if is_bound_elsewhere(claims, certificate_of(exchange)):
        raise _challenge(errors.TOKEN_BOUND)
    return await _answer(exchange, claims, profile)


async def _answer(exchange: Exchange, claims: Claims, profile: Profile) -> Answer:
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(id_nat_of(claims["sub"]))
    if professional is None:
        raise _challenge(errors.TOKEN_NOT_VALID)
    exchange.caller = Caller(
        professional.id_nat, professional.prenom, professional.nom, professional.profession,
        claims["azp"], claims["session_state"], claims["scope"], claims["exp"] * SECOND,
    )
    structures: dict[str, Structure] = {}
    for structure_id in professional.structure_ids:
        structure = await who.structure(structure_id)
        if structure is not None:
            structures[structure_id] = structure
    content = content_of(professional, structures, profile, claims.get("authMode", ""))
    if profile.plain:
        boxes = await who.mailboxes_of(professional.id)
        first = next(iter(structures.values()), None)
        person = plain.Person(professional, boxes[0].address if boxes else "", first)
        content = plain.userinfo(person, claims["scope"].split(), claims.get(ASKED, ()), content)
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
