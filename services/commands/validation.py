"""`socle validate` and `socle packages`: FHIR resources against profiles, without a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.commands.options import Json, group

if TYPE_CHECKING:
    from services.fhir.validation import Report, Validator

packages_app = group("Paquets FHIR R4 qui complètent ceux de Socle.")

Data = Annotated[Path, typer.Option(help="Répertoire des données (./var).")]
VAR = Path("var")
MARKS = {"error": "erreur", "warning": "avertissement", "information": "remarque"}
MOST_BYTES = 256 * 1024 * 1024


def validate(
    files: Annotated[list[Path], typer.Argument(help="Ressources FHIR en JSON.")],
    profile: Annotated[list[str] | None, typer.Option(
        help="Profil à appliquer (plusieurs fois), au lieu de ceux que la ressource annonce."
    )] = None,
    structure: Annotated[bool, typer.Option(
        "--structure", help="La structure de FHIR R4 seulement, sans profil."
    )] = False,
    data: Data = VAR, as_json: Json = False,
) -> None:
    """Valide des ressources FHIR ; 1 si l'une d'elles a une erreur."""
    from services import catalog
    from services.fhir.validation import Library, Validator, added, shipped
    from services.fhir.validation.files import FOLDER

    library = Library([*shipped(), *added(data / FOLDER)])
    validator = Validator(library, catalog.code_lists())
    results = [_one(validator, each, profile or [], structure) for each in files]
    if as_json:
        _json([result for result, _ in results])
    else:
        for result, report in results:
            _lines(str(result["file"]), report)
    raise typer.Exit(0 if all(report.strict for _, report in results) else 1)


def _one(
    validator: Validator, file: Path, profiles: list[str], structure: bool
) -> tuple[dict[str, Any], Report]:
    from services.fhir.validation.files import read, unreadable
    from services.fhir.validation.validator import Report

    try:
        resource = read(file, MOST_BYTES)
    except (OSError, ValueError) as error:
        report = unreadable(str(error))
    else:
        report = (
            Report((), validator.structure(resource)) if structure
            else validator.validate(resource, profiles)
        )
    return {
        "file": str(file), "profiles": [*report.profiles],
        "verdict": {"strict": report.strict, "lenient": report.lenient},
        "issues": [each.issue() for each in report.faults],
    }, report


def _lines(file: str, report: Report) -> None:
    for each in report.faults:
        place = f" {each.at}" if each.at else ""
        typer.echo(f"{file} : {MARKS[each.severity]} {each.rule}{place} : {each.french}")
    count = sum(each.severity == "error" for each in report.faults)
    verdict = "conforme" if report.strict else f"{count} erreur(s)" + (
        ", structure R4 correcte" if report.lenient else ""
    )
    profiles = ", ".join(report.profiles) or "FHIR R4"
    typer.echo(f"{file} : {verdict} ({profiles})")


@packages_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="Paquet FHIR R4 publié (.tgz).")],
    data: Data = VAR, as_json: Json = False,
) -> None:
    """Ajoute un paquet : ses profils et ses listes servent dès la validation suivante."""
    from services.fhir.validation.files import add as add_package
    from services.fhir.validation.packages import PackageRefused

    try:
        done = add_package(file.read_bytes(), data)
    except (OSError, PackageRefused) as error:
        typer.echo(f"Paquet refusé : {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        _json(done)
        return
    typer.echo(f"Ajouté : {done['name']} {done['version']} ({done['entries']} définitions, listes)")
    for each in done["missing"]:
        typer.echo(f"Dépendance absente : {each}. Ses profils ne seront pas vérifiés.")
    for each in done["warnings"]:
        typer.echo(f"Laissé de côté : {each}")


@packages_app.command("list")
def list_packages(data: Data = VAR, as_json: Json = False) -> None:
    """Les paquets disponibles, leurs dépendances, et celles qui manquent."""
    from services.fhir.validation.files import described

    found = described(data)
    if as_json:
        _json(found)
        return
    for each in found:
        origin = "fourni" if each["shipped"] else "ajouté"
        missing = f" ; absents : {', '.join(each['missing'])}" if each["missing"] else ""
        typer.echo(f"{each['name']:32} {each['version']:18} {origin}{missing}")


@packages_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Nom du paquet, ou nom#version.")],
    data: Data = VAR, as_json: Json = False,
) -> None:
    """Retire un paquet ajouté."""
    from services.fhir.validation.files import remove as remove_package

    gone = remove_package(name, data)
    if as_json:
        _json({"removed": gone})
    elif gone:
        typer.echo(f"Retiré : {', '.join(gone)}")
    else:
        typer.echo(f"Aucun paquet ajouté ne porte ce nom : {name}", err=True)
    if not gone:
        raise typer.Exit(1)


def _json(content: object) -> None:
    import orjson

    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
