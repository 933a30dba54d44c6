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
    """methods: `GET, POST`; shown: a path or mail verb; value: what is copied, "" for a verb."""

    methods: str
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
        "shade": shade, "routes": _routes(each, base),
    }


def _routes(each: Transaction, base: str) -> list[Route]:
    """One line per address, whatever the number of methods; mail verbs share one."""
    methods: dict[str, list[str]] = {}
    for method, _, path in (route.partition(" ") for route in each.routes):
        known = path.startswith("/")
        methods.setdefault(path if known else method, []).append(method if known else path)
    return [
        Route(", ".join(names), place, base + place) if place.startswith("/")
        else Route(place, ", ".join(names), "")
        for place, names in methods.items()
    ]
