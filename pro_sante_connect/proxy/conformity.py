"""psc.signsessiondata: the API that conformity tests call through a proxy (dossier §12.6)."""

from __future__ import annotations

from typing import Any

from pro_sante_connect.domain import rotation
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.proxy.backends import CONFORMITY
from services.kernel import errors as kernel_errors
from services.kernel.authentication import REALM, bearer
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

MEMBERS = ("nationalId", "clientID", "proxy_session_id", "session_state")


@transaction(
    "psc.signsessiondata",
    name="API de conformité de l'espace de confiance",
    spec="ANS, API PSC de tests de conformité : /signsessiondata",
    dialect=JSON,
    routes=(f"POST {CONFORMITY}/signsessiondata",),
    fidelity="derived",
    max_body=16 * 1024,
)
async def signsessiondata(exchange: Exchange) -> Answer:
    """The session's data, signed: who calls must be who they say, with the token's certificate."""
    caller = await bearer(exchange, api="signsessiondata")
    content = exchange.json()
    data = _data(content)
    expected = {"nationalId": caller.id_nat, "clientID": caller.client_id}
    for name, value in expected.items():
        if data[name] != value:
            raise kernel_errors.TOKEN_INVALID(
                f"{name} n'est pas celui du jeton.", at=name, expected=value, found=data[name],
                headers={"WWW-Authenticate": REALM + ', error="invalid_token"'},
            )
    # DEFAULT(signature of the conformity API): a JWT of the data; its real form is not public.
    signature = await provider_of(exchange.sandbox).sign_as(
        "JWT", {**data, "iat": exchange.tenant.clock.seconds()}, rotation.current(exchange.tenant)
    )
    return Answer.json({**data, "signature": signature}, cache_control="no-store")


def _data(content: Any) -> dict[str, str]:
    """The four members. Raises MALFORMED."""
    if not isinstance(content, dict):
        raise kernel_errors.MALFORMED(at="corps", expected="un objet JSON")
    for name in MEMBERS:
        value = content.get(name)
        if not isinstance(value, str) or not value:
            raise kernel_errors.MALFORMED(f"{name} est attendu.", at=name)
    return {name: content[name] for name in MEMBERS}
