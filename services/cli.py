"""The `socle` command. Nothing heavy is imported before a command needs it.

Every command that reads or changes a running sandbox takes --url and --tenant; every command
that prints a result has --json.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from services.commands.cards import card_app
from services.commands.certificates import certificate_app
from services.commands.ciba import ciba_app
from services.commands.codes import codes
from services.commands.datamatrix import datamatrix_app
from services.commands.faults import answers_app, fault_app
from services.commands.ins import ins_app
from services.commands.journal import journal, requirements
from services.commands.keys import keys_app
from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group
from services.commands.people import people_app
from services.commands.platines import platines
from services.commands.rniv import rniv_app
from services.commands.tenants import settings as tenant_settings
from services.commands.tenants import tenant_app
from services.commands.validation import packages_app, validate

app = typer.Typer(
    name="socle", no_args_is_help=True, rich_markup_mode=None, add_completion=False,
    pretty_exceptions_enable=False,
    help="Bac à sable des services socles : INSi, Pro Santé Connect, MSSanté, DMP et voisins.",
)
scenario_app = group("Scénarios.")
app.add_typer(scenario_app, name="scenario")
app.add_typer(ciba_app, name="ciba")
app.add_typer(keys_app, name="keys")
app.add_typer(certificate_app, name="certificate")
app.add_typer(card_app, name="card")
app.add_typer(datamatrix_app, name="datamatrix")
app.add_typer(fault_app, name="fault")
app.add_typer(ins_app, name="ins")
app.add_typer(answers_app, name="answers")
app.add_typer(tenant_app, name="tenant")
app.add_typer(people_app, name="people")
app.add_typer(rniv_app, name="rniv")
app.add_typer(packages_app, name="packages")

Ignored = Annotated[int | None, typer.Option(help="Accepté ; cet écouteur n'existe pas encore.")]


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(help="Répertoire des données (./var).")] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Tout oublier à l'arrêt.")] = False,
    database_url: Annotated[
        str | None, typer.Option(help="Base PostgreSQL (postgresql://…) au lieu de SQLite.")
    ] = None,
    blobs_url: Annotated[
        str | None, typer.Option(help="Documents et mails dans S3 (s3://seau/préfixe).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processus HTTP (1) ; plusieurs : avec PostgreSQL.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Adresse d'écoute (127.0.0.1).")] = None,
    public_url: Annotated[str | None, typer.Option(help="Adresse annoncée aux clients.")] = None,
    http_port: Annotated[int | None, typer.Option(help="Port HTTP (8080) ; 0 : libre.")] = None,
    smtp_port: Annotated[int | None, typer.Option(help="Port SMTP (2587) ; 0 : libre.")] = None,
    https_port: Annotated[int | None, typer.Option(help="Port HTTPS (8443) ; 0 : libre.")] = None,
    relay_port: Ignored = None, imap_port: Ignored = None,
    mllp_port: Annotated[int | None, typer.Option(help="Port MLLP (2575) ; 0 : libre.")] = None,
    dns_port: Ignored = None,
    only: Annotated[str | None, typer.Option(help="Services, séparés par des virgules.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Écrit quand tout répond.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Fichier de réglages TOML.", envvar="SOCLE_CONFIG")
    ] = None,
) -> None:
    """Lance le bac à sable et tous ses services."""
    from services import app as assembly
    from services.catalog import UnknownService
    from services.installation import Misconfigured
    from services.kernel.database import UnusableDatabase
    from services.kernel.listeners import PortTaken
    from services.settings import InvalidSettings, load

    given: dict[str, Any] = {
        "data": data, "database_url": database_url, "blobs_url": blobs_url,
        "host": host, "public_url": public_url,
        "http_port": http_port, "https_port": https_port, "smtp_port": smtp_port,
        "mllp_port": mllp_port, "only": only,
        "ready_file": ready_file, "memory": memory or None, "workers": workers,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        assembly.run(load(config, **chosen))
    except PortTaken as error:
        _stop(f"Port déjà pris : {error}. Choisissez-en un autre "
              "(--http-port, --https-port, --smtp-port, --mllp-port).")
    except (InvalidSettings, Misconfigured, UnknownService, UnusableDatabase) as error:
        _stop(str(error))


@app.command()
def demo(
    document: Annotated[Path | None, typer.Option(help="Document CDA à déposer.")] = None,
    url: Annotated[str, typer.Option(help="Bac à sable en marche ; sinon un nouveau.")] = "",
    tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Joue le parcours de l'ordonnance ; 0 seulement si chaque étape est vérifiée."""
    from services import client

    raise typer.Exit(client.demo(document, url, tenant, as_json))


