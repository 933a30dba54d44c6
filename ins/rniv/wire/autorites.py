"""Who gives an identifier: an assigning authority of HL7 v2 (HD) as a system of FHIR, and back."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_OID = re.compile(r"[0-2](?:\.\d+)+")
_PREFIX = "urn:socle:hl7:"


def systeme(namespace: str, universal: str, kind: str) -> str:
    """`CHU-X`, `000897406`, `N` → a system; "" for an authority that says nothing."""
    if _OID.fullmatch(universal) and kind in ("ISO", ""):
        return f"urn:oid:{universal}"
    if kind == "URI" and universal:
        return universal
    if not (namespace or universal):
        return ""
    return _PREFIX + ":".join(quote(each, safe="") for each in (namespace, universal, kind))


def autorite(system: str) -> tuple[str, str, str]:
    """The namespace, universal id and its type."""
    if system.startswith("urn:oid:"):
        return "", system.removeprefix("urn:oid:"), "ISO"
    if system.startswith(_PREFIX):
        parts = [unquote(each) for each in system.removeprefix(_PREFIX).split(":")]
        namespace, universal, kind = (*parts, "", "", "")[:3]
        return namespace, universal, kind
    return "SOCLE", system, "URI"
