"""`/sandbox/requirements`: the register, each requirement with what this tenant's journal says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.kernel.control import current_tenant
from services.kernel.errors import Fidelity
from services.kernel.requirements import Observable, Registered, Severity, register
from services.kernel.rules import Rule
from services.kernel.sandbox import Sandbox


class RequirementShape(BaseModel):
    """One requirement.

    id: what findings call it in `rule`; requirements: official numbers, or the id when it is ours;
    service: `socle` for those of the sandbox itself; documents: texts it comes from; source: the
    places in them; fidelity: `official` when a text has a number for it, `derived` when it is drawn
    from one, `default` when it is ours; observable: `wire` (one exchange shows it), `state` (one
    exchange against what the sandbox knows), `sequence`, `journal` or `manual`; checked: whether a
    rule observes it; refuses: code of the error that the real service answers, null when it
    accepts; exchanges: how many of this tenant's journal broke it.
    """

    id: str
    requirements: list[str]
    service: str
    severity: Severity
    message: str
    documents: list[str]
    source: str
    fidelity: Fidelity
    observable: Observable
    checked: bool
    refuses: str | None
    exchanges: int


class RequirementList(BaseModel):
    """Those of the sandbox itself, then those of each service."""

    requirements: list[RequirementShape]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The route under /sandbox."""
    router = APIRouter(tags=["exigences"])

    @router.get("/requirements")
    async def requirements(
        request: Request, service: str = "", requirement: str = "",
        severity: Severity | None = None,
    ) -> RequirementList:
        """Every requirement that Socle knows, and how many exchanges of the tenant broke it."""
        tenant = await current_tenant(request)
        broken = await sandbox.journal.broken(tenant.key)
        found = wanted(register(sandbox.services.values()), service, requirement, severity or "")
        return RequirementList(requirements=[shape(each, broken) for each in found])

    return router


def wanted(
    every: Iterator[Registered], service: str, requirement: str, severity: str
) -> Iterator[Registered]:
    """Those of this service, number (or id) and severity; empty strings mean any."""
    for each in every:
        if service not in ("", each.service) or severity not in ("", each.requirement.severity):
            continue
        if not requirement or each.requirement.has(requirement):
            yield each


def shape(each: Registered, broken: Mapping[str, int]) -> RequirementShape:
    """As the control API shows it. `broken`: rule → number of exchanges."""
    found = each.requirement
    refuses = found.refuses if isinstance(found, Rule) else None
    return RequirementShape(
        id=found.id, requirements=list(found.numbers), service=each.service,
        severity=found.severity, message=found.message, documents=list(found.documents),
        source=found.source, fidelity=found.fidelity, observable=found.observable,
        checked=each.checked, refuses=refuses.code if refuses else None,
        exchanges=broken.get(found.id, 0),
    )
