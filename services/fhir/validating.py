"""Profiles in the exchanges: `$validate`, and what every write is checked against.

A write is judged by the profile of its endpoint, or by those that it claims. What it breaks goes
into the journal; a strict tenant refuses it. The validators are made at the first need, and again
when the packages that the user added change.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from services.fhir import errors
from services.fhir.dialect import FHIR
from services.fhir.formats import in_both
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer, parse
from services.kernel.errors import together
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import MOST, Finding
from services.kernel.transactions import MEBIBYTE, Transaction

if TYPE_CHECKING:
    from services.fhir.validation import Fault, Report, Validator
    from services.kernel.sandbox import Sandbox

Json = dict[str, Any]

RESOURCE = "fhir.validator"
FOLDER = "packages"
"""Directory of the packages added, in that of the data."""
DEFINITION = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
LARGE = 16 * 1024
"""Bytes above which a resource is validated aside."""
MODES = ("create", "update", "delete", "profile")


@dataclass(slots=True)
class Shared:
    """The installation's validators. stamp: of the folder of added packages.

    A validator compiles definitions as it meets them, so each belongs to one thread at a time:
    `validator` to the event loop, which waits for nobody; that of `aside`, made when first needed,
    to who holds the lock.
    """

    make: Callable[[], Validator]
    stamp: int
    validator: Validator = field(init=False)
    _aside: Validator | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.validator = self.make()

    def aside(self, check: Callable[[Validator], Report]) -> Report:
        """What the check finds, in another thread than the event loop's."""
        with self._lock:
            if self._aside is None:
                self._aside = self.make()
            return check(self._aside)


def shared_validator(sandbox: Sandbox) -> Shared:
    """The validators of the installation, with the packages added so far."""
    stamp = _stamp(sandbox)
    found: Shared | None = sandbox.resources.get(RESOURCE)
    if found is None or found.stamp != stamp:
        found = sandbox.resources[RESOURCE] = Shared(partial(_made, sandbox), stamp)
    return found


def _made(sandbox: Sandbox) -> Validator:
    from services.fhir.validation import Library, Validator, added, shipped

    library = Library([*shipped(), *added(sandbox.data / FOLDER)])
    return Validator(library, sandbox.ports.codes)


def _stamp(sandbox: Sandbox) -> int:
    """When the folder of added packages last changed, nanoseconds; 0 while there is none."""
    try:
        return os.stat(f"{sandbox.data}/{FOLDER}").st_mtime_ns
    except OSError:
        return 0


def examined(
    exchange: Exchange, resource: Json, default: Iterable[str] = (), *, shallow: bool = False
) -> tuple[Fault, ...]:
    """Check what a write received, whose structure is R4's already. The findings are added to the
    exchange; returns the errors. shallow: its depth was bounded when it was read (`parse`). Raises
    NOT_CONFORMANT in a strict tenant."""
    validator = shared_validator(exchange.sandbox).validator
    report = validator.validate(resource, default=tuple(default), shallow=shallow)
    told = [each for each in report.faults if each.severity != "information"]
    exchange.findings.extend(finding(each) for each in islice(told, MOST))
    broken = tuple(each for each in told if each.severity == "error")
    if broken and exchange.tenant.strict:
        raise together(
            errors.NOT_CONFORMANT(f"{each.rule} : {each.french}", at=each.at)
            for each in broken[:MOST]
        )
    return broken


def finding(fault: Fault) -> Finding:
    """A fault as the journal shows it."""
    severity: Any = fault.severity
    return Finding(
        fault.rule, severity, fault.at, fault.expected, fault.found, fault.french,
        fault.profile or "FHIR R4 (4.0.1)",
    )


