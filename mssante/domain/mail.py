"""A mail as its reader sees it: decoded headers, text and attachments."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from mssante.codes import XDM_ARCHIVE
from mssante.domain.header import Header, addresses, header, shown
from mssante.domain.mime import Part, clean, leaves, parse, text_of


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the body. number: from 1; filename: "" when it has none."""

    number: int
    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """headers: in order; body_type: media type of what shows the text; charsets: declared
    charsets of the text parts, lower case, "" when not declared."""

    headers: tuple[Header, ...]
    body_type: str
    text: str
    charsets: tuple[str, ...]
    attachments: tuple[Attachment, ...]

    def all(self, name: str) -> list[str]:
        """Decoded values of a header, in order."""
        return [each.value for each in self._named(name)]

    def first(self, name: str) -> str:
        """First decoded value of a header, or ""."""
        return next((each.value for each in self._named(name)), "")

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(display name, address) of an address header."""
        return addresses(each.raw for each in self._named(name))

    @property
    def has_archive(self) -> bool:
        """Whether an IHE_XDM.ZIP is attached, whatever its case."""
        return any(each.filename.upper() == XDM_ARCHIVE for each in self.attachments)

    @property
    def is_report(self) -> bool:
        """Whether it is a receipt (RFC 8098, RFC 3464), sent with the null path."""
        return self.first("Content-Type").lower().startswith("multipart/report")

    def _named(self, name: str) -> list[Header]:
        return [each for each in self.headers if each.name.lower() == name.lower()]


def read_mail(content: bytes) -> Mail:
    """Parse. Raises Unreadable (`mssante.domain.mime`), and nothing else whatever the content."""
    message = parse(content)
    found = list(leaves(message))
    texts = [leaf for leaf in found if leaf.is_text]
    attached = [leaf.part for leaf in found if not leaf.is_text]
    return Mail(
        tuple(header(name, value) for name, value in message.raw_items()),
        texts[0].shown_as if texts else "",
        text_of(texts[0].part.content, texts[0].part.charset) if texts else "",
        tuple(leaf.part.charset for leaf in texts),
        tuple(_attachment(number, part) for number, part in enumerate(attached, 1)),
    )


def _attachment(number: int, part: Part) -> Attachment:
    content = part.content
    if part.is_multipart():
        # An attached message: written again, the whole mail has the original bytes.
        with suppress(LookupError, ValueError):
            content = b"".join(each.as_bytes() for each in part.inner)
    return Attachment(number, shown(part.filename), clean(part.get_content_type()), content)
