"""Redirect addresses: which ones a client may use, and how an answer is put into one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import quote, urlencode, urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 2000


def is_allowed(
    uri: str, registered: Collection[str], *, any_loopback: bool, wildcard: bool = False
) -> bool:
    """Exact match, as in production. Also plain addresses: of this machine with `any_loopback`,
    and, with `wildcard`, below one that is registered with `/*` at its end."""
    if uri in registered and not uri.endswith("*"):
        return True
    if not is_plain(uri):
        return False
    below = wildcard and any(
        uri.startswith(each[:-1]) for each in registered if each.endswith("/*")
    )
    return (below and not _climbs(uri)) or (any_loopback and is_loopback(uri))


def _climbs(uri: str) -> bool:
    """Whether a parser could read it as an address elsewhere: dot segments, spelled anyhow."""
    read = uri.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/")
    return any(part in (".", "..") for part in read.split("?", 1)[0].split("/"))


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
