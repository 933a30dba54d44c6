"""`socle journal` and `socle requirements`: what was exchanged, and what it was held against."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url

SEVERITIES = {"error": "erreur", "warning": "avertissement", "information": "remarque"}
FIDELITIES = {"official": "officielle", "derived": "déduite", "default": "choisie"}

Service = Annotated[str, typer.Option(help="Ce service seulement.")]
Requirement = Annotated[str, typer.Option(help="Cette exigence : son numéro officiel ou le nôtre.")]
Severity = Annotated[str, typer.Option(help="error, warning ou information.")]


def journal(
    service: Service = "",
    transaction: Annotated[str, typer.Option(help="Cette transaction seulement.")] = "",
    requirement: Requirement = "",
    rule: Annotated[str, typer.Option(help="Cette règle, telle que les constats la nomment.")] = "",
    severity: Severity = "",
    limit: Annotated[int, typer.Option(help="Nombre d'échanges.")] = 20,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Les derniers échanges et leurs constats ; ceux qui ont enfreint une exigence, par exemple."""
    from services import client

    content = client.request("GET", _query("/journal", {
        "service": service, "transaction": transaction, "requirement": requirement, "rule": rule,
        "severity": severity, "limit": str(limit),
    }), url, tenant)
    if as_json:
        client.show(content, True)
        return
    for entry in content["entries"]:
        typer.echo("\n".join(_lines(entry)))


def requirements(
    service: Service = "", requirement: Requirement = "", severity: Severity = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Le registre des exigences, et combien d'échanges de l'espace ont enfreint chacune."""
    from services import client

    content = client.request("GET", _query("/requirements", {
        "service": service, "requirement": requirement, "severity": severity,
    }), url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content["requirements"]:
        typer.echo(
            f"{each['service']:14} {each['exchanges'] or '–':>5}  {each['id']:32} "
            f"{SEVERITIES[each['severity']]:13} {FIDELITIES[each['fidelity']]:10} {each['message']}"
        )


def _lines(entry: dict[str, Any]) -> list[str]:
    lines = [
        f"{entry['at']}  {entry['outcome']:5}  {entry['service']:14} "
        f"{entry['transaction']:14} {entry['response']['status']:6} "
        f"{entry['request']['method']} {entry['request']['path']}"
    ]
    if entry["error"]:
        lines.append(f"    refusé : {entry['error']['code']}, {entry['error']['label']}")
    for finding in entry["findings"]:
        lines += [
            f"    {SEVERITIES[finding['severity']]} {finding['rule']} : {finding['message']}",
            f"        où : {finding['at'] or 'le message entier'} ; attendu : "
            f"{finding['expected'] or '–'} ; trouvé : {finding['found'] or '–'}",
        ]
    return lines


def _query(path: str, values: dict[str, str]) -> str:
    from urllib.parse import urlencode

    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}"
