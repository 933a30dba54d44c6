"""The one list of services, and which port each one fills."""

from __future__ import annotations

from importlib import import_module

from services.kernel.ports import CodeValidation
from services.kernel.sandbox import Sandbox
from services.kernel.transactions import Service

MODULES = {
    "psc": "pro_sante_connect",
    "ins": "ins",
    "dmp": "dmp",
    "mssante": "mssante",
    "e_prescription": "services.e_prescription",
    "apcv": "services.apcv",
}

SHARED = (
    "services.kernel.turns", "services.kernel.pki.register", "services.kernel.pki.foreign",
    "services.population",
)
"""Whose tables are every installation's, beside those of the services."""

PORTS = ("tokens", "identities", "cards")


class UnknownService(Exception):
    """`--only` names a service that does not exist."""


def load(only: str = "") -> dict[str, Service]:
    """The services to run, by id, in the order of the list. Raises UnknownService.

    Every service's tables exist whatever runs: the schema is the installation's, not the run's.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(MODULES)
    for name in wanted:
        if name not in MODULES:
            raise UnknownService(
                f"Service inconnu : {name}. Services : {', '.join(MODULES)}."
            )
    for module in SHARED:
        import_module(module)
    every = {name: import_module(module).SERVICE for name, module in MODULES.items()}
    return {name: every[name] for name in MODULES if name in wanted}


def hosts() -> dict[str, str]:
    """Official test host names of every service, whatever runs: one certificate for all."""
    every = (import_module(module).SERVICE for module in MODULES.values())
    return {host: prefix for service in every for host, prefix in service.hosts.items()}


def code_lists() -> CodeValidation:
    """The port `codes`, which needs no running sandbox."""
    lists: CodeValidation = import_module("services.terminologies").code_lists()
    return lists


def fill_ports(sandbox: Sandbox) -> None:
    """Give each port to the service that offers it."""
    sandbox.ports.codes = code_lists()
    for service in sandbox.services.values():
        if service.ports is None:
            continue
        for name, implementation in service.ports(sandbox).items():
            if name not in PORTS:
                raise ValueError(f"{service.id} fills an unknown port: {name}")
            setattr(sandbox.ports, name, implementation)
