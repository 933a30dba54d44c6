"""In which language a page is: French, or English where the user, the software or the browser
prefers it (OpenID Connect Core §3.1.2.1, `ui_locales`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pro_sante_connect.codes import LANGUAGE
from pro_sante_connect.wire import browser
from pro_sante_connect.wire.form import FORM
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.kernel.typography import french

DATA = Path(__file__).parent.parent / "data"
LANGUAGES = ("fr", "en")
COOKIE = "socle_psc_langue"
ACCEPTED = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")
MOST = 20
"""Languages read of a list; browsers send three or four."""
Texts = Callable[..., Markup]


@dataclass(frozen=True, slots=True)
class Switch:
    """The form that shows the same page in the other language. fields: (name, value)."""

    method: str
    action: str
    fields: Sequence[tuple[str, str]]


def catalogue(language: str) -> dict[str, str]:
    """Texts by key, in HTML, as they are printed."""
    texts: dict[str, str] = json.loads((DATA / f"texts.{language}.json").read_text())
    return {key: french(text) for key, text in texts.items()} if language == "fr" else texts


def texts_of(known: dict[str, str]) -> Texts:
    """What templates call: a key and its values, which are escaped."""

    def text(key: str, **values: object) -> Markup:  # our own HTML, values escaped
        return Markup(known[key]).format(**values)  # noqa: S704

    return text


def language_of(exchange: Exchange, ui_locales: str = "") -> str:
    """The user's choice, else what the software asks, else what the browser accepts.

    ui_locales: of the request behind the page; that of the query when empty.
    """
    asked = ui_locales or _given(exchange, "ui_locales")
    preferred = (
        chosen(exchange), browser.cookie_of(exchange, COOKIE), *asked.split()[:MOST],
        *_accepted(exchange),
    )
    for each in preferred:
        if (found := each.split("-")[0].lower()) in LANGUAGES:
            return found
    return LANGUAGES[0]


def chosen(exchange: Exchange) -> str:
    """What the page's switch says in this very request, or ""."""
    given = _given(exchange, LANGUAGE)
    return given if given in LANGUAGES else ""


def cookies(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    """Headers that keep what was just chosen."""
    choice = chosen(exchange)
    return (browser.set_cookie(exchange, COOKIE, choice),) if choice else ()


def other(language: str) -> str:
    return next(each for each in LANGUAGES if each != language)


def same_address(exchange: Exchange) -> Switch | None:
    """The same GET again; None for what was posted, which is not sent twice, or unreadable."""
    if exchange.method != "GET":
        return None
    try:
        fields = [(name, value) for name, value in exchange.query if name != LANGUAGE]
    except Refusal:
        return None
    return Switch("get", exchange.local(exchange.path), fields)


def _given(exchange: Exchange, name: str) -> str:
    """A parameter of the query or of the form, however badly the rest is formed."""
    posted = exchange.method == "POST" and exchange.media_type == FORM
    try:
        pairs = exchange.form() if posted else exchange.query
    except Refusal:  # made elsewhere; the page of it has a language too
        return ""
    return next((value for key, value in pairs if key == name), "")


def _accepted(exchange: Exchange) -> Iterator[str]:
    header = next((value for name, value in exchange.raw_headers if name == b"accept-language"),
                  b"").decode("latin-1")
    found = [ACCEPTED.match(each.strip()) for each in header.split(",", MOST)[:MOST]]
    weighed = [(float(each[2] or 1), each[1]) for each in found if each is not None]
    weighed.sort(key=lambda one: -one[0])
    for weight, name in weighed:
        if weight:
            yield name
