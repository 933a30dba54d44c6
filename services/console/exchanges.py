"""The journal as pages show it: lines of a list, and one exchange with its findings in place."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console import words
from services.console.decoding import MOST_SHOWN, decode, visible
from services.console.marking import SHADES, in_reading_order, marked
from services.console.refusals import reason
from services.console.requirements import anchor
from services.console.tree import Node, grouped, walk
from services.console.words import Tile, Verdict
from services.kernel.requirements import named
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.typography import count
from services.population import people

Entry = Mapping[str, Any]
FIDELITIES = {
    "official": "réponse officielle", "derived": "réponse déduite des textes",
    "default": "réponse par défaut, source inconnue",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: at is an ISO instant, time its UTC hour; kinds and words serve the filters."""

    id: str
    url: str
    at: str
    time: str
    service: Tile
    code: str
    name: str
    caller: str
    note: str
    duration: str
    verdicts: tuple[Verdict, ...]
    kinds: str
    words: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The last exchanges, newest first, and one sentence on them; `requirement`: the one that all
    these lines broke, "" for any."""

    entries: tuple[Row, ...]
    summary: str
    requirement: str = ""


async def latest(
    sandbox: Sandbox, tenant: Tenant, shown: int, requirement: str = ""
) -> Rows:
    """The last hundred exchanges summed up; as lines, the first `shown` of them or, with a
    requirement, of those that broke it."""
    entries = listed = await sandbox.journal.query(tenant.key, limit=100)
    if requirement:
        rules = named(sandbox.services.values(), requirement)
        listed = await sandbox.journal.query(tenant.key, limit=shown, rules=rules)
    listed = listed[:shown]
    callers = await _callers(sandbox, tenant, listed)
    lines = tuple(row(sandbox, tenant, entry, callers) for entry in listed)
    return Rows(lines, _summary(entries), requirement)


def row(sandbox: Sandbox, tenant: Tenant, entry: Entry, callers: Mapping[str, str]) -> Row:
    """One line of the journal."""
    verdicts = tuple(verdicts_of(entry))
    code, name = _transaction(sandbox, entry)
    caller = callers.get(entry["caller"], entry["caller"])
    rules = " ".join(finding["rule"] for finding in entry["findings"])
    service = words.tile(entry["service"], sandbox.services)
    said = " ".join((service.letters, service.name, code, name, caller, entry["note"], rules))
    return Row(
        entry["id"], f"{tenant.url_prefix}/console/journal/{entry['id']}", entry["at"],
        entry["at"][11:19], service, code, name, caller, entry["note"],
        words.duration(entry["duration_ms"]), verdicts,
        " ".join(verdict.shade for verdict in verdicts), said.lower(),
    )


def verdicts_of(entry: Entry) -> list[Verdict]:
    """What an exchange is worth, worst first, never empty."""
    if entry["outcome"] == "error":
        return [words.BUG]
    counts = Counter(finding["severity"] for finding in entry["findings"])
    found: list[Verdict] = []
    if is_refused(entry):
        errors = count(counts["error"], "erreur") + ", " if counts["error"] else ""
        status = "" if errors else f", {entry['response']['status'][:3]}"
        found.append(Verdict("err", "err", f"{errors}refusé{status}"))
    elif counts["error"]:
        found.append(Verdict("err", "err", count(counts["error"], "erreur")))
    if counts["warning"]:
        found.append(Verdict("warn", "warn", count(counts["warning"], "avertissement")))
    if counts["information"]:
        found.append(Verdict("info", "info", count(counts["information"], "remarque")))
    return found or [words.CONFORM]


def is_refused(entry: Entry) -> bool:
    """An HTTP status or an SMTP reply of 400 and more."""
    status = entry["response"]["status"][:3]
    return bool(status.isdigit() and int(status) >= 400)


async def exchange_page(sandbox: Sandbox, tenant: Tenant, id: str) -> dict[str, Any] | None:
    """What the page of one exchange shows, or None when the journal has it no more."""
    entry = await sandbox.journal.get(tenant.key, id)
    raw = await sandbox.journal.raw(tenant.key, id)
    if entry is None or raw is None:
        return None
    callers = await _callers(sandbox, tenant, [entry])
    line = row(sandbox, tenant, entry, callers)
    nodes, answered, findings = await asyncio.to_thread(_decoded, raw, entry["findings"])
    placed = {mark.number for node in walk(nodes) for mark in node.marks}
    refused = is_refused(entry)
    return {
        "id": id, "row": line, "title": f"{line.code} {line.name}".strip(),
        "bug": entry["outcome"] == "error",
        "refusal": _refusal(entry, line.service.named, raw[1]) if refused else None,
        "facts": _facts(entry, line),
        "request": _side(tenant, id, "request", raw[0], nodes),
        "response": _side(tenant, id, "response", raw[1], answered),
        "findings": [
            {**finding, "number": number, "anchor": anchor(finding["rule"]),
             "mark": SHADES.get(finding["severity"], ""),
             "verdict": words.SEVERITIES[finding["severity"]], "placed": number in placed}
            for number, finding in enumerate(findings, 1)
        ],
        "counted": count(len(findings), "constat", "Aucun"),
    }


def _decoded(
    raw: tuple[bytes, bytes], findings: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Node, ...], tuple[Node, ...], Sequence[Mapping[str, Any]]]:
    """Request with its marks, response, and the findings in the order of their marks."""
    request = decode(raw[0])
    ordered = in_reading_order(request, findings)
    return marked(request, ordered), decode(raw[1]), ordered


def _facts(entry: Entry, line: Row) -> list[tuple[str, str]]:
    request, response = entry["request"], entry["response"]
    facts = [
        ("Appelant", line.caller or "non authentifié"),
        ("Adresse", f"{request['method']} {request['path']}"),
        ("Réponse", f"{response['status']}, {line.duration}"),
        ("Fidélité", FIDELITIES.get(entry["fidelity"], entry["fidelity"])),
        ("Note", entry["note"]),
        ("Liaison", f"{entry['protocol']}, {entry['peer']}"),
    ]
    return [(label, value) for label, value in facts if value]


def _side(
    tenant: Tenant, id: str, side: str, raw: bytes, nodes: tuple[Node, ...]
) -> dict[str, Any]:
    return {
        "nodes": nodes, "size": grouped(len(raw)), "text": visible(raw, MOST_SHOWN),
        "cut": grouped(MOST_SHOWN) if len(raw) > MOST_SHOWN else "",
        "href": f"{tenant.url_prefix}/sandbox/journal/{id}/{side}",
    }


def _refusal(entry: Entry, service: str, response: bytes) -> dict[str, str]:
    """The catalogue's code and label, else the status alone, and why, as the answer says it."""
    official = entry["fidelity"] == "official"
    error = entry["error"] or {"code": entry["response"]["status"], "label": ""}
    intro = f"Refusé comme le ferait {service}" if official else "Refusé"
    return {"intro": intro, "code": error["code"], "label": error["label"].rstrip("."),
            "why": "" if (said := reason(response)) == error["label"] else said}


def _transaction(sandbox: Sandbox, entry: Entry) -> tuple[str, str]:
    """Official code and name; the request line for what is no declared transaction."""
    service = sandbox.services.get(entry["service"])
    for each in service.transactions if service else ():
        if each.code == entry["transaction"]:
            return each.code, each.name
    request = entry["request"]
    return entry["transaction"] or request["method"], request["path"].partition("?")[0]


async def _callers(
    sandbox: Sandbox, tenant: Tenant, entries: Sequence[Entry]
) -> Mapping[str, str]:
    """Name of each caller, by national identifier."""
    who = people(sandbox.database, tenant)
    names = {}
    for id_nat in {entry["caller"] for entry in entries if entry["caller"]}:
        known = await who.professional(id_nat)
        if known is not None:
            names[id_nat] = f"{known.nom} {known.prenom}"
    return names


def _summary(entries: Sequence[Entry]) -> str:
    if not entries:
        return "Aucun échange"
    with_findings = sum(bool(entry["findings"]) for entry in entries)
    said = "les 100 derniers échanges" if len(entries) == 100 else count(
        len(entries), "échange"
    )
    return f"{said}, {f'dont {with_findings} avec' if with_findings else 'sans'} constat"
