"""What request headers ask: preferences, and conditions on versions."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Literal

from services.fhir import errors
from services.fhir.versions import Version
from services.kernel.clock import SECOND, from_datetime
from services.kernel.exchange import Answer, Exchange

Return = Literal["minimal", "representation", "OperationOutcome"]
_RETURN = re.compile(
    r'(?:^|[,;\s])return="?(minimal|representation|OperationOutcome)"?(?:$|[,;\s])'
)
_ETAG = re.compile(r'(?:W/)?"?([^",]+)"?')


def preferred(exchange: Exchange, default: Return = "representation") -> Return:
    """`Prefer: return=…`; an unknown preference is no preference (RFC 7240 §2)."""
    found = _RETURN.search(exchange.header("prefer"))
    return found.group(1) if found else default  # type: ignore[return-value]


def require_match(exchange: Exchange, current: Version | None) -> None:
    """`If-Match`: the version that the client knows; `If-None-Match: *`: that there is none.

    Raises VERSION_CONFLICT.
    """
    known = current is not None and not current.deleted
    if known and exchange.header("if-none-match").strip() == "*":
        raise errors.VERSION_CONFLICT(at="If-None-Match", expected="(aucune version)", found="*")
    asked = exchange.header("if-match").strip()
    if not asked:
        return
    if known and (asked == "*" or (current and str(current.vid) in _tags(asked))):
        return
    raise errors.VERSION_CONFLICT(
        at="If-Match", expected=f'W/"{current.vid}"' if current and known else "(aucune version)",
        found=asked[:80],
    )


def unchanged(exchange: Exchange, found: Version) -> Answer | None:
    """304 when the client has this version (`If-None-Match`, else `If-Modified-Since`)."""
    tags = exchange.header("if-none-match").strip()
    since = exchange.header("if-modified-since")
    if tags:
        same = tags == "*" or str(found.vid) in _tags(tags)
    else:
        same = bool(since) and found.updated // SECOND <= _seconds(since)
    return Answer(304, headers=(("ETag", f'W/"{found.vid}"'),)) if same else None


def _tags(text: str) -> set[str]:
    return {match.strip() for match in _ETAG.findall(text)}


def _seconds(date: str) -> int:
    """An HTTP date; -1 for what is none (RFC 9110 §13.1.3: then the header is ignored)."""
    try:
        return from_datetime(parsedate_to_datetime(date)) // SECOND
    except (TypeError, ValueError, OverflowError):
        return -1
