"""Failures that the tenant asked for: the first page recalls them, and takes them away."""

from __future__ import annotations

from dataclasses import dataclass

from services.console.words import Tile, tile
from services.kernel import turns
from services.kernel.faults import REAL, Fault, Script, faults_of, scripts_of
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.typography import count


@dataclass(frozen=True, slots=True)
class Staged:
    """One fault or script still in force. remove: its address in the control API."""

    service: Tile
    words: str
    remove: str


async def staged(sandbox: Sandbox, tenant: Tenant) -> list[Staged]:
    """What still awaits a call, in the order in which it was asked for."""
    items: list[Fault | Script] = [*faults_of(tenant), *scripts_of(tenant)]
    if not items:
        return []
    used = await turns.used(sandbox.database, tenant.key)
    found = []
    for each in items:
        left = None if each.turns is None else each.turns - used.get(each.id, 0)
        if left is None or left > 0:
            kind = "faults" if isinstance(each, Fault) else "answers"
            remove = f"{tenant.url_prefix}/sandbox/{kind}/{each.id}"
            found.append(Staged(tile(each.service, sandbox.services), _words(each, left), remove))
    return found


def _words(each: Fault | Script, left: int | None) -> str:
    """`ITI-65 : délai de 3 s, encore 2 fois`."""
    if isinstance(each, Script):
        rest = each.answers[len(each.answers) - (left or 0):]
        named = ("réponse réelle" if one == REAL else one for one in rest)
        return f"{each.transaction} : prochaines réponses {', '.join(named)}"
    where = f"{each.transaction} : " if each.transaction else ""
    whom = [f"pour {one}" for one in (each.id_nat, each.matricule) if one]
    again = [f"encore {count(left, 'appel')}"] if left else []
    return where + ", ".join([str(each), *whom, *again])
