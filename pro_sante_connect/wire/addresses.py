"""Where the provider is, as the client that came in sees it; the plain face has one address.

By its usual address all of it is below the tenant's. By an official test name it is where reality
has it: the wallet on `wallet.…`, the engine on `auth.…`, whose issuer is said on both (dossier §2).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pro_sante_connect import codes
from pro_sante_connect.wire.faces import is_plain
from services.kernel.exchange import Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

WALLET, ENGINE = "//wallet.", "//auth."
OFFICIAL_REALM = codes.REALM.removeprefix("/psc")


def engine(exchange: Exchange, path: str) -> str:
    """Address of one of the engine's paths."""
    return _address(exchange, path, WALLET, ENGINE)


def wallet(exchange: Exchange, path: str) -> str:
    """Address of one of the wallet's paths."""
    return _address(exchange, path, ENGINE, WALLET)


def issuer_of(exchange: Exchange) -> str:
    """The `iss` that this client expects: that of the metadata it can read."""
    if is_plain(exchange):
        return plain_issuer(exchange.sandbox, exchange.tenant)
    return engine(exchange, codes.REALM)


def issuer(sandbox: Sandbox, tenant: Tenant) -> str:
    """The `iss` of the tenant at the sandbox's own address."""
    return sandbox.public_url + tenant.url_prefix + codes.REALM


def plain_issuer(sandbox: Sandbox, tenant: Tenant) -> str:
    """The `iss` of the tenant's plain face: always HTTPS, as the specifications want it."""
    secure: str = sandbox.endpoints["https"]
    return secure + tenant.url_prefix + codes.PLAIN


def is_ours(exchange: Exchange, iss: str) -> bool:
    """Whether tokens that say this can be of the face that was called."""
    if is_plain(exchange):
        return iss == issuer_of(exchange)
    return is_issuer(exchange.sandbox, exchange.tenant, iss)


def is_issuer(sandbox: Sandbox, tenant: Tenant, iss: str) -> bool:
    """Whether tokens that say this can be the tenant's; which tenant's, the store tells."""
    if iss == issuer(sandbox, tenant):
        return True
    try:
        parts = urlsplit(iss)
    except ValueError:
        return False
    return (parts.scheme == "https" and parts.path == OFFICIAL_REALM
            and parts.hostname in codes.TEST_HOSTS)


def _address(exchange: Exchange, path: str, other: str, host: str) -> str:
    if exchange.front is None:
        return exchange.base_url + path
    return exchange.front.origin.replace(other, host, 1) + exchange.front.path(path)
