"""Pro Santé Connect: the OpenID Connect provider of French health professionals."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pro_sante_connect import codes, errors
from pro_sante_connect.activation.portal import portal
from pro_sante_connect.confiance import errors as confiance_errors
from pro_sante_connect.confiance import rules as confiance_rules
from pro_sante_connect.confiance.documents import as_certs, as_discovery
from pro_sante_connect.confiance.judging import as_introspect, as_revoke
from pro_sante_connect.confiance.token import as_token
from pro_sante_connect.control import build_router
from pro_sante_connect.delegation import errors as delegation_errors
from pro_sante_connect.delegation.broker import broker, delegation
from pro_sante_connect.delegation.institution import fi_auth, fi_discovery, fi_keys, fi_token
from pro_sante_connect.domain.provider import Provider
from pro_sante_connect.proxy import connecting
from pro_sante_connect.proxy import errors as proxy_errors
from pro_sante_connect.proxy.conformity import signsessiondata
from pro_sante_connect.proxy.connect import proxy_connect, proxy_disconnect
from pro_sante_connect.proxy.dialect import PROXY
from pro_sante_connect.proxy.send import proxy_send
from pro_sante_connect.proxy.traces import proxy_traces
from pro_sante_connect.rules import authorization, back_channel, clients, tokens
from pro_sante_connect.rules import ciba as ciba_rules
from pro_sante_connect.rules import logout as logout_rules
from pro_sante_connect.wire import notifying
from pro_sante_connect.wire.auth import auth
from pro_sante_connect.wire.certs import certs
from pro_sante_connect.wire.ciba import ciba
from pro_sante_connect.wire.devices import devices
from pro_sante_connect.wire.discovery import discovery
from pro_sante_connect.wire.introspect import introspect
from pro_sante_connect.wire.login import login
from pro_sante_connect.wire.logout import logout
from pro_sante_connect.wire.page import RESOURCE, pages
from pro_sante_connect.wire.par import par
from pro_sante_connect.wire.revoke import revoke
from pro_sante_connect.wire.token import token
from pro_sante_connect.wire.userinfo import userinfo
from pro_sante_connect.wire.verification import PscTokens
from services.kernel.dialects import JSON, OAUTH
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.sandbox import Sandbox
from services.kernel.transactions import Service

__all__ = ["SERVICE"]


async def _start(sandbox: Sandbox) -> None:
    """Keys are read (or made) in the background: the listeners do not wait for them."""
    sandbox.resources["psc"] = Provider(sandbox.data / "psc")
    sandbox.resources[RESOURCE] = pages()
    sandbox.resources[notifying.RESOURCE] = set()
    sandbox.resources[connecting.RESOURCE] = asyncio.Semaphore(connecting.MOST_WAITING)


def _ports(sandbox: Sandbox) -> Mapping[str, Any]:
    return {"tokens": PscTokens(sandbox)}


SERVICE = Service(
    id="psc",
    name="Pro Santé Connect",
    prefixes={"/psc": OAUTH, "/dmp/api-lps": OAUTH, "/psc/proxy": PROXY, "/mockservice": JSON},
    transactions=(
        discovery, auth, login, token, userinfo, certs, introspect, revoke, logout,
        par, ciba, devices,
        as_discovery, as_token, as_introspect, as_revoke, as_certs,
        portal, broker, delegation, fi_discovery, fi_auth, fi_token, fi_keys,
        proxy_connect, proxy_send, proxy_disconnect, proxy_traces, signsessiondata,
    ),
    errors=(*catalogue(errors), *catalogue(confiance_errors), *catalogue(proxy_errors),
        *catalogue(delegation_errors)),
    rules=rules_of(
        authorization, back_channel, clients, tokens, ciba_rules, logout_rules,
        confiance_rules,
    ),
    control=build_router,
    start=_start,
    stop=notifying.hush,
    ports=_ports,
    hosts=dict.fromkeys(codes.TEST_HOSTS, "/psc"),
)
