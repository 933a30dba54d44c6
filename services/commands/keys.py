"""`socle keys …`: the keys that sign the tokens of Pro Santé Connect."""

from __future__ import annotations

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

keys_app = group("Clés de signature de Pro Santé Connect.")


@keys_app.command("list")
def list_keys(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Celle qui signe, et les anciennes encore publiées."""
    _show("GET", url, tenant, as_json)


@keys_app.command("rotate")
def rotate(url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False) -> None:
    """Signe désormais avec une autre clé ; l'ancienne reste publiée tant que vivent ses jetons."""
    _show("POST", url, tenant, as_json)


def _show(method: str, url: str, tenant: str, as_json: bool) -> None:
    from services import client

    content = client.request(method, "/psc/keys", url, tenant, {} if method == "POST" else None)
    if as_json:
        client.show(content, True)
        return
    typer.echo(f"{content['current']['kid']} signe")
    for each in content["retired"]:
        typer.echo(f"{each['kid']} publiée jusqu'au {each['until']}")
