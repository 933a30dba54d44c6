"""`socle people …`: a tenant's own patients, professionals, structures, mailboxes and clients."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

people_app = group("Vos patients, professionnels, structures, messageries et clients.")

KINDS = ("patients", "professionals", "structures", "mailboxes", "clients")
NOUNS = {
    "patients": "patients", "professionals": "professionnels", "structures": "structures",
    "mailboxes": "messageries", "clients": "clients", "patient": "patient",
    "professional": "professionnel", "structure": "structure", "mailbox": "messagerie",
    "client": "client",
}
FORMATS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "fhir"}
IMPORT_SECONDS = 600.0

Kind = Annotated[str, typer.Argument(help=f"{', '.join(KINDS[:-1])} ou {KINDS[-1]}.")]
Id = Annotated[str, typer.Argument(help="Identifiant, matricule, adresse ou client_id.")]
Members = Annotated[list[str] | None, typer.Argument(
    help="membre=valeur ; les membres sont les colonnes des fichiers CSV.",
)]


@people_app.command("list")
def list_people(
    kind: Kind, q: Annotated[str, typer.Option(help="Partie d'un nom ou d'un numéro.")] = "",
    limit: Annotated[int, typer.Option(help="Au plus.")] = 50,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Ceux de la base, puis ceux de l'espace."""
    from services import client

    query = urlencode({"q": q, "limit": limit})
    content = client.request("GET", f"/{_kind(kind)}?{query}", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content[kind]:
        typer.echo("  ".join(_line(each)))


@people_app.command("add")
def add(
    kind: Kind, members: Members = None,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Ajoute ; ce qui manque (identifiants, clés, messagerie) est inventé."""
    _call("POST", f"/{_kind(kind)}", url, tenant, as_json, _members(kind, members or []))


@people_app.command("change")
def change(
    kind: Kind, id: Id, members: Members = None,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Change quelques membres, même d'une personne de la base : dans cet espace seulement."""
    _call("PATCH", _path(kind, id), url, tenant, as_json, _members(kind, members or []))


@people_app.command("delete")
def delete(
    kind: Kind, id: Id,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Retire de cet espace, même quelqu'un de la base, et dit ce qui suit."""
    from services import client

    content = client.request("DELETE", _path(kind, id), url, tenant)
    if as_json:
        client.show(content, True)
        return
    for word, places in (("retiré", content["removed"]), ("changé", content["changed"])):
        for each in places:
            typer.echo(f"{word} : {NOUNS[each['kind']]} {each['id']}")


@people_app.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(help="Fichier .csv, .ndjson ou .json (Bundle FHIR).")],
    kind: Annotated[str, typer.Option(help="Sorte ; sinon le nom du fichier la dit.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Vérifier sans rien ajouter.")] = False,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Ajoute tous ceux d'un fichier, ou personne : chaque refus est dit avec sa ligne."""
    import orjson

    from services import client

    format = FORMATS.get(file.suffix.lower(), "")
    if not format:
        client.fail(f"{file} : attendu {', '.join(FORMATS)}.")
    chosen = kind or file.stem
    if format != "fhir":
        _kind(chosen)
    try:
        text = file.read_text("utf-8-sig")
        content = orjson.loads(text) if format == "fhir" else text
    except (OSError, ValueError) as error:
        client.fail(f"{file} est illisible en UTF-8 : {error}")
    body = {"format": format, "content": content, "simulation": check}
    body |= {} if format == "fhir" else {"kind": chosen}
    report = client.request(
        "POST", "/identities/import", url, tenant, body, timeout=IMPORT_SECONDS
    )
    _report(report, as_json)


@people_app.command("generate")
def generate(
    count: Annotated[int, typer.Option(min=1, help="Combien.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="La même graine donne les mêmes gens.")] = 1,
    kind: Annotated[str, typer.Option(help="patients, professionals ou structures.")] = "patients",
    format: Annotated[str, typer.Option(
        help="ndjson ou csv : écrits sur la sortie, sans bac à sable.",
    )] = "",
    skip: Annotated[int, typer.Option(min=0, help="Passer les premiers de la graine.")] = 0,
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Des gens de plus, dans un bac à sable en marche ou sur la sortie standard."""
    from services import client

    if kind not in KINDS[:3] or format not in ("", "ndjson", "csv"):
        client.fail("Attendu : --kind patients, professionals ou structures ; "
                    "--format ndjson ou csv.")
    if format:
        _write(kind, count, seed, skip, format)
        return
    if kind == "structures" or skip:
        client.fail("Avec un bac à sable : patients ou professionals, sans --skip.")
    body = {kind: count, "seed": seed}
    report = client.request(
        "POST", "/identities/generate", url, tenant, body, timeout=IMPORT_SECONDS
    )
    _report(report, as_json)


def _write(kind: str, count: int, seed: int, skip: int, format: str) -> None:
    """The people of the seed, line by line, however many."""
    import orjson

    from services.population.generating import directory, patients
    from services.population.importing import csv_writing

    streams = {
        "patients": patients.patients, "professionals": directory.professionals,
        "structures": directory.structures,
    }
    everyone = islice(streams[kind](seed, skip), count)
    out = sys.stdout.buffer
    try:
        if format == "csv":
            for piece in csv_writing.write(kind, everyone):
                out.write(piece.encode())
        else:
            for each in everyone:
                out.write(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE))
        out.flush()
    except BrokenPipeError:
        # The reader has enough; Python must not complain when it closes the pipe.
        sys.stdout = None


def _kind(kind: str) -> str:
    """The kind itself. Ends the command when there is no such kind."""
    if kind not in KINDS:
        from services import client

        client.fail(f"« {kind} » : attendu {', '.join(KINDS)}.")
    return kind


def _path(kind: str, id: str) -> str:
    return f"/{_kind(kind)}/{quote(id, safe='/@')}"


def _members(kind: str, pairs: list[str]) -> dict[str, Any]:
    """`member=value` pairs as the CSV columns of that kind read them."""
    from services import client
    from services.population.importing.columns import BadCell, columns_of, members_of

    given = dict(pair.partition("=")[::2] for pair in pairs)
    unknown = [name for name in given if name not in columns_of(kind)]
    if unknown:
        client.fail(f"Membre inconnu : {', '.join(unknown)}. Membres : "
                    f"{', '.join(columns_of(kind))}.")
    try:
        return members_of(kind, given)
    except BadCell as error:
        client.fail(str(error))


def _line(each: dict[str, Any]) -> list[str]:
    """What names a record, in a few words."""
    if "matricule" in each:
        return [each["matricule"] + each["cle"], each["nom_naissance"], " ".join(each["prenoms"]),
                each["date_naissance"], each["id"]]
    if "owner_id" in each:
        return [each["type"], each["address"], each["owner_id"]]
    if "client_id" in each:
        return [each["client_id"], each["name"]]
    return [each["id_nat"], each["nom"], each.get("prenom", ""), each["id"]]


def _report(report: dict[str, Any], as_json: bool) -> None:
    from services import client

    if as_json:
        client.show(report, True)
        return
    for kind, number in report["added"].items():
        typer.echo(f"{NOUNS[kind]} : {number}")
    for each in report.get("avertissements", ()):
        where = each.get("ligne", each.get("entree", ""))
        typer.echo(f"{where} : {each['emplacement']} : {each['message']}")


def _call(
    method: str, path: str, url: str, tenant: str, as_json: bool, body: dict[str, Any]
) -> None:
    from services import client

    content = client.request(method, path, url, tenant, body)
    if as_json:
        client.show(content, True)
        return
    typer.echo("  ".join(_line(content)))
    for remark in content["avertissements"]:
        typer.echo(remark)
