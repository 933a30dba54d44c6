"""The page of requirements: what exchanges are held against, and which of them broke each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from services.console import words
from services.console.interfaces import FIDELITIES
from services.console.words import Tile, Verdict
from services.kernel.requirements import Registered, register
from services.kernel.rules import Rule
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.typography import count

OBSERVED = {
    "wire": "", "state": "d'après ce que l'espace sait",
    "sequence": "se voit dans une suite d'échanges", "journal": "se voit dans tout le journal",
    "manual": "se constate à l'écran",
}
SANDBOX = Tile("socle", "Bac à sable, tous les services", "–", "", "", "le bac à sable")


@dataclass(frozen=True, slots=True)
class Line:
    """anchor: of the line in the page; others: further numbers; how: where it is seen and what it
    is refused with; broken: "3 échanges", with the address of their list, or ""; words and kinds
    serve the filters."""

    id: str
    anchor: str
    others: str
    message: str
    source: str
    severity: Verdict
    fidelity: str
    shade: str
    how: str
    broken: str
    url: str
    words: str
    kinds: str


async def page(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    """Every requirement by service, those of the sandbox itself last."""
    broken = await sandbox.journal.broken(tenant.key)
    groups: dict[str, list[Line]] = {id: [] for id in (*sandbox.services, SANDBOX.id)}
    for each in register(sandbox.services.values()):
        groups[each.service].append(_line(each, tenant, broken.get(each.requirement.id, 0)))
    tiles = {id: words.tile(id, sandbox.services) for id in sandbox.services} | {"socle": SANDBOX}
    groups = {id: lines for id, lines in groups.items() if lines}
    every = [line for lines in groups.values() for line in lines]
    found = sum(bool(line.broken) for line in every)
    return {
        "groups": [(tiles[id], lines) for id, lines in groups.items()],
        "counted": count(len(every), "exigence", "Aucune"),
        "broken": f"{count(found, 'enfreinte', 'aucune')} dans cet espace",
    }


def anchor(id: str) -> str:
    """Of the line of a requirement: `r-EXI-PSC-6`."""
    return "r-" + re.sub(r"[^A-Za-z0-9.]+", "-", id)


def _line(each: Registered, tenant: Tenant, exchanges: int) -> Line:
    found = each.requirement
    fidelity, shade = FIDELITIES[found.fidelity]
    severity = words.SEVERITIES[found.severity]
    refuses = found.refuses if isinstance(found, Rule) else None
    refused = f"refusé : {refuses.code}" if refuses else ""
    others = ", ".join(number for number in found.numbers if number != found.id)
    said = (found.id, others, found.message, found.source, severity.words, fidelity)
    return Line(
        found.id, anchor(found.id), others, found.message, found.source, severity, fidelity, shade,
        how=" ; ".join(filter(None, (OBSERVED[found.observable], refused))),
        broken=count(exchanges, "échange") if exchanges else "",
        url=f"{tenant.url_prefix}/console/journal?requirement={quote(found.id)}",
        words=" ".join(said).lower(),
        kinds=f"{severity.shade} broken" if exchanges else severity.shade,
    )
