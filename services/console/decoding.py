"""From the bytes of an exchange to what a page shows: HTTP or SMTP, then what they carry.

What cannot be decoded is shown as text: bytes of vendors may be anything.
"""

from __future__ import annotations

import base64
import binascii
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from urllib.parse import parse_qsl

import orjson

from services.console.tree import LONG, Builder, Node, clip, grouped, parse_xml

MOST_COMMANDS = 200
MOST_SHOWN = 16_384
MOST_BYTES = 8 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"
COMMANDS = frozenset({b"EHLO", b"HELO", b"AUTH", b"MAIL", b"RCPT", b"DATA", b"STAR", b"RSET"})


def decode(raw: bytes) -> tuple[Node, ...]:
    """The tree of one side of an exchange: an HTTP message, an SMTP dialogue, or a mail."""
    line, _, rest = raw.partition(b"\r\n")
    if line[:3].isdigit():
        return (_replies(raw),)
    if line[:4].upper() in COMMANDS:
        return _smtp(raw)
    if line.startswith(b"MSH"):
        return (_hl7(raw),)
    if b"HTTP/" not in line:
        return _mail(raw)
    head, body = split(rest)
    headers = tuple(_header(each) for each in head.split(b"\r\n") if each)
    nodes = [Node("layer", "HTTP", "", _text(line), ("HTTP",), headers)]
    target = line.split(b" ")[1] if line.count(b" ") > 1 else b""
    query = target.partition(b"?")[2]
    if query:
        nodes.append(Node("layer", "Paramètres", children=_pairs(query), open=True))
    if body:
        media_type = next((n.value for n in headers if n.label.lower() == "content-type"), "")
        nodes.append(_body(body, media_type.partition(";")[0].strip().lower()))
    return tuple(nodes)


def _hl7(raw: bytes) -> Node:
    """Segments of an HL7 v2 message, and their fields by number."""
    lines = [_text(each) for each in raw.split(b"\r") if each][:MOST_COMMANDS]
    segments = []
    for line in lines:
        name, *fields = line.split("|")
        first = 2 if name == "MSH" else 1
        segments.append(Node("layer", name, children=tuple(
            Node("field", f"{name}-{rank}", value)
            for rank, value in enumerate(fields, first) if value
        )))
    return Node("layer", "HL7 v2", children=tuple(segments), open=True)


def split(message: bytes) -> tuple[bytes, bytes]:
    """Header lines and body of what follows the first line."""
    if message.startswith(b"\r\n"):
        return b"", message[2:]
    head, _, body = message.partition(b"\r\n\r\n")
    return head, body


def visible(raw: bytes, most: int) -> str:
    """The first bytes as text: UTF-8 where it is, control characters shown as pictures."""
    return "".join(
        char if char >= " " or char in "\n\t" else chr(0x2400 + ord(char))
        for char in raw[:most].decode("utf-8", "replace").replace("\r\n", "\n")
    )


def _header(line: bytes) -> Node:
    name, _, value = _text(line, 8192).partition(":")
    value = value.strip()
    children = _token(value) if name.lower() == "authorization" else ()
    return Node("at", name, clip(value), "", (name,), children)


def _token(value: str) -> tuple[Node, ...]:
    """Header and claims of a bearer JWT, not verified."""
    parts = value.rpartition(" ")[2].split(".")
    nodes: list[Node] = []
    for part in parts[:2] if len(parts) == 3 else ():
        try:
            content = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (binascii.Error, ValueError):
            return ()
        if isinstance(content, dict):
            nodes += Builder().members(content, "", "")
    return tuple(nodes)


def _body(body: bytes, media_type: str) -> Node:
    size = f"{media_type or 'sans type'}, {grouped(len(body))} octets"
    if len(body) > MOST_BYTES:
        return Node("layer", "Corps", "trop grand pour être décodé ici", size)
    if media_type == FORM:
        return Node("layer", "Formulaire", "", size, children=_pairs(body), open=True)
    first = body.lstrip()[:1]
    if media_type.endswith("json") or first in {b"{", b"["}:
        return _json(body, size)
    root = parse_xml(body) if media_type.endswith("xml") or first == b"<" else None
    if root is not None:
        return Node("layer", "XML", "", size, children=(Builder().element(root),), open=True)
    return Node("layer", "Corps", clip(_text(body)), size)


def _json(body: bytes, size: str) -> Node:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Node("layer", "JSON illisible", clip(_text(body)), f"{size}, {error.msg}")
    if not isinstance(content, dict):
        children = tuple(Builder().value("", content, "", "", 0))
        return Node("layer", "JSON", "", size, children=children, open=True)
    kind = content.get("resourceType")
    kind = kind if isinstance(kind, str) else ""
    children = tuple(Builder().members(content, kind, kind))
    label = f"FHIR {kind}" if kind else "JSON"
    return Node("layer", label, "", size, (kind,) if kind else (), children, open=True)


def _pairs(content: bytes) -> tuple[Node, ...]:
    try:
        pairs = parse_qsl(content.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return (Node("at", "illisible", clip(_text(content))),)
    return tuple(Node("at", name, clip(value), "", (name,)) for name, value in pairs)


def _smtp(raw: bytes) -> tuple[Node, ...]:
    """Commands up to DATA, then the message they bring."""
    commands: list[Node] = []
    rest, verb = raw, b""
    while verb != b"DATA" and rest[:4].upper() in COMMANDS and len(commands) < MOST_COMMANDS:
        line, _, rest = rest.partition(b"\r\n")
        verb = line[:4].upper()
        name, _, value = _text(line).partition(" ")
        label = value.partition(":")[0]
        paths = (name.upper(), f"{name} {label}".upper())
        commands.append(Node("at", name.upper(), clip(value), "", paths))
    dialogue = Node("layer", "SMTP", children=tuple(commands), open=True)
    return (dialogue, *_mail(rest)) if rest else (dialogue,)


def _replies(raw: bytes) -> Node:
    lines = [line.partition(" ") for line in visible(raw, MOST_SHOWN).splitlines()]
    replies = tuple(Node("at", code, clip(text)) for code, _, text in lines)
    return Node("layer", "SMTP", children=replies, open=True)


def _mail(raw: bytes) -> tuple[Node, ...]:
    """A message (RFC 5322): its headers and its parts. Anything else is text."""
    size = f"{grouped(len(raw))} octets"
    message = message_from_bytes(raw[:MOST_BYTES], policy=policy.compat32)
    headers = tuple(
        Node("at", name, clip(_unfolded(str(value))), "", (name,))
        for name, value in message.items()
    )
    if not headers:
        return (Node("layer", "Texte", clip(_text(raw)), size),)
    parts = tuple(_part(each) for each in message.walk() if not each.is_multipart())
    return (
        Node("layer", "Message", "", size, children=headers, open=True),
        Node("layer", "Parties", "", str(len(parts)), children=parts, open=True),
    )


def _unfolded(value: str) -> str:
    """A header's text (RFC 2047), or the header as it came when that cannot be read."""
    line = " ".join(value.split())
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, LookupError, ValueError):
        return line


def _part(part: Message) -> Node:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    size = f"{part.get_content_type()}, {grouped(len(content))} octets"
    text = clip(_text(content)) if part.get_content_maintype() == "text" else ""
    return Node("at", part.get_filename() or "texte", text, size)


def _text(raw: bytes, most: int = 4 * LONG) -> str:
    return visible(raw, most)
