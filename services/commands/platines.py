"""`socle platines URL`: the conformity tests of a proxy e-santé."""

from __future__ import annotations

from typing import Annotated

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url


def platines(
    proxy: Annotated[str, typer.Argument(help="Adresse du proxy, celle où est /connect.")],
    client_id: Annotated[str, typer.Option(help="Logiciel qu'il connaît, client edc d'ici.")],
    id_nat: Annotated[str, typer.Option(help="Professionnel.")] = "899900000011",
    backend: Annotated[
        str, typer.Option(help="Nom de l'API de conformité chez lui.")
    ] = "signsessiondata",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Appelle un proxy e-santé comme les tests de conformité, lit ses traces et les juge."""
    from services import client

    content = client.request("POST", "/psc/platines", url, tenant, {
        "url": proxy, "client_id": client_id, "id_nat": id_nat, "backend": backend,
    }, timeout=600)
    if as_json:
        client.show(content, True)
    else:
        for each in content["checks"]:
            mark = "oui" if each["outcome"] == "pass" else "NON"
            told = "" if mark == "oui" else f" : attendu {each['expected']}, trouvé {each['found']}"
            typer.echo(f"{mark}  {each['place']}{told}")
    if content["outcome"] != "pass":
        raise typer.Exit(1)
