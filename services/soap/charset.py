"""The charset that a Content-Type names: it goes before what the XML declaration says, and after a
byte order mark (RFC 7303 §3)."""

from __future__ import annotations

import re

from services.soap import errors

_PARAMETER = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CODECS = {
    "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15", "windows-1252": "windows-1252", "utf-16": "utf-16",
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}
"""Others, UTF-8 first, are left to what the message itself says, as if none were named."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(r"""\A(<\?xml\s[^>]*?)\sencoding\s*=\s*(?:"[^"]*"|'[^']*')""")


def charset_of(content_type: str) -> str:
    """The charset that must be read for the message to be read; "" for UTF-8, and for none."""
    found = _PARAMETER.search(content_type)
    name = found[1].lower() if found else ""
    return name if name in _CODECS else ""


def in_utf8(content: bytes, charset: str) -> bytes:
    """The message in UTF-8, from a `charset_of`: what is looked for before parsing is then there
    to be seen, however it was written. Raises UNREADABLE."""
    if not charset or content.startswith(_MARKS):
        return content
    codec = _CODECS[charset]
    if codec == "utf-16":  # no mark: the first sign of a message is in ASCII
        codec = "utf-16-be" if content.startswith(b"\0") else "utf-16-le"
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise errors.UNREADABLE(
            "Ces octets ne sont pas du codage que dit Content-Type.", at=f"octet {error.start}",
            expected=charset,
        ) from error
    return _DECLARED.sub(r"\1", text, count=1).encode()
