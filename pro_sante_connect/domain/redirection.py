"""Redirect addresses: which ones a client may use, and how an answer is put into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode, urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 2000


def is_allowed(uri: str, registered: Iterable[str], *, any_loopback: bool) -> bool:
    """Exact match, as in production; `any_loopback`: also any plain address of this machine."""
    if uri in registered:
        return True
    return any_loopback and is_plain(uri) and is_loopback(uri)


def is_plain(uri: str) -> bool:
    """Printable ASCII without backslash, fragment or user name: read alike by every parser."""
    if len(uri) > LONGEST or any(not "!" <= letter <= "~" or letter == "\\" for letter in uri):
        return False
    return "#" not in uri and "@" not in uri


def is_loopback(uri: str) -> bool:
    """An http(s) address whose host is this machine."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK_HOSTS


def with_parameters(uri: str, pairs: Sequence[tuple[str, str]], *, fragment: bool = False) -> str:
    """The address with more parameters in its query (or in its fragment), percent-encoded."""
    if not pairs:
        return uri
    encoded = urlencode(pairs, quote_via=quote)
    if fragment:
        return f"{uri}#{encoded}"
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{joint}{encoded}"