def validation(
    service: str, base: str, defaults: Mapping[str, tuple[str, ...]],
    max_body: int = 8 * MEBIBYTE,
) -> Transaction:
    """The operation `$validate` of a FHIR base.

    defaults: profiles of the base's endpoints by resource type, applied to what claims none.
    """

    async def handle(exchange: Exchange) -> Answer:
        asked = _asked(exchange)
        if asked.resource is None:
            return answer(operation_outcome([issue(
                "information", "informational", text="Rien à valider pour une suppression."
            )]))
        shared = shared_validator(exchange.sandbox)
        default = defaults.get(str(asked.resource.get("resourceType")), ())

        def check(validator: Validator) -> Report:
            return validator.validate(asked.resource, asked.profiles, default)

        # A large Bundle takes seconds: other exchanges go on meanwhile.
        if len(exchange.body) > LARGE:
            report = await asyncio.to_thread(shared.aside, check)
        else:
            report = check(shared.validator)
        exchange.findings.extend(
            finding(each) for each in islice(report.faults, MOST)
            if each.severity != "information"
        )
        return answer(_outcome(report, asked, exchange))

    return in_both(Transaction(
        f"{service}.validate", "Validation d'une ressource ($validate)",
        "FHIR R4, Resource/$validate", FHIR,
        (f"POST {base}/$validate", f"POST {base}/{{type}}/$validate",
         f"POST {base}/{{type}}/{{id}}/$validate"),
        "default", handle, max_body,
    ))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be validated: None for a deletion, which needs no resource."""

    resource: Json | None
    profiles: tuple[str, ...]


def _asked(exchange: Exchange) -> Asked:
    """The resource, bare or in Parameters, and the profiles named in either place.

    Raises PARAMETER_INVALID, PARAMETER_MISSING, or what `parse` does.
    """
    modes = [value for name, value in exchange.query if name == "mode"]
    profiles = [value for name, value in exchange.query if name == "profile"]
    if not exchange.body and "delete" in modes:
        return Asked(None, ())
    received = parse(exchange)
    resource: Any = received
    if received.get("resourceType") == "Parameters" and _is_request(received, exchange):
        resource = None
        for each in received.get("parameter") or ():
            name = each.get("name") if isinstance(each, dict) else None
            if name == "resource":
                resource = each.get("resource")
            elif name == "mode":
                modes.append(str(each.get("valueCode")))
            elif name == "profile":
                profiles.append(str(each.get("valueUri") or each.get("valueCanonical")))
    for mode in modes:
        if mode not in MODES:
            raise errors.PARAMETER_INVALID(
                at="http.mode", expected=", ".join(MODES), found=mode[:80]
            )
    if not isinstance(resource, dict):
        if "delete" in modes:
            return Asked(None, ())
        raise errors.WRONG_TYPE(
            "Aucune ressource à valider.", at="Parameters.parameter", expected="resource",
            found="(absent)",
        )
    return Asked(resource, tuple(profiles))


def _is_request(received: Json, exchange: Exchange) -> bool:
    """Whether Parameters carry the request, rather than being what is validated."""
    if exchange.path_params.get("type") == "Parameters":
        return False
    parameters = received.get("parameter")
    return isinstance(parameters, list) and any(
        isinstance(each, dict) and each.get("name") in {"resource", "mode", "profile"}
        for each in parameters
    )


def _outcome(report: Report, asked: Asked, exchange: Exchange) -> Json:
    issues = [each.issue() for each in report.faults]
    wanted = exchange.path_params.get("type")
    found = asked.resource.get("resourceType") if asked.resource else None
    if wanted and found != wanted:
        issues.insert(0, issue(
            "error", "invalid", at="http.path",
            text=f"L'adresse est celle de ressources {wanted}, reçu : {str(found)[:80]}.",
        ))
    strict = report.strict and not (wanted and found != wanted)
    profiles = ", ".join(report.profiles) or "FHIR R4 seul"
    issues.append(issue(
        "information", "informational",
        text=f"Verdict strict : {'conforme' if strict else 'non conforme'} ; verdict souple "
             f"(structure R4) : {'accepté' if report.lenient else 'refusé'}.",
        diagnostics=f"Profils : {profiles}.",
    ))
    return operation_outcome(issues)
