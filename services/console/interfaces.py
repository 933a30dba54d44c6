"""The page of transactions: what is declared, under its official name, with its address."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from services.console import words
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.transactions import Service, Transaction

FIDELITIES = {
    "official": ("officielle", "ok"), "derived": ("déduite", "info"), "default": ("choisie", ""),
}


@dataclass(frozen=True, slots=True)
class Route:
    """value: the address to copy, "" for a mail verb."""

    method: str
    shown: str
    value: str


def page(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    """Every service with its transactions, in the order of their declaration."""
    base = sandbox.public_url + tenant.url_prefix
    return {"services": [_service(each, sandbox, base) for each in sandbox.services.values()]}


def _service(service: Service, sandbox: Sandbox, base: str) -> dict[str, Any]:
    shown = asdict(words.tile(service.id, sandbox.services))
    transactions = [_transaction(each, base) for each in service.transactions]
    return {**shown, "http": bool(service.prefixes), "transactions": transactions}


def _transaction(each: Transaction, base: str) -> dict[str, Any]:
    fidelity, shade = FIDELITIES[each.fidelity]
    return {
        "code": each.code, "name": each.name, "spec": each.spec, "fidelity": fidelity,
        "shade": shade, "routes": [_route(route, base) for route in each.routes],
    }


def _route(route: str, base: str) -> Route:
    method, _, path = route.partition(" ")
    return Route(method, path, base + path if path.startswith("/") else "")
