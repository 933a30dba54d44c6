"""Many people at once over the control API: `/sandbox/identities/import` and `/generate`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, HTTPException, Request
from pydantic import Field, field_validator

from services.kernel.control import current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.population.checking.problems import NoNumberLeft, Refused
from services.population.draft import Draft
from services.population.generating.filling import fill
from services.population.importing import csv_files, fhir_bundles, json_lines
from services.population.importing.loading import Remark, Report, load
from services.population.importing.rows import Row, Unreadable, in_order
from services.population.registering import drafted
from services.population.shapes import Shape

SHOWN = 500
"""Refusals and warnings that an answer lists."""


class Import(Shape):
    """A file: CSV or JSON lines of one kind, or a FHIR bundle."""

    format: Literal["csv", "ndjson", "fhir"]
    kind: Literal["patients", "professionals", "structures", "mailboxes", "clients"] | None = None
    content: str | dict[str, Any]
    simulation: Annotated[bool, Field(description="Tout vérifier, ne rien ajouter.")] = False

    @field_validator("content")
    @classmethod
    def _is_unicode(cls, content: Any) -> Any:
        """JSON may escape half of a surrogate pair, which no answer could quote."""
        try:
            orjson.dumps(content)
        except TypeError as error:
            raise ValueError("Un texte n'est pas de l'Unicode.") from error
        return content


class Generation(Shape):
    """How many more people; the same seed gives the same people."""

    patients: Annotated[int, Field(ge=0, le=20_000)] = 0
    professionals: Annotated[int, Field(ge=0, le=5_000)] = 0
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1


class Attention(Shape):
    """What deserves attention; ligne: of the file, or entree: of the bundle."""

    ligne: int | None = None
    entree: int | None = None
    emplacement: str
    message: str


class Added(Shape):
    """Plural of the kind → how many."""

    added: dict[str, int]
    avertissements: list[Attention] = Field(default_factory=list)


class NotStored(Exception):
    """Leaves a draft without committing it."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def routes(router: APIRouter, sandbox: Sandbox) -> None:
    """Both routes."""

    @router.post("/identities/import", status_code=201, response_model_exclude_none=True)
    async def bring(request: Request, given: Import) -> Added:
        """Add everyone of a file, or nobody: what is refused is said line by line."""
        tenant = await current_tenant(request)
        try:
            rows, ignored = _read(given, tenant.ids.uuid)
        except Unreadable as error:
            raise refused(422, "import", str(error)) from error

        async def act(draft: Draft) -> Report:
            report = await load(rows, draft)
            if report.refusals or given.simulation:
                raise NotStored(report)
            return report

        try:
            report = await drafted(sandbox, tenant, act)
        except NotStored as outcome:
            report = outcome.report
        place = "entree" if given.format == "fhir" else "ligne"
        if report.refusals:
            raise HTTPException(422, {
                "code": "import",
                "libelle": f"{report.refused_rows} sur {report.rows} refusés : rien n'est ajouté.",
                "details": [_shown(place, each) for each in report.refusals[:SHOWN]],
            })
        warnings = [*report.warnings, *ignored]
        return Added(added=dict(report.added), avertissements=[
            Attention.model_validate(_shown(place, each)) for each in warnings[:SHOWN]
        ])

    @router.post("/identities/generate", status_code=201)
    async def generate(request: Request, given: Generation) -> Added:
        """Add more people, and the structures where they work: the next ones of the seed."""
        tenant = await current_tenant(request)

        async def act(draft: Draft) -> dict[str, int]:
            return await fill(draft, given.seed, given.patients, given.professionals)

        try:
            return Added(added=dict(await drafted(sandbox, tenant, act)))
        except NoNumberLeft as error:
            raise refused(
                409, "numeros", "Cette graine n'a plus personne à donner : prenez-en une autre."
            ) from error
        except Refused as error:
            raise refused(
                409, "graine", "L'espace a changé ce que cette graine avait ajouté : prenez-en une "
                "autre."
            ) from error


def _read(given: Import, new_id: Any) -> tuple[list[Row], list[Remark]]:
    """The rows, and what is left out. Raises Unreadable."""
    if given.format == "fhir":
        rows, ignored = fhir_bundles.read(given.content, new_id)
        return in_order(rows), [
            Remark(place, "resourceType", f"{type} n'est pas repris.") for place, type in ignored
        ]
    if given.kind is None or not isinstance(given.content, str):
        raise Unreadable("kind et un content de texte sont attendus avec csv et ndjson.")
    reader = csv_files.read if given.format == "csv" else json_lines.read
    return in_order(reader(given.kind, given.content)), []


def _shown(place: str, remark: Remark) -> dict[str, Any]:
    return {place: remark.place, "emplacement": remark.at, "message": remark.message}
