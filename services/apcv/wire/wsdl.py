"""The contracts, for client generators. No official WSDL is public: these are of Socle."""

from __future__ import annotations

from importlib.resources import files
from xml.sax.saxutils import escape

from services.apcv.wire import AUTH, SCHEMAS, SIGN
from services.apcv.wire.faults import APCV
from services.kernel import errors
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.soap import contracts

XML = "text/xml; charset=utf-8"
NAMES = ("ApCV_AUTH.xsd", "ApCV_SIGN.xsd", *contracts.NAMES)
_DATA = files("services.apcv").joinpath("data")
_CONTRACTS = {AUTH: "auth.wsdl", SIGN: "sign.wsdl"}


@transaction(
    "apcv.wsdl", name="Contrats du service apCV (WSDL)", dialect=APCV, fidelity="derived",
    spec="Noms publics, textes de Socle", routes=(f"GET {AUTH}", f"GET {SIGN}"),
)
async def wsdl(exchange: Exchange) -> Answer:
    if not any(name.lower() == "wsdl" for name, _ in exchange.query):
        raise errors.METHOD_NOT_ALLOWED(
            "Un GET ne donne que le contrat.", expected="POST, ou ?wsdl", found=exchange.method,
            headers={"Allow": "GET, POST"},
        )
    path = exchange.path.rstrip("/")
    text = _DATA.joinpath(_CONTRACTS[path]).read_text("utf-8")
    address, schemas = _address(exchange, path), _address(exchange, SCHEMAS)
    made = text.replace("{address}", escape(address)).replace("{schemas}", escape(schemas))
    return Answer(200, made.encode(), XML)


@transaction(
    "apcv.schemas", name="Schémas du service apCV (XSD)", dialect=APCV, fidelity="derived",
    spec="Noms publics, textes de Socle", routes=(f"GET {SCHEMAS}/{{name}}",),
)
async def schema(exchange: Exchange) -> Answer:
    name = exchange.path_params["name"]
    if name not in NAMES:
        raise errors.UNKNOWN_PATH(expected=", ".join(NAMES))
    own = _DATA.joinpath(name)
    return Answer(200, contracts.content(name) if name in contracts.NAMES else own.read_bytes(),
                  XML)


def _address(exchange: Exchange, path: str) -> str:
    """Where the contract says to call: where it was asked for."""
    if exchange.front is not None:
        return exchange.front.origin + exchange.front.path(path)
    if exchange.tls is not None:
        origin: str = exchange.sandbox.endpoints["https"]
        return origin + exchange.tenant.url_prefix + path
    return exchange.base_url + path
