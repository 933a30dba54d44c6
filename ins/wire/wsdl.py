"""The contract, for client generators: WSDL and schemas at addresses that do not change."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ins.wire import BASE, schemas
from ins.wire.faults import TLSI
from services.kernel import errors
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

XML = "text/xml; charset=utf-8"
_CONTRACTS = {"": "icir.wsdl", "icir": "icir.wsdl", "idir": "idir.wsdl"}


@transaction(
    "ins.wsdl", name="Contrat du téléservice (WSDL)",
    spec="Contrats ICIR 1.5.0 et IDIR 1.0.1, noms publiés, textes de Socle", dialect=TLSI,
    routes=(f"GET {BASE}",), fidelity="derived",
)
async def wsdl(exchange: Exchange) -> Answer:
    asked = {name.lower(): value.lower() for name, value in exchange.query}
    contract = _CONTRACTS.get(asked["wsdl"]) if "wsdl" in asked else None
    if contract is None:
        raise errors.METHOD_NOT_ALLOWED(
            "Un GET ne donne que le contrat.", expected="POST, ou ?wsdl, ou ?wsdl=idir",
            found=exchange.method, headers={"Allow": "GET, POST"},
        )
    text = schemas.content(contract).decode()
    return Answer(200, text.replace("{address}", escape(_address(exchange))).encode(), XML)


@transaction(
    "ins.schemas", name="Schémas du téléservice (XSD)",
    spec="Noms publiés, textes de Socle", dialect=TLSI, routes=("GET /ins/schemas/{name}",),
    fidelity="derived",
)
async def schema(exchange: Exchange) -> Answer:
    name = exchange.path_params["name"]
    if name not in schemas.NAMES:
        raise errors.UNKNOWN_PATH(expected=", ".join(sorted(schemas.NAMES)))
    return Answer(200, schemas.content(name), XML)


def _address(exchange: Exchange) -> str:
    """Where the contract says to call: where it was asked for."""
    if exchange.front is not None:
        return exchange.front.origin + exchange.front.path(BASE)
    if exchange.tls is not None:
        origin: str = exchange.sandbox.endpoints["https"]
        return origin + exchange.tenant.url_prefix + BASE
    return exchange.base_url + BASE
