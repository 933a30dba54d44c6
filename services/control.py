"""The FastAPI application behind the gateway: health, control API, docs, console."""

from __future__ import annotations

import json
from typing import Any, cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from services import console
from services.certificates import control as certificates
from services.kernel import (
    control,
    fault_routes,
    openapi,
    requirement_routes,
    setting_routes,
    tenant_routes,
)
from services.kernel.database import Conflict, StorageFailure
from services.kernel.errors import Refusal
from services.kernel.pki import routes as pki
from services.kernel.sandbox import Sandbox
from services.population import control as people

REFUSALS = {
    400: "La demande ne tient pas : valeur impossible, texte illisible.",
    401: "Hors de la boucle locale : le jeton d'administration ou le secret de l'espace.",
    403: "L'appel vient d'une autre origine.",
    404: "Rien de ce nom dans cet espace.",
    405: "Cette méthode n'est pas admise ici.",
    409: "L'espace ou l'objet a changé, ou existe déjà.",
    413: "Le corps est trop long.",
    414: "L'adresse est trop longue.",
    415: "Du JSON est attendu.",
    421: "L'hôte n'est pas celui du bac à sable.",
    422: "La demande est mal formée : l'emplacement de chaque faute est donné.",
    431: "Les en-têtes sont trop longs.",
    503: "Rien n'a pu être enregistré.",
}
"""What any call may be answered, beside its own statuses."""
_FRENCH = {
    "Not Found": "Rien à cette adresse : /docs et « socle routes » disent celles qui existent.",
    "Method Not Allowed": "Cette méthode n'est pas admise à cette adresse.",
}
"""What the framework says itself."""


def build(sandbox: Sandbox) -> FastAPI:
    """One application; every error is {"erreur": {"code", "libelle", …}}."""
    app = FastAPI(
        title="Socle : API de contrôle", version="1", docs_url=None, redoc_url=None,
        openapi_url="/sandbox/openapi.json",
        description='Un refus est `{"erreur": {"code", "libelle", …}}`.',
        responses={status: {"description": text} for status, text in REFUSALS.items()},
    )
    app.state.sandbox = sandbox
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(StorageFailure, _not_stored)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(UnicodeEncodeError, _no_text)

    @app.get("/health", tags=["bac à sable"])
    async def health() -> dict[str, Any]:
        """Ready once this answers."""
        return {
            "status": "ready", "services": dict.fromkeys(sandbox.services, "ready"),
            "journal": sandbox.journal.state,
        }

    routers: list[APIRouter] = [
        each.build_router(sandbox)
        for each in (
            tenant_routes, setting_routes, fault_routes, control, requirement_routes, people,
            certificates,
        )
    ]
    routers += [s.control(sandbox) for s in sandbox.services.values() if s.control is not None]
    for router in routers:
        app.include_router(router, prefix="/sandbox")
    app.include_router(pki.build_router(sandbox))
    app.include_router(openapi.build_router(sandbox))
    app.include_router(console.build_router(sandbox))
    return app


class Said(JSONResponse):
    """What quotes a client: half of a surrogate pair, which JSON may escape, becomes «?»."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )


async def _http_error(request: Request, error: Exception) -> Said:
    error = cast(StarletteHTTPException, error)
    detail: object = error.detail
    if not isinstance(detail, dict):
        label = _FRENCH.get(str(detail), str(detail))
        detail = {"code": str(error.status_code), "libelle": label}
    return Said({"erreur": detail}, error.status_code, headers=error.headers)


async def _conflict(request: Request, error: Exception) -> Said:
    label = "L'espace a changé pendant la demande : rien n'a été fait, recommencez."
    return Said({"erreur": {"code": "conflit", "libelle": label}}, 409)


async def _not_stored(request: Request, error: Exception) -> Said:
    label = "Le bac à sable n'a pas pu enregistrer : rien n'a été changé."
    return Said({"erreur": {"code": "storage", "libelle": label}}, 503)


async def _refused(request: Request, error: Exception) -> Said:
    refusal = cast(Refusal, error)
    said = {"code": refusal.error.code, "libelle": refusal.details or refusal.error.label}
    return Said({"erreur": said}, refusal.error.status)


async def _no_text(request: Request, error: Exception) -> Said:
    label = "Un texte n'est pas de l'Unicode : la moitié d'un caractère y est seule."
    return Said({"erreur": {"code": "texte", "libelle": label}}, 422)


async def _invalid(request: Request, error: Exception) -> Said:
    error = cast(RequestValidationError, error)
    places = [
        {"emplacement": ".".join(str(part) for part in each["loc"]), "message": _message(each)}
        for each in error.errors()[:20]
    ]
    return Said(
        {"erreur": {"code": "corps", "libelle": "La demande est mal formée.", "details": places}},
        422,
    )


MESSAGES = {
    "missing": "Ce champ est obligatoire.",
    "extra_forbidden": "Ce champ n'est pas connu.",
    "json_invalid": "Le JSON est illisible : {error}.",
    "literal_error": "Attendu : {expected}.",
    "enum": "Attendu : {expected}.",
    "base64_decode": "Du Base64 est attendu.",
    "string_type": "Un texte est attendu.",
    "string_too_short": "Au moins {min_length} caractères.",
    "string_too_long": "Au plus {max_length} caractères.",
    "string_pattern_mismatch": "La forme attendue est {pattern}.",
    "int_parsing": "Un nombre entier est attendu.",
    "int_type": "Un nombre entier est attendu.",
    "float_parsing": "Un nombre est attendu.",
    "float_type": "Un nombre est attendu.",
    "bool_parsing": "true ou false est attendu.",
    "bool_type": "true ou false est attendu.",
    "list_type": "Une liste est attendue.",
    "model_attributes_type": "Un objet JSON est attendu.",
    "greater_than_equal": "Au moins {ge}.",
    "less_than_equal": "Au plus {le}.",
    "string_unicode": "Ce texte n'est pas de l'Unicode.",
    "value_error": "{error}",
    "too_long": "Au plus {max_length} éléments.",
    "datetime_from_date_parsing": "Un instant ISO 8601 est attendu.",
    "datetime_parsing": "Un instant ISO 8601 est attendu.",
}
"""What the control API says of each kind of fault, in place of the library's English."""


def _message(fault: dict[str, Any]) -> str:
    known = MESSAGES.get(fault["type"])
    said = {name: value.replace(" or ", " ou ") if isinstance(value, str) else value
            for name, value in fault.get("ctx", {}).items()}
    return known.format(**said) if known else str(fault["msg"])
