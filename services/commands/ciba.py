"""`socle ciba …`: requests that wait on a professional's device."""

from __future__ import annotations

from typing import Annotated

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

ciba_app = group("Demandes CIBA reçues par les e-CPS et les cartes virtuelles.")


@ciba_app.command("list")
def list_requests(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Celles dont les deux minutes ne sont pas passées, la dernière d'abord."""
    from services import client

    content = client.request("GET", "/ecps/requests", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content["requests"]:
        typer.echo(
            f"{each['id']} {each['channel']} {each['id_nat']} {each['binding_message']:2} "
            f"{each['client_id']} {each['status']}"
        )


@ciba_app.command("answer")
def answer(
    id: Annotated[str, typer.Argument(help="Numéro de la demande.")],
    action: Annotated[str, typer.Argument(help="accept, refuse, wrong_pin, block ou ignore.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Répond à la place du professionnel."""
    from services import client

    client.call("POST", f"/ecps/requests/{id}", url, tenant, as_json, {"action": action})
