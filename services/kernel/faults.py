"""Faults: failures that a tenant asks for, to see its client cope. And scripts of answers.

A fault strikes the exchanges that it matches, all or the first n. A script says what the next
calls of one transaction are answered. Both are settings of the tenant, so a tenant without any
pays one look-up; what they do to an exchange is in `services.kernel.staging`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from services.kernel import errors, turns
from services.kernel.database import Database, Write
from services.kernel.errors import CatalogueError, catalogue
from services.kernel.tenants import ANSWERS, FAULTS, Tenant, Tenants
from services.kernel.transactions import Service

Kind = Literal["delay", "status", "error", "drop", "truncate"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REAL = "real"
"""In a script: this call is answered as if there were no script and no fault."""
LONGEST_DELAY = 120
MOST_BYTES = 2**31
MOST = 200
"""Faults, and scripts, of one tenant at the same time."""


class Unfit(Exception):
    """A fault or script that makes no sense; the message is French. known: what would fit."""

    def __init__(self, message: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.known = known


class TooMany(Exception):
    """The tenant has MOST of them, none of which is used up."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What strikes: `value` is seconds, an HTTP status, a catalogue code, nothing, or bytes.

    transaction, id_nat (of the caller) and matricule (named by the request): "" for any;
    first: number of exchanges struck, None for all.
    """

    id: str
    service: str
    kind: Kind
    value: float | str | None = None
    transaction: str = ""
    first: int | None = None
    id_nat: str = ""
    matricule: str = ""

    @property
    def turns(self) -> int | None:
        return self.first

    def matches(self, service: str, transaction: str) -> bool:
        return self.service == service and self.transaction in ("", transaction)

    def __str__(self) -> str:
        match self.kind:
            case "delay":
                return f"délai de {self.value:g} s"
            case "status":
                return f"statut {self.value}"
            case "error":
                return f"erreur {self.value}"
            case "drop":
                return "connexion coupée sans réponse"
            case "truncate":
                return f"réponse coupée après {self.value} octets"


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of the next calls of one transaction: catalogue codes, or REAL."""

    id: str
    service: str
    transaction: str
    answers: tuple[str, ...]

    @property
    def turns(self) -> int:
        return len(self.answers)

    def matches(self, service: str, transaction: str) -> bool:
        return self.service == service and self.transaction == transaction


def faults_of(tenant: Tenant) -> list[Fault]:
    """In the order in which they were asked for."""
    return [Fault(**each) for each in tenant.settings.get(FAULTS, ())]


def scripts_of(tenant: Tenant) -> list[Script]:
    """In the order in which they are served."""
    return [Script(**{**each, "answers": tuple(each["answers"])})
            for each in tenant.settings.get(ANSWERS, ())]


def check_fault(fault: Fault, services: Mapping[str, Service]) -> None:
    """Raises Unfit."""
    service = _placed(fault.service, fault.transaction, services)
    match fault.kind:
        case "delay":
            _within(fault.value, 0, LONGEST_DELAY, "un nombre de secondes", float)
        case "status":
            _within(fault.value, 400, 599, "un statut HTTP d'erreur", int)
        case "truncate":
            _within(fault.value, 0, MOST_BYTES, "un nombre d'octets", int)
        case "error":
            error_named(service, fault.value)
        case "drop":
            if fault.value is not None:
                raise Unfit("value : une coupure n'a pas de valeur.")


def check_script(script: Script, services: Mapping[str, Service]) -> None:
    """Raises Unfit."""
    service = _placed(script.service, script.transaction, services)
    for answer in script.answers:
        if answer != REAL:
            error_named(service, answer)


def error_named(service: Service, name: object) -> CatalogueError:
    """The service's error of that code, or "code label" where several share one.

    Raises Unfit with the names that are known.
    """
    own = list(service.errors)
    mail = any(each.smtp for each in own)
    # Errors of the gateway can befall every service; our own bugs are not to be feigned.
    own += [each for each in catalogue(errors)
            if each not in (errors.SANDBOX_BUG, errors.SIMULATED) and (each.smtp or not mail)]
    for each in own:
        if name in (each.code, f"{each.code} {each.label}"):
            return each
    shared = Counter(each.code for each in own)
    known = [each.code if shared[each.code] == 1 else f"{each.code} {each.label}" for each in own]
    raise Unfit(f"« {name} » n'est pas une erreur du service {service.id}.", tuple(known))


async def add(
    tenants: Tenants, database: Database, tenant: Tenant, setting: str, item: Fault | Script
) -> None:
    """Store a fault (FAULTS) or a script (ANSWERS), durable on return. Raises TooMany."""
    stored = list(tenant.settings.get(setting, ()))
    writes = [turns.new(tenant.key, item.id)]
    if len(stored) >= MOST:
        served = await turns.used(database, tenant.key)
        items = faults_of(tenant) if setting == FAULTS else scripts_of(tenant)
        spent = {each.id for each in items if each.turns == served.get(each.id)}
        if not spent:
            raise TooMany
        stored = [each for each in tenant.settings[setting] if each["id"] not in spent]
        writes += [turns.forget(tenant.key, id) for id in sorted(spent)]
    tenant.settings[setting] = [*stored, asdict(item)]
    await tenants.save(tenant, *writes)


async def remove(tenants: Tenants, tenant: Tenant, setting: str, id: str | None) -> bool:
    """Remove one, or all (None); whether it was there."""
    stored: list[dict[str, Any]] = tenant.settings.pop(setting, [])
    gone = [each["id"] for each in stored if id in (None, each["id"])]
    left = [each for each in stored if each["id"] not in gone]
    if left:
        tenant.settings[setting] = left
    if gone:
        writes: list[Write] = [turns.forget(tenant.key, each) for each in gone]
        await tenants.save(tenant, *writes)
    return bool(gone)


def _placed(service_id: str, transaction: str, services: Mapping[str, Service]) -> Service:
    service = services.get(service_id)
    if service is None:
        raise Unfit(f"Service inconnu : « {service_id} ».", tuple(services))
    codes = tuple(each.code for each in service.transactions if not each.outgoing)
    if transaction and transaction not in codes:
        raise Unfit(
            f"Aucun appel du service {service_id} ne peut échouer sous ce nom : « {transaction} ».",
            codes,
        )
    return service


def _within(value: object, low: int, high: int, what: str, kind: type) -> None:
    """Raise Unfit unless it is a number of that kind in the range; 503.0 is an int here."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not low <= value <= high or value != kind(value):  # type: ignore[operator]
        raise Unfit(f"value : {what} de {low} à {high} est attendu.")
