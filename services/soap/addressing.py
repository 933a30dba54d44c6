"""WS-Addressing 1.0: what a message is about, before it is parsed and after.

The form of a MessageID is judged by each service: INSi writes `uuid:…`, others `urn:uuid:…`.
"""

from __future__ import annotations

import re
from html import unescape

from services.kernel.exchange import Exchange
from services.soap.envelope import Envelope, content_of
from services.soap.namespaces import ADDRESSING

ACTION, MESSAGE_ID = f"{{{ADDRESSING}}}Action", f"{{{ADDRESSING}}}MessageID"
_TEXT = rb"<(?:[A-Za-z_][\w.-]{0,60}:)?%s(?:\s[^<>]{0,2000})?>\s{0,100}([^<\s]{1,500})\s{0,100}</"
_ACTION, _MESSAGE_ID = re.compile(_TEXT % b"Action"), re.compile(_TEXT % b"MessageID")
_PARAMETER = re.compile(r"""(?:^|;)\s*action\s*=\s*(?:"([^"]*)"|([^;\s]+))""", re.IGNORECASE)


def header_of(envelope: Envelope, tag: str) -> str:
    """The text of ACTION or MESSAGE_ID, "" when absent."""
    return content_of(envelope.block(tag))


def http_action(exchange: Exchange) -> str:
    """The `action` parameter of the Content-Type (RFC 3902), "" when absent."""
    found = _PARAMETER.search(exchange.header("content-type"))
    return (found[1] or found[2] or "").strip() if found else ""


def sought_action(exchange: Exchange) -> str:
    """What a message seems to be for, at the price of a search: the header, else HTTP.

    Only to choose the operation, which reads the message properly and checks that it is its own.
    """
    return _found(_ACTION, exchange.body) or http_action(exchange)


def sought_message_id(content: bytes) -> str:
    """The MessageID as a fault echoes it, even of a message that cannot be read."""
    return _found(_MESSAGE_ID, content)


def _found(pattern: re.Pattern[bytes], content: bytes) -> str:
    # UTF-16 is ASCII with zeros.
    found = pattern.search(content.replace(b"\0", b"") if b"\0" in content else content)
    return unescape(found[1].decode("utf-8", "replace")) if found else ""