@scenario_app.command("run")
def scenario_run(
    name: Annotated[str, typer.Argument(help="Identifiant du scénario.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Tous les scénarios.")] = False,
    url: Annotated[str, typer.Option(help="Bac à sable en marche ; sinon un nouveau.")] = "",
    tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Joue un scénario, ou tous."""
    from services import client

    if every == bool(name):
        _stop("Donnez un scénario, ou --all.")
    raise typer.Exit(client.scenarios([] if every else [name], url, tenant, as_json))


@scenario_app.command("list")
def scenario_list(as_json: Json = False) -> None:
    """Les scénarios."""
    from services import client

    client.list_scenarios(as_json)


@app.command()
def identities(
    service: Annotated[str, typer.Option(
        help="Un seul service, avec ses demandes : pour obtenir cette réponse, cette identité."
    )] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Qui existe, et ce que chaque identité provoque dans chaque service."""
    from services import client

    client.identities(url, tenant, as_json, service)


@app.command()
def token(
    id_nat: Annotated[str, typer.Argument(help="Identifiant national ; sinon le médecin.")] = "",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Un jeton d'accès Pro Santé Connect, sans navigateur."""
    from services import client

    client.token(url, tenant, id_nat, as_json)


@app.command()
def routes(as_json: Json = False) -> None:
    """Chaque transaction : code, adresse, fichier et ligne."""
    from services import client

    client.routes(as_json)


@app.command()
def ecps(
    mode: Annotated[str, typer.Argument(
        help="auto, manual, refuse, timeout, wrong_pin, blocked, unreachable ou "
        "inactive."
    )] = "",
    id_nat: Annotated[str, typer.Option(help="Ce professionnel seulement.")] = "",
    after: Annotated[int, typer.Option(
        min=0, help="Secondes avant chaque réponse automatique à une demande CIBA.",
    )] = 0,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Lit ou change ce que répond l'e-CPS virtuelle."""
    from services import client

    body: dict[str, Any] = {"mode": mode} | ({"id_nat": id_nat} if id_nat else {})
    body |= {"after_seconds": after} if after else {}
    client.call("PUT" if mode else "GET", "/ecps", url, tenant, as_json, body if mode else None)


@app.command()
def reset(url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False) -> None:
    """Vide un espace, et lui seul."""
    from services import client

    client.call("POST", "/reset", url, tenant, as_json, {})


@app.command()
def clock(
    shift: Annotated[float | None, typer.Option(help="Décalage en secondes.")] = None,
    freeze: Annotated[str, typer.Option(help="Instant ISO 8601 où figer l'heure.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Revenir à l'heure réelle.")] = False,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Lit ou change l'heure d'un espace."""
    from services import client

    change: dict[str, Any] = {"shift_seconds": shift} if shift is not None else {}
    change |= {"freeze": freeze} if freeze else {}
    change |= {"resume": True} if resume else {}
    client.call("PUT" if change else "GET", "/clock", url, tenant, as_json, change or None)


app.command("settings")(tenant_settings)
app.command("validate")(validate)
app.command("codes")(codes)
app.command("platines")(platines)
app.command("journal")(journal)
app.command("requirements")(requirements)


@app.command()
def version() -> None:
    """La version de Socle."""
    from importlib.metadata import version as installed

    typer.echo(installed("socle"))


def _stop(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def main() -> None:
    """Entry point of the console script."""
    # httpx imports a command line of its own where it can: a quarter of what a command takes.
    sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
    app()


if __name__ == "__main__":
    main()
