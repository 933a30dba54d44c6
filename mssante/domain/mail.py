"""A mail as its reader sees it: decoded headers, parts and attachments. Never raises on content,
except `Unreadable` for a structure that nobody could read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TypeAlias

from mssante.codes import XDM_ARCHIVE

Part: TypeAlias = "Message[str, str]"

MAX_PARTS = 1000
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


class Unreadable(Exception):
    """Parts nested too deep, or too many."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the body. number: from 1; filename: "" when it has none."""

    number: int
    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """headers: (name, decoded value) in order; body_type: media type of what shows the text;
    charsets: declared charsets of the text parts, lower case, "" when not declared."""

    headers: tuple[tuple[str, str], ...]
    body_type: str
    text: str
    charsets: tuple[str, ...]
    attachments: tuple[Attachment, ...]

    def all(self, name: str) -> list[str]:
        """Values of a header, in order."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def first(self, name: str) -> str:
        """First value of a header, or ""."""
        return next(iter(self.all(name)), "")

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(display name, address) of an address header."""
        return [pair for pair in getaddresses(self.all(name)) if pair[1]]

    @property
    def has_archive(self) -> bool:
        """Whether an IHE_XDM.ZIP is attached, whatever its case."""
        return any(each.filename.upper() == XDM_ARCHIVE for each in self.attachments)

    @property
    def is_report(self) -> bool:
        """Whether it is a receipt (RFC 8098, RFC 3464), sent with the null path."""
        return self.first("Content-Type").lower().startswith("multipart/report")


def read_mail(content: bytes) -> Mail:
    """Parse. Raises Unreadable."""
    try:
        message = BytesParser(policy=compat32).parsebytes(content)
    except RecursionError as error:
        raise Unreadable("parts nested too deep") from error
    leaves = list(_leaves(message))
    texts = [leaf for leaf in leaves if leaf.is_text]
    attached = [leaf.part for leaf in leaves if not leaf.is_text]
    body_type = next((leaf.shown_as for leaf in texts), "")
    return Mail(
        tuple((name, _decoded(value)) for name, value in message.raw_items()), body_type,
        next((_text(leaf.part) for leaf in texts), ""),
        tuple(_clean(str(leaf.part.get_param("charset", ""))).lower() for leaf in texts),
        tuple(_attachment(number, part) for number, part in enumerate(attached, 1)),
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A part without parts (an attached message is one), inside an alternative or not."""

    part: Part
    in_alternative: bool

    @property
    def is_text(self) -> bool:
        if self.part.get_content_maintype() != "text" or _filename(self.part):
            return False
        return self.part.get_content_disposition() != "attachment"

    @property
    def shown_as(self) -> str:
        return "multipart/alternative" if self.in_alternative else self.part.get_content_type()


def _leaves(message: Part) -> Iterator[_Leaf]:
    waiting, seen = [(message, False)], 0
    while waiting:
        part, in_alternative = waiting.pop()
        seen += 1
        if seen > MAX_PARTS:
            raise Unreadable("too many parts")
        if part.get_content_maintype() != "multipart" or not part.is_multipart():
            yield _Leaf(part, in_alternative)
            continue
        alternative = in_alternative or part.get_content_subtype() == "alternative"
        waiting += [(inner, alternative) for inner in reversed(_inner(part))]


def _inner(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _text(part: Part) -> str:
    content = _bytes(part.get_payload(decode=True))
    charset = str(part.get_param("charset", "")) or "utf-8"
    try:
        return _clean(content.decode(charset, "replace"))
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _attachment(number: int, part: Part) -> Attachment:
    content = _bytes(part.get_payload(decode=True))
    if part.is_multipart():
        # An attached message: written again, the whole mail has the original bytes.
        with suppress(RecursionError, LookupError, ValueError):
            content = b"".join(inner.as_bytes() for inner in _inner(part))
    return Attachment(number, _filename(part), _clean(part.get_content_type()), content)


def _filename(part: Part) -> str:
    with suppress(LookupError, ValueError, TypeError):
        return _decoded(part.get_filename() or "")
    return ""


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else b""


def _decoded(value: object) -> str:
    """A header value: unfolded, RFC 2047 decoded, raw UTF-8 accepted."""
    raw = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    raw = _BLANKS.sub(" ", raw)
    with suppress(LookupError, ValueError, MessageError):
        raw = "".join(map(_word, decode_header(raw)))
    return _BLANKS.sub(" ", _clean(raw)).strip()


def _word(decoded: tuple[bytes | str, str | None]) -> str:
    part, charset = decoded
    if isinstance(part, str):
        return part
    # Beside encoded words, the standard library hands over raw text in this charset.
    return part.decode(charset or "raw-unicode-escape", "replace")


def _clean(text: str) -> str:
    """Without the lone surrogates that some charsets decode to."""
    return text.encode("utf-8", "replace").decode("utf-8")
