"""`socle ins …`: how INSi answers a tenant, injected answers, sequences of calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

ins_app = group("INSi : mode, délais, réponses injectées, suites d'appels.")
SETTINGS = "/ins/settings"


@ins_app.command("mode")
def mode(
    wanted: Annotated[str, typer.Argument(
        help="production, cnda ou indisponible ; sans lui, affiche les réglages.",
    )] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Choisit ce que devient un CR 01 : en cnda, une erreur technique, comme chez le CNDA."""
    _changed({"mode": wanted} if wanted else {}, url, tenant, as_json)


@ins_app.command("shape")
def shape(
    wanted: Annotated[str, typer.Argument(
        help="direct, ou fichier ; sans elle, affiche les réglages.",
    )] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Préfixes et ordre des réponses : ceux du service, ou des fichiers du CNDA."""
    _changed({"forme": wanted} if wanted else {}, url, tenant, as_json)


@ins_app.command("lot")
def lot(
    delay: Annotated[int | None, typer.Option(help="Secondes avant le résultat.")] = None,
    again: Annotated[int | None, typer.Option(help="Nouveau délai d'un appel trop tôt.")] = None,
    minimum: Annotated[int | None, typer.Option(help="Identités, au moins.")] = None,
    maximum: Annotated[int | None, typer.Option(help="Identités, au plus.")] = None,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Délais et bornes des lots à vérifier ; sans option, affiche les réglages."""
    change = {"delai_lot": delay, "nouveau_delai": again, "lot_minimum": minimum,
              "lot_maximum": maximum}
    given = {name: value for name, value in change.items() if value is not None}
    _changed(given, url, tenant, as_json)


@ins_app.command("fr-core")
def fr_core(
    version: Annotated[str, typer.Argument(help="2.1.0, 2.2.0 ou main.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Version de FR Core des réponses FHIR ; sans elle, affiche les réglages."""
    _changed({"fr_core": version} if version else {}, url, tenant, as_json)


@ins_app.command("equivalence")
def equivalence(
    wanted: Annotated[bool | None, typer.Option(
        "--yes/--no", help="Espace, tiret et apostrophe égaux, ou non.",
    )] = None,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Si la recherche par traits tient espace, tiret et apostrophe pour égaux (non d'abord)."""
    _changed({} if wanted is None else {"equivalence": wanted}, url, tenant, as_json)


@ins_app.command("inject")
def inject(
    answer: Annotated[str, typer.Argument(help="REP_CR01, REP_CR02, TEST_2.05…")] = "",
    file: Annotated[Path | None, typer.Option(
        help="Une réponse à rendre telle quelle : enveloppe SOAP, Body, RESULTAT ou Fault.",
    )] = None,
    adapt: Annotated[bool, typer.Option(
        "--adapt", help="RelatesTo et messageID du fichier : ceux de l'appel.",
    )] = False,
    times: Annotated[int, typer.Option(min=1, help="Combien de fois, avant la vraie.")] = 1,
    nom: Annotated[str, typer.Option(help="Aux recherches de ce nom seulement.")] = "",
    prenom: Annotated[str, typer.Option(help="À celles de ce prénom seulement.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Injecte une réponse, ou un fichier, à la place du téléservice ; affiche son numéro."""
    from services import client

    body: dict[str, Any] = {
        "reponse": answer, "fois": times, "nom_naissance": nom, "prenom": prenom,
    }
    if file is not None:
        body |= _file(file, answer) | {"adapter": adapt}
    made = client.request("POST", "/ins/injections", url, tenant, body)
    client.show(made, True) if as_json else typer.echo(made["id"])


@ins_app.command("injections")
def injections(
    clear: Annotated[bool, typer.Option("--clear", help="Vider la file.")] = False,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Les réponses injectées, et combien de fois chacune a servi."""
    from services import client

    if clear:
        client.call("DELETE", "/ins/injections", url, tenant, as_json)
        return
    content = client.request("GET", "/ins/injections", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content["injections"]:
        typer.echo(" ".join(filter(None, (
            each["reponse"], each["nom_naissance"], each["prenom"],
            f"{each['servies']}/{each['fois']}",
        ))))


@ins_app.command("sequences")
def sequences(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Les suites d'appels pour une même personne, et ce qui manque encore à chacune."""
    from services import client

    content = client.request("GET", "/ins/sequences", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content["sequences"]:
        typer.echo(_sequence(each))


def _file(file: Path, name: str) -> dict[str, str]:
    from base64 import b64encode

    from services import client

    try:
        content = file.read_bytes()
    except OSError as error:
        client.fail(f"{file} : {error.strerror}")
    return {"reponse": name or file.name[:100], "fichier": b64encode(content).decode()}


def _sequence(each: dict[str, Any]) -> str:
    calls = ", ".join(
        " ".join(filter(None, (call["prenom"], call["lieu_naissance"], "→", call["reponse"])))
        for call in each["appels"]
    )
    state = "finie" if each["fini"] else f"manque : {each['attendu']}"
    person = f"{each['nom_naissance']} {each['sexe']} {each['date_naissance']}"
    return f"{person} ({each['appelant'] or 'appelant inconnu'}) : {calls} ; {state}"


def _changed(change: dict[str, Any], url: str, tenant: str, as_json: bool) -> None:
    from services import client

    content = client.request("PUT" if change else "GET", SETTINGS, url, tenant, change or None)
    client.show(content, as_json)
