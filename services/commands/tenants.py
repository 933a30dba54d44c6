"""`socle tenant …` and `socle settings`: who shares the installation, and how each behaves."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

tenant_app = group("Espaces de l'installation.")

Name = Annotated[str, typer.Argument(help="Nom de l'espace.")]
Strict = Annotated[bool | None, typer.Option(help="Refuser ce que la norme refuse, ou non.")]
Seed = Annotated[int | None, typer.Option(help="Graine : les mêmes identifiants à chaque fois.")]


@tenant_app.command("create")
def create(
    name: Name, strict: Strict = None, seed: Seed = None,
    freeze: Annotated[str, typer.Option(help="Instant ISO 8601 où figer l'heure.")] = "",
    url: Url = DEFAULT_URL, as_json: Json = False,
) -> None:
    """Crée un espace avec ses réglages ; son secret n'est dit que là."""
    body = {"name": name} | _settings(strict, seed)
    body |= {"clock": {"freeze": freeze}} if freeze else {}
    _call("POST", "/tenants", url, as_json, body)


@tenant_app.command("list")
def list_tenants(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Les espaces qui contiennent quelque chose."""
    from services import client

    content = client.request("GET", "/tenants", url, "default")
    if as_json:
        client.show(content, True)
        return
    for each in content["tenants"]:
        typer.echo(f"{each['name']:40} {each['created'] or ''}".rstrip())


@tenant_app.command("show")
def show(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Les réglages et l'heure d'un espace."""
    _call("GET", f"/tenants/{name}", url, as_json)


@tenant_app.command("secret")
def secret(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Donne un nouveau secret à un espace ; l'ancien n'ouvre plus rien."""
    _call("POST", f"/tenants/{name}/secret", url, as_json, {})


@tenant_app.command("delete")
def delete(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Supprime un espace et tout ce qu'il contient."""
    _call("DELETE", f"/tenants/{name}", url, as_json)


def settings(
    strict: Strict = None, seed: Seed = None,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Identifiants au hasard.")] = False,
    tls: Annotated[str, typer.Option(
        help="Mauvais certificat client : judge (chaque service juge) ou refuse (coupé)."
    )] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Lit ou change les réglages d'un espace."""
    change = _settings(strict, seed) | ({"seed": None} if no_seed else {})
    change |= {"tls": tls} if tls else {}
    _call("PUT" if change else "GET", "/settings", url, as_json, change or None, tenant)


def _settings(strict: bool | None, seed: int | None) -> dict[str, Any]:
    given = {"strict": strict, "seed": seed}
    return {name: value for name, value in given.items() if value is not None}


def _call(
    method: str, path: str, url: str, as_json: bool, body: object = None, tenant: str = "default"
) -> None:
    from services import client

    client.call(method, path, url, tenant, as_json, body)
