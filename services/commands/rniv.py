"""`socle rniv …`: messages of the local identity store, sent and subscribed to."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

rniv_app = group("Référentiel local d'identités : messages HL7 v2 (PAM FR) par MLLP.")

SECONDS = 30.0
START, END = b"\x0b", b"\x1c\r"
Events = Annotated[list[str] | None, typer.Option(
    "--event", help="A28, A31 ou A40 ; les trois sans cette option."
)]


@rniv_app.command("send")
def send(
    file: Annotated[Path, typer.Argument(help="Message HL7 v2 (ER7).", exists=True)],
    url: Url = DEFAULT_URL, tenant: TenantName = "default",
) -> None:
    """Envoie un message au port MLLP du bac à sable ; 0 seulement s'il est accepté (AA)."""
    from services import client

    place = client.request("GET", "/endpoints", url, "default").get("mllp")
    if not place:
        client.fail("Ce bac à sable n'a pas de port MLLP.")
    content = file.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    answer = _exchanged(place, _addressed(content, tenant))
    typer.echo(answer.decode("utf-8", "replace").replace("\r", "\n").rstrip())
    raise typer.Exit(0 if b"\rMSA|AA|" in answer else 1)


@rniv_app.command("subscribe")
def subscribe(
    address: Annotated[str, typer.Argument(help="mllp://hôte:port")], events: Events = None,
    application: Annotated[str, typer.Option(help="MSH-5 des messages.")] = "",
    facility: Annotated[str, typer.Option(help="MSH-6 des messages.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Fait annoncer chaque identité créée, changée ou fusionnée à un système."""
    body: dict[str, Any] = {
        "address": address, "application": application, "etablissement": facility
    }
    _call("POST", "/subscriptions", url, tenant, as_json, body | (
        {"events": events} if events else {}
    ))


@rniv_app.command("subscriptions")
def subscriptions(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les systèmes abonnés, et les hôtes que l'espace permet d'appeler."""
    _call("GET", "/subscriptions", url, tenant, as_json)


@rniv_app.command("unsubscribe")
def unsubscribe(
    id: Annotated[str, typer.Argument(help="Numéro de l'abonnement.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Met fin à un abonnement."""
    _call("DELETE", f"/subscriptions/{id}", url, tenant, as_json)


@rniv_app.command("allow")
def allow(
    hosts: Annotated[list[str] | None, typer.Argument(help="Hôtes ; aucun : cette machine seule.")]
    = None, url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Fixe les hôtes qui peuvent être appelés, outre cette machine."""
    _call("PUT", "/subscriptions", url, tenant, as_json, {"outbound": hosts or []})


@rniv_app.command("outbox")
def outbox(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les messages qui ne sont pas encore partis."""
    _call("GET", "/outbox", url, tenant, as_json)


@rniv_app.command("deliver")
def deliver(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Essaie maintenant d'envoyer ce qui attend : un système arrêté a redémarré."""
    _call("POST", "/outbox/deliver", url, tenant, as_json, {})


def _call(
    method: str, path: str, url: str, tenant: str, as_json: bool, body: object = None
) -> None:
    from services import client

    client.call(method, f"/ins/rniv{path}", url, tenant, as_json, body)


def _addressed(content: bytes, tenant: str) -> bytes:
    """The message, to that tenant (MSH-6) when it is not the default one."""
    if tenant == "default" or not content.startswith(b"MSH"):
        return content
    line, mark, rest = content.partition(b"\r")
    fields = line.split(line[3:4])
    fields += [b""] * (6 - len(fields))
    fields[5] = f"t/{tenant}".encode()
    return line[3:4].join(fields) + mark + rest


def _exchanged(place: dict[str, Any], content: bytes) -> bytes:
    from services import client

    received = b""
    try:
        with socket.create_connection((place["host"], place["port"]), SECONDS) as connection:
            connection.sendall(START + content + END)
            while END not in received:
                data = connection.recv(65536)
                if not data:
                    client.fail("La connexion a été coupée sans acquittement : voyez le journal.")
                received += data
    except OSError as error:
        client.fail(f"Le port MLLP ne répond pas : {error}")
    return received.removeprefix(START).partition(END)[0]
