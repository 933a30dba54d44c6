"""The first page: services and addresses, who to play, and a first call that works as pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from posixpath import commonpath
from typing import Any

from services.console import personas, staged, words
from services.kernel.ids import exchange_id
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.transactions import Service
from services.kernel.typography import count
from services.population import Client, Patient, People, Professional, people

DISCOVERY = "/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
NEEDED = ("psc", "ins")
SEXES = {"F": "female", "M": "male"}


@dataclass(frozen=True, slots=True)
class Address:
    """What a copy button copies, and what it shows."""

    value: str
    shown: str


async def first_page(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    """The first page's own context."""
    base = sandbox.public_url + tenant.url_prefix
    failing = await staged.staged(sandbox, tenant)
    services = [_service(each, sandbox, base) for each in sandbox.services.values()]
    for each in services:
        if each["id"] in {one.service.id for one in failing}:
            each["state"] = words.STAGED
    healthy = sum(each["state"] is words.READY for each in services)
    who = people(sandbox.database, tenant)
    first, others = await personas.first_and_others(who, sandbox.services)
    return {
        "title": _title(len(services)), "services": services,
        "ready": count(healthy, "prêt") if healthy else "",
        "staged": failing, "failing": count(len(failing), "panne simulée", "") if failing else "",
        "first": first, "others": others, "call": await _first_call(sandbox, who, base),
        "discovery": Address(base + DISCOVERY, "wallet-openid-configuration"),
        "authority": Address(f"{sandbox.public_url}/pki/ca.pem", "/pki/ca.pem"),
        "https": _https(sandbox, tenant),
        "control": Address(f"{base}/sandbox", "/sandbox"),
    }


def _https(sandbox: Sandbox, tenant: Tenant) -> Address | None:
    """The HTTPS listener's address, with the tenant; None where it does not listen."""
    https = sandbox.endpoints.get("https")
    return Address(https + tenant.url_prefix, https.partition("://")[2]) if https else None


def _title(count: int) -> str:
    number = words.UNITS[count] if count < len(words.UNITS) else str(count)
    return f"{number} service{'s' if count > 1 else ''}, une population, un\u00a0journal."


def _service(service: Service, sandbox: Sandbox, base: str) -> dict[str, Any]:
    """A line of the table: what the service says it covers, or else what it is for."""
    shown = asdict(words.tile(service.id, sandbox.services))
    covers = service.state[:1].upper() + service.state[1:] or shown["what"]
    return {**shown, "what": covers, "state": words.READY,
            "addresses": _addresses(service, sandbox, base)}


def _addresses(service: Service, sandbox: Sandbox, base: str) -> list[Address]:
    """What the service's paths have in common, and the ports of what is sent by SMTP or MLLP."""
    routes = [route for each in service.transactions for route in each.routes]
    paths = [route.partition(" ")[2] for route in routes]
    addresses = []
    for prefix in service.prefixes:
        below = [path for path in paths if path.startswith(prefix)]
        shared = commonpath(below) if len(below) > 1 else prefix
        addresses.append(Address(base + shared, shared))
    smtp: Mapping[str, Any] | None = sandbox.endpoints.get("smtp")
    if smtp and any(route.startswith("SMTP ") for route in routes):
        place = f"{smtp['host']}:{smtp['port']}"
        addresses.append(Address(f"smtp://{place}", place))
    mllp: Mapping[str, Any] | None = sandbox.endpoints.get("mllp")
    if mllp and any(route.startswith("MLLP ") for route in routes):
        place = f"{mllp['host']}:{mllp['port']}"
        addresses.append(Address(f"mllp://{place}", place))
    return addresses


async def _first_call(sandbox: Sandbox, who: People, base: str) -> dict[str, Any] | None:
    """A log-in and a search by traits, or None where these services do not run."""
    if any(id not in sandbox.services for id in NEEDED):
        return None
    doctor = next(iter(await who.professionals(count=1)), None)
    patient = next(iter(await who.patients(count=1)), None)
    client = next(iter(await who.clients()), None)
    if doctor is None or patient is None or client is None:
        return None
    return _call(doctor, patient, client, base)


def _call(
    doctor: Professional, patient: Patient, client: Client, base: str
) -> dict[str, Any]:
    return {
        "base": base, "id_nat": doctor.id_nat, "client": client, "patient": patient,
        "nonce": exchange_id(),
        "who": f"{doctor.prenom} {doctor.nom}", "gender": SEXES[patient.sexe],
        "whom": f"{patient.nom_naissance} {patient.prenoms[0].title()}",
    }
