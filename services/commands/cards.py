"""`socle card …`: virtual cartes Vitale, the reader they stand in, and what an app shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

card_app = group("Cartes Vitale virtuelles, lecteur et appli carte Vitale.")

Name = Annotated[str, typer.Argument(
    help="Numéro de carte, ou identifiant ou matricule de quelqu'un qui y est.",
)]
FORMATS = ("txt", "png", "svg")


@card_app.command("list")
def list_cards(
    q: Annotated[str, typer.Option(help="Partie d'un nom.")] = "",
    limit: Annotated[int, typer.Option(help="Au plus.")] = 50,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Les cartes de l'espace et celles de ses patients."""
    from services import client

    found = client.request("GET", f"/cards?limit={limit}&q={quote(q)}", url, tenant)
    if as_json:
        client.show(found, True)
        return
    for each in found["cards"]:
        people = ", ".join(one["patient"] for one in each["beneficiaires"])
        typer.echo(f"{each['serial']}  {each['nature']}  {each['type']}  {people}")


@card_app.command("show")
def show(
    name: Name, url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Une carte."""
    from services import client

    client.call("GET", f"/cards/{quote(name, safe='')}", url, tenant, as_json)


@card_app.command("insert")
def insert(
    name: Name, url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Met une carte dans le lecteur."""
    from services import client

    found = client.request("GET", f"/cards/{quote(name, safe='')}", url, tenant)
    patient = found["beneficiaires"][0]["patient"]
    client.call("PUT", "/reader", url, tenant, as_json, {"patient": patient})


@card_app.command("eject")
def eject(url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False) -> None:
    """Vide le lecteur."""
    from services import client

    client.call("PUT", "/reader", url, tenant, as_json, {})


@card_app.command("fail")
def fail(
    code: Annotated[int, typer.Argument(help="Code de l'API Lecture ; 0 : plus d'erreur.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Fait échouer la lecture avec ce code."""
    from services import client

    serial = client.request("GET", "/reader", url, tenant)["serial"]
    body = {"serial": serial, "erreur": code}
    client.call("PUT", "/reader", url, tenant, as_json, body)


@card_app.command("code")
def code(
    patient: Annotated[str, typer.Argument(help="Identifiant ou matricule d'un patient.")],
    out: Annotated[Path | None, typer.Option(help="Fichier .png, .svg ou .txt.")] = None,
    nfc: Annotated[bool, typer.Option("--nfc", help="Ce que donnerait la puce.")] = False,
    url: Url = DEFAULT_URL, tenant: TenantName = "default",
) -> None:
    """Le code que montre l'appli carte Vitale d'un patient, valable une minute."""
    from services import client

    format = out.suffix.removeprefix(".").lower() if out is not None else "txt"
    if format not in FORMATS:
        client.fail(f"{out} : attendu un fichier .{', .'.join(FORMATS)}.")
    asked = f"format={format}&nfc={'true' if nfc else 'false'}"
    content = client.fetch(f"/apcv/{quote(patient, safe='')}/code?{asked}", url, tenant)
    if out is None:
        typer.echo(content.decode())
    else:
        out.write_bytes(content)
