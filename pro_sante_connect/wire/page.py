"""The pages of the wallet: templates, and the headers every page carries."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_sante_connect.wire.browser import cookie_of
from pro_sante_connect.wire.faces import is_plain
from services.kernel.exchange import Answer, Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.typography import french

TEMPLATES = Path(__file__).parent.parent / "templates"
RESOURCE = "psc.pages"
THEME, THEMES = "socle-theme", ("light", "dark")
"""The cookie in which the console keeps the theme that its user forced."""
INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


def environment() -> Environment:
    """Templates, compiled when first used and kept for the installation."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )
    templates.filters["fr"] = french
    return templates


def page(
    exchange: Exchange, template: str, *, status: int = 200,
    headers: tuple[tuple[str, str], ...] = (), frames: tuple[str, ...] = (), **values: Any,
) -> Answer:
    """A French page: never cached, never framed, no script but its own.

    frames: addresses that it holds in frames.
    """
    templates = _templates(exchange.sandbox)
    theme = cookie_of(exchange, THEME)
    html = templates.get_template(template).render(
        assets=_home(exchange) + "/console/static",
        theme=theme if theme in THEMES else "",
        journal=f"{exchange.base_url}/console/journal/{exchange.id}",
        frames=frames, **values,
    )
    return Answer(
        status, html.encode(), "text/html; charset=utf-8", (
            ("Content-Security-Policy", _policy(exchange, html, frames)),
            ("Cache-Control", "no-store"), ("Pragma", "no-cache"),
            ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"), *headers,
        ),
    )


def _home(exchange: Exchange) -> str:
    """Where the style sheet is: an official test name has none, and its pages are of HTTPS, as
    those of the plain face are."""
    secure: str = exchange.sandbox.endpoints["https"]
    return secure if exchange.front or is_plain(exchange) else exchange.sandbox.public_url


def _templates(sandbox: Sandbox) -> Environment:
    templates: Environment = sandbox.resources[RESOURCE]
    return templates


def _policy(exchange: Exchange, html: str, frames: tuple[str, ...]) -> str:
    """Our style sheet and icon, and the inline style and script that the template itself holds.

    No `form-action`: browsers apply it to the redirect that follows the form.
    """
    parts = urlsplit(_home(exchange))
    origin = f"{parts.scheme}://{parts.netloc}"
    allowed: dict[str, list[str]] = {"style": [origin], "script": [], "img": [origin]}
    for kind, text in INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed[kind].append(f"'sha256-{digest}'")
    if frames:
        allowed["frame"] = sorted({f"{each.scheme}://{each.netloc}" for each in map(
            urlsplit, frames)})
    none = "'none'"
    sources = "; ".join(f"{kind}-src {' '.join(names) or none}" for kind, names in allowed.items())
    return f"default-src 'none'; {sources}; base-uri 'none'; frame-ancestors 'none'"
