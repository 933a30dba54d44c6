"""`socle fault …` and `socle answers …`: failures asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

fault_app = group("Pannes simulées d'un espace.")
answers_app = group("Réponses dictées d'un espace.")


@fault_app.command("add")
def add_fault(
    service: Annotated[str, typer.Argument(help="Service, par exemple dmp.")],
    kind: Annotated[str, typer.Argument(help="delay, status, error, drop ou truncate.")],
    value: Annotated[str, typer.Argument(
        help="Secondes, statut HTTP, code du catalogue ou octets, selon la panne.",
    )] = "",
    transaction: Annotated[str, typer.Option(help="Cette transaction seulement.")] = "",
    first: Annotated[int | None, typer.Option(help="Les n premiers appels seulement.")] = None,
    id_nat: Annotated[str, typer.Option(help="Ce professionnel seulement.")] = "",
    matricule: Annotated[str, typer.Option(help="Ce patient seulement.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Fait échouer des appels ; affiche le numéro de la panne."""
    body = {
        "service": service, "kind": kind, "value": _read(value), "transaction": transaction,
        "first": first, "id_nat": id_nat, "matricule": matricule,
    }
    _made("/faults", {k: v for k, v in body.items() if v not in ("", None)}, url, tenant, as_json)


@fault_app.command("list")
def list_faults(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les pannes en vigueur, et combien de fois chacune a frappé."""
    _listed("faults", url, tenant, as_json, lambda each: " ".join(filter(None, (
        each["id"], each["service"], each["transaction"], each["kind"],
        "" if each["value"] is None else str(each["value"]), each["id_nat"], each["matricule"],
        f"{each['fired']}" + (f"/{each['first']}" if each["first"] else ""),
    ))))


@fault_app.command("remove")
def remove_faults(
    id: Annotated[str, typer.Argument(help="Numéro ; sinon toutes.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Retire une panne, ou toutes."""
    _removed("/faults", id, url, tenant, as_json)


@answers_app.command("add")
def add_answers(
    service: Annotated[str, typer.Argument(help="Service, par exemple dmp.")],
    transaction: Annotated[str, typer.Argument(help="Transaction, par exemple ITI-65.")],
    answers: Annotated[list[str], typer.Argument(help="Codes du catalogue, ou real.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Dicte les réponses aux prochains appels, une par appel ; affiche le numéro de la suite."""
    body = {"service": service, "transaction": transaction, "answers": answers}
    _made("/answers", body, url, tenant, as_json)


@answers_app.command("list")
def list_answers(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les suites de réponses, et combien ont été servies."""
    _listed("answers", url, tenant, as_json, lambda each: (
        f"{each['id']} {each['service']} {each['transaction']} "
        f"{each['served']}/{len(each['answers'])} : {', '.join(each['answers'])}"
    ))


@answers_app.command("remove")
def remove_answers(
    id: Annotated[str, typer.Argument(help="Numéro ; sinon toutes.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Retire une suite de réponses, ou toutes."""
    _removed("/answers", id, url, tenant, as_json)


def _made(path: str, body: dict[str, Any], url: str, tenant: str, as_json: bool) -> None:
    from services import client

    made = client.request("POST", path, url, tenant, body)
    client.show(made, True) if as_json else typer.echo(made["id"])


def _listed(
    what: str, url: str, tenant: str, as_json: bool, line: Callable[[dict[str, Any]], str]
) -> None:
    from services import client

    content = client.request("GET", f"/{what}", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content[what]:
        typer.echo(line(each))


def _removed(path: str, id: str, url: str, tenant: str, as_json: bool) -> None:
    from services import client

    client.call("DELETE", f"{path}/{id}" if id else path, url, tenant, as_json)


def _read(value: str) -> float | str | None:
    """A number where it is one: catalogue codes are not all words."""
    try:
        return float(value)
    except ValueError:
        return value or None
