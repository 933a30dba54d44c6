"""`socle datamatrix …`: the INS datamatrix of a patient, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

datamatrix_app = group("Datamatrix INS : écrire et contrôler.")

FORMATS = ("png", "svg", "txt")


@datamatrix_app.command("write")
def write(
    patient: Annotated[str, typer.Argument(help="Identifiant ou matricule d'un patient.")],
    out: Annotated[Path, typer.Option(help="Fichier .png, .svg ou .txt.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default",
) -> None:
    """Écrit le datamatrix d'un patient de l'espace."""
    from services import client

    format = out.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        client.fail(f"{out} : attendu un fichier .{', .'.join(FORMATS)}.")
    content = client.fetch(
        f"/ins/datamatrix/{quote(patient, safe='')}?format={format}", url, tenant
    )
    out.write_bytes(content)


@datamatrix_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Image PNG ou JPEG, ou texte .txt.")],
    as_json: Json = False,
) -> None:
    """Explique chaque erreur d'un datamatrix, sans bac à sable ; 0 seulement s'il est juste."""
    from services import client

    found = [_explained(texte) for texte in _texts(file)]
    if as_json:
        client.show(found, True)
    for each in () if as_json else found:
        typer.echo(f"{'valide' if each['valide'] else 'faux'} : {each['texte']}")
        for one in each["constats"]:
            typer.echo(f"  {one['gravite']}  {one['emplacement']} : attendu {one['attendu']} ; "
                       f"trouvé {one['trouve']}  [{one['regle']}]")
    if not all(each["valide"] for each in found):
        raise typer.Exit(1)


def _texts(file: Path) -> tuple[str, ...]:
    """Ends the command when there is nothing to read."""
    from services import client
    from services.kernel import barcodes

    try:
        content = file.read_bytes()
        if file.suffix.lower() == ".txt":
            return (content.decode().rstrip("\r\n").replace("<GS>", "\x1d"),)
        found = barcodes.read(content, "DataMatrix")
    except (OSError, UnicodeDecodeError, barcodes.BadPicture) as error:
        client.fail(f"{file} : {error}")
    return found or client.fail(f"{file} : aucun Data Matrix lisible.")


def _explained(texte: str) -> dict[str, Any]:
    from ins.domain.datamatrix import lire
    from ins.rules.datamatrix import CONTENU
    from ins.wire.datamatrix import explained

    read = lire(texte)
    return explained(read, (found for each in CONTENU for found in each.findings(read)))
