"""The page of the phone: its template, and the headers it carries."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.kernel.exchange import Answer, Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.typography import french

TEMPLATES = Path(__file__).parent.parent / "templates"
RESOURCE: Final = "apcv.pages"
_THEME = re.compile(r"(?:^|;\s*)socle-theme=(light|dark)(?:;|$)")
_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


def page(exchange: Exchange, template: str, status: int = 200, **values: Any) -> Answer:
    """A French page: never cached, never framed, no script and no style but its own."""
    home = exchange.sandbox.public_url
    forced = _THEME.search(exchange.header("cookie"))
    html = _environment(exchange.sandbox).get_template(template).render(
        assets=f"{home}/console/static", theme=forced[1] if forced else "", **values
    )
    return Answer(status, html.encode(), "text/html; charset=utf-8", (
        ("Content-Security-Policy", _policy(home, html)), ("Cache-Control", "no-store"),
        ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
    ))


def is_from_elsewhere(exchange: Exchange) -> bool:
    """Whether a form was sent by a page of another site, as browsers tell."""
    site, origin = exchange.header("sec-fetch-site"), exchange.header("origin")
    own = not origin or origin.partition("://")[2] == exchange.header("host")  # "null" is not
    return site not in ("", "same-origin", "none") or not own


def _environment(sandbox: Sandbox) -> Environment:
    """Compiled when first used, and kept for the installation."""
    known: Environment | None = sandbox.resources.get(RESOURCE)
    if known is None:
        known = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )
        known.filters["fr"] = french
        sandbox.resources[RESOURCE] = known
    return known


def _policy(home: str, html: str) -> str:
    parts = urlsplit(home)
    origin = f"{parts.scheme}://{parts.netloc}"
    allowed = {"style": [origin], "script": [], "img": [origin]}
    for kind, text in _INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed[kind].append(f"'sha256-{digest}'")
    none = "'none'"
    sources = "; ".join(f"{kind}-src {' '.join(names) or none}" for kind, names in allowed.items())
    return (
        f"default-src 'none'; {sources}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
