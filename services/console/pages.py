"""The console's routes: pages, their live fragments, and static files. Read only.

What a page changes (reset) it asks of the control API, as any client would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console import assets, exchanges, home, interfaces, requirements, words
from services.kernel.clock import SECOND
from services.kernel.control import current_tenant
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.typography import french

TEMPLATES = Path(__file__).parent / "templates"
THEMES = frozenset({"light", "dark"})
FEED_LINES = 4
LIST_LINES = 100


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes at `/` and under `/console`."""
    router = APIRouter(include_in_schema=False)
    files = assets.load()
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )
    templates.globals["assets"] = files
    templates.filters |= {"fr": french, "cuts": words.cuts}

    def render(name: str, status: int = 200, **context: Any) -> HTMLResponse:
        text = templates.get_template(name).render(context)
        return HTMLResponse(text, status, assets.PAGE_HEADERS)

    @router.get("/")
    async def first_page(request: Request) -> Response:
        """Services, people, the first call, and the journal running at the foot."""
        tenant = await current_tenant(request)
        rows = await exchanges.latest(sandbox, tenant, FEED_LINES)
        return render(
            "home.html", rows=rows, **_frame(request, tenant, "home", rows.summary),
            **await home.first_page(sandbox, tenant),
        )

    @router.get("/console/journal")
    async def journal(request: Request, requirement: str = "") -> Response:
        """The last exchanges, or the last that broke a requirement."""
        tenant = await current_tenant(request)
        rows = await exchanges.latest(sandbox, tenant, LIST_LINES, requirement)
        return render("journal.html", rows=rows, exchange=None, missing=False,
                      **_frame(request, tenant, "journal", rows.summary))

    @router.get("/console/journal/{id}")
    async def exchange(request: Request, id: str) -> Response:
        """One exchange, beside the last ones."""
        tenant = await current_tenant(request)
        found = await exchanges.exchange_page(sandbox, tenant, id)
        rows = await exchanges.latest(sandbox, tenant, LIST_LINES)
        return render("journal.html", 404 if found is None else 200, rows=rows, exchange=found,
                      missing=found is None, **_frame(request, tenant, "journal", rows.summary))

    @router.get("/console/interfaces")
    async def transactions(request: Request) -> Response:
        """The declared transactions and their addresses."""
        tenant = await current_tenant(request)
        rows = await exchanges.latest(sandbox, tenant, 0)
        return render("interfaces.html", **_frame(request, tenant, "file", rows.summary),
                      **interfaces.page(sandbox, tenant))

    @router.get("/console/requirements")
    async def register(request: Request) -> Response:
        """What exchanges are held against."""
        tenant = await current_tenant(request)
        rows = await exchanges.latest(sandbox, tenant, 0)
        return render("requirements.html", **_frame(request, tenant, "rule", rows.summary),
                      **await requirements.page(sandbox, tenant))

    @router.get("/console/live/{view}")
    async def live(request: Request, view: str, requirement: str = "") -> Response:
        """The lines of a page that is already open, as they are now."""
        tenant = await current_tenant(request)
        lines = {"feed": FEED_LINES, "list": LIST_LINES, "none": 0}.get(view)
        if lines is None:
            raise HTTPException(404)
        rows = await exchanges.latest(sandbox, tenant, lines, requirement)
        return render("live.html", view=view, rows=rows, prefix=tenant.url_prefix)

    @router.get("/console/static/{name}")
    async def static(request: Request, name: str) -> Response:
        """The style sheet, the script, the icon."""
        if name not in files:
            raise HTTPException(404)
        return files[name].answer(request)

    return router


def _frame(request: Request, tenant: Tenant, here: str, summary: str) -> dict[str, Any]:
    """What every page has around its content."""
    wished = request.query_params.get("theme") or request.cookies.get("socle-theme", "")
    clock = tenant.clock
    moved = ""
    if clock.frozen is not None:
        moved = "horloge arrêtée"
    elif clock.shift:
        moved = f"horloge décalée de {round(clock.shift / SECOND):+,} s".replace(",", "\u202f")
    return {
        "tenant": tenant, "prefix": tenant.url_prefix, "here": here, "summary": summary,
        "theme": wished if wished in THEMES else "",
        "clock": {"at": clock.iso(), "words": words.long_date(clock.datetime()), "moved": moved},
    }
