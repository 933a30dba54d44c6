"""The MIME structure of a mail, read by the standard library within bounds.

The library nests without limit, keeps any number of parts and headers, splits parameters in
quadratic time and decodes with any codec: each bound here stops one of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32
from typing import TYPE_CHECKING, Any, cast

MAX_LINES = 500_000
"""A mail of 10 MB in base64 has 130 000."""
MAX_DEPTH = 20
MAX_PARTS = 1000
MAX_HEADERS = 1000
MAX_HEADER = 64 * 1024
"""Characters of one header, folded."""
MAX_PARAMETERS = 4 * 1024
"""Characters of one Content-* header."""

# Charsets decoded in linear time; the others are read as UTF-8.
_CHARSET = re.compile(
    r"utf-?8|utf-?16(?:-?[bl]e)?|us-ascii|ascii|latin-?1|iso[-_]?8859-\d{1,2}|(?:windows-|cp)125\d",
    re.IGNORECASE,
)

if TYPE_CHECKING:
    _Message = Message[str, str]
else:
    _Message = Message


class Unreadable(Exception):
    """A mail beyond these bounds."""


class Part(_Message):
    """A message or a part of one."""

    def __init__(self, policy: Policy[Any] = compat32) -> None:
        super().__init__(policy)
        self.depth = 0

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        if payload.depth > MAX_DEPTH:
            raise Unreadable("parts nested too deep")
        super().attach(payload)

    def set_raw(self, name: str, value: Any) -> None:
        most = MAX_PARAMETERS if name.lower().startswith("content-") else MAX_HEADER
        if len(value) > most:
            raise Unreadable(f"header {name[:40]} too long")
        if len(self) >= MAX_HEADERS:
            raise Unreadable("too many headers")
        super().set_raw(name, value)

    def get_param(
        self, param: str, failobj: Any = None, header: str = "content-type", unquote: bool = True
    ) -> Any:
        """The library decodes with whatever charset stands here: only known ones do."""
        value = super().get_param(param, failobj, header, unquote)
        if param != "charset" or _CHARSET.fullmatch(str(value)):
            return value
        return failobj

    @property
    def charset(self) -> str:
        """As declared, lower case, "" when it is not."""
        declared = super().get_param("charset", "")
        return (declared if isinstance(declared, str) else declared[2]).lower()

    @property
    def filename(self) -> str:
        """From Content-Disposition or the name of Content-Type, still encoded; "" when absent."""
        value = self.get_param("filename", None, "content-disposition") or self.get_param("name")
        if isinstance(value, tuple):
            charset, _, text = value
            return text_of(text.encode("latin-1", "replace"), charset or "")
        return str(value or "")

    @property
    def inner(self) -> list[Part]:
        """Its parts, or the attached message."""
        payload = self.get_payload()
        if not isinstance(payload, list):
            return []
        return [each for each in payload if isinstance(each, Part)]

    @property
    def content(self) -> bytes:
        """The decoded bytes of a part without parts."""
        decoded = self.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else b""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts (an attached message is one), inside an alternative or not."""

    part: Part
    in_alternative: bool

    @property
    def is_text(self) -> bool:
        if self.part.get_content_maintype() != "text" or self.part.filename:
            return False
        return self.part.get_content_disposition() != "attachment"

    @property
    def shown_as(self) -> str:
        return "multipart/alternative" if self.in_alternative else self.part.get_content_type()


def parse(content: bytes) -> Part:
    """The mail. Raises Unreadable."""
    if content.count(b"\n") > MAX_LINES:
        raise Unreadable("too many lines")
    made = 0

    def part(*, policy: Policy[Any]) -> Part:
        nonlocal made
        made += 1
        if made > MAX_PARTS:
            raise Unreadable("too many parts")
        return Part(policy)

    # A factory that takes `policy` is what the library documents, not what its stubs say.
    message = BytesParser(part, policy=compat32).parsebytes(content)  # type: ignore[arg-type]
    return cast(Part, message)


def leaves(message: Part) -> Iterator[Leaf]:
    """Depth first, in the order of the mail."""
    waiting = [(message, False)]
    while waiting:
        part, in_alternative = waiting.pop()
        if part.get_content_maintype() != "multipart" or not part.is_multipart():
            yield Leaf(part, in_alternative)
            continue
        alternative = in_alternative or part.get_content_subtype() == "alternative"
        waiting += [(each, alternative) for each in reversed(part.inner)]


def text_of(content: bytes, charset: str) -> str:
    """Decoded, whatever the bytes and the charset's name."""
    known = charset if _CHARSET.fullmatch(charset) else "utf-8"
    try:
        text = content.decode(known, "replace")
    except LookupError:  # a number that no charset has: iso-8859-99
        text = content.decode("utf-8", "replace")
    return clean(text)


def clean(text: str) -> str:
    """Without the lone surrogates that stand for undecodable bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")
