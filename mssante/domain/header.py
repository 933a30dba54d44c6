"""A header of a mail: its raw value, and how people read it (RFC 2047)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses

from mssante.domain.mime import clean, text_of

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Header:
    """raw: unfolded, raw UTF-8 accepted, encoded words as they are."""

    name: str
    raw: str

    @property
    def value(self) -> str:
        """As people read it."""
        return shown(self.raw)


def header(name: str, value: object) -> Header:
    """From what the standard library keeps of a header."""
    unescaped = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Header(name, _BLANKS.sub(" ", unescaped).strip())


def shown(raw: str) -> str:
    """Encoded words decoded; as it is when they are malformed."""
    words: Iterable[tuple[bytes | str, str | None]] = [(raw, None)]
    with suppress(LookupError, ValueError, MessageError):
        words = decode_header(raw)
    return _BLANKS.sub(" ", "".join(_word(word, charset) for word, charset in words)).strip()


def addresses(values: Iterable[str]) -> list[tuple[str, str]]:
    """(display name, address) of raw values; empty when the parentheses or groups never end.

    Addresses come first and words are decoded afterwards: an encoded comma separates nothing.
    """
    try:
        pairs = getaddresses(list(values))
    except RecursionError:
        return []
    return [(shown(name), address) for name, address in pairs if address]


def _word(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        # Beside encoded words, the standard library hands over raw text in this charset.
        return clean(part.decode("raw-unicode-escape", "replace"))
    return text_of(part, charset)
