"""The pages of the wallet: templates, and the headers every page carries."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_sante_connect.codes import LANGUAGE
from pro_sante_connect.wire import language
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


@dataclass(frozen=True, slots=True)
class Pages:
    """Templates, compiled when first used, and texts by language, kept for the installation."""

    templates: Environment
    texts: Mapping[str, language.Texts]


def pages() -> Pages:
    """Read the texts; templates follow when they are used."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )
    templates.filters["fr"] = french
    texts = {
        each: language.texts_of(language.catalogue(each)) for each in language.LANGUAGES
    }
    return Pages(templates, texts)


def page(
    exchange: Exchange, template: str, *, status: int = 200,
    headers: tuple[tuple[str, str], ...] = (), frames: tuple[str, ...] = (),
    locales: str = "", switch: language.Switch | None = None, **values: Any,
) -> Answer:
    """A page in French or English: never cached, never framed, no script but its own.

    frames: addresses that it holds in frames; locales: `ui_locales` of the request behind it;
    switch: how it is shown in the other language.
    """
    made = _pages(exchange.sandbox)
    theme = cookie_of(exchange, THEME)
    spoken = language.language_of(exchange, locales)
    html = made.templates.get_template(template).render(
        t=made.texts[spoken], language=spoken, other=language.other(spoken),
        choice=LANGUAGE, switch=switch,
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
            ("X-Frame-Options", "DENY"), ("Content-Language", spoken),
            ("Vary", "Accept-Language, Cookie"), *language.cookies(exchange), *headers,
        ),
    )


def _home(exchange: Exchange) -> str:
    """Where the style sheet is: an official test name has none, and its pages are of HTTPS, as
    those of the plain face are."""
    secure: str = exchange.sandbox.endpoints["https"]
    return secure if exchange.front or is_plain(exchange) else exchange.sandbox.public_url


def _pages(sandbox: Sandbox) -> Pages:
    found: Pages = sandbox.resources[RESOURCE]
    return found


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
