"""Who may be called: this machine, and the hosts that the tenant names; never a link-local address.

Names are resolved once, every address is judged, and the call goes to an address that was.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from services.kernel.sandbox import Sandbox

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """An address to call, taken apart."""

    scheme: str
    host: str
    port: int


def destination(uri: str, ports: Mapping[str, int] = PORTS) -> Destination | None:
    """None when it cannot be called. ports: of each scheme that can."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ports or not parts.hostname or "@" in parts.netloc:
        return None
    return Destination(parts.scheme, parts.hostname, port or ports[parts.scheme])


def refusal(
    wanted: Destination, found: Iterable[str], listed: Collection[str], own: Collection[int]
) -> str:
    """Why it is not called, in French; "" when it may be.

    found: its addresses; listed: hosts of the tenant; own: ports where the sandbox itself listens.
    """
    addresses = [_plain(each) for each in found]
    if not addresses:
        return "nom introuvable"
    if all(each.is_loopback for each in addresses):
        return "le bac à sable ne s'appelle pas lui-même" if wanted.port in own else ""
    if any(each.is_link_local or each.is_multicast or each.is_unspecified or each.is_loopback
           for each in addresses):
        return "adresse interdite"
    return "" if wanted.host in listed else "hôte absent de la liste outbound de l'espace"


async def addresses_of(wanted: Destination, seconds: float) -> list[str]:
    """Its addresses, resolved now; none when that fails or takes longer."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


def own_ports(sandbox: Sandbox) -> set[int]:
    """Where the installation itself listens."""
    return {port for each in (sandbox.public_url, *sandbox.endpoints.values())
            if (port := _port(each))}


def _port(endpoint: Any) -> int:
    """Of an endpoint as the ready file shows it; 0 for what is none."""
    if isinstance(endpoint, dict):
        return int(endpoint.get("port", 0))
    found = destination(str(endpoint))
    return found.port if found is not None else 0


def _plain(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
