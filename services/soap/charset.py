"""The charset that a Content-Type names: it goes before what the XML declaration says, and after a
byte order mark (RFC 7303 §3, §8.8)."""

from __future__ import annotations

import re

from services.kernel.errors import Refusal
from services.soap import errors

UTF_8 = "utf-8"
_PARAMETER = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CODECS = {
    UTF_8: UTF_8, "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15", "windows-1252": "windows-1252", "utf-16": "utf-16",
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_IN_UTF_8 = re.compile(
    rb"""<(?:[^?\0]|\?xml\s+version\s*=\s*["'][0-9.]+["'](?:\s+encoding\s*=\s*["'](?i:utf-8)["'])?"""
    rb"""(?:\s+standalone\s*=\s*["'][a-z]+["'])?\s*\?>)"""
)
"""How a message begins that the parser, too, takes for UTF-8."""
_DECLARED = re.compile(r"""\A(<\?xml\s[^>]*?)\sencoding\s*=\s*(?:"[^"]*"|'[^']*')""")


def charset_of(content_type: str) -> str:
    """The charset that is named, in lower case; "" when none is."""
    found = _PARAMETER.search(content_type)
    name = found[1].lower() if found else ""
    return UTF_8 if name == "utf8" else name


def in_utf8(content: bytes, charset: str) -> bytes:
    """The message in UTF-8, from a `charset_of`: what is looked for before parsing is then there
    to be seen, however it was written. Raises UNREADABLE."""
    if (
        not charset or (charset == UTF_8 and _IN_UTF_8.match(content))
        or content.startswith(_MARKS)
    ):
        return content
    if charset not in _CODECS:
        raise errors.UNREADABLE(
            "Ce codage n'est pas admis.", at="Content-Type", expected="UTF-8", found=charset
        )
    codec = _CODECS[charset]
    if codec == "utf-16":  # no mark: the first sign of a message is in ASCII
        codec = "utf-16-be" if content.startswith(b"\0") else "utf-16-le"
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise _other(charset, at=f"octet {error.start}") from error
    zero = text.find("\0")
    if zero >= 0:  # the parser would take it for UTF-16 after all
        raise _other(charset, at=f"caractère {zero}")
    return _DECLARED.sub(r"\1", text, count=1).encode()


def _other(charset: str, at: str) -> Refusal:
    return errors.UNREADABLE(
        "Ces octets ne sont pas du codage que dit Content-Type.", at=at, expected=charset
    )
