"""What the proxy remembers: sessions, certificates, traces. Instants: microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.kernel.clock import SECOND, iso

SECONDS = 14400
COOKIE = "proxy_session_id"
Type = Literal["CONNECT_SUCCESS", "CONNECT_REPLAY", "CONNECT_FAILURE", "SEND", "DISCONNECT"]


@dataclass(frozen=True, slots=True)
class Session:
    """A professional with a software. tokens: JSON, back end → its access and refresh tokens."""

    id: str
    client_id: str
    id_nat: str
    session_state: str
    id_token: str
    tokens: str
    started: int

    def is_alive(self, now: int) -> bool:
        return now - self.started < SECONDS * SECOND


@dataclass(frozen=True, slots=True)
class Identity:
    """The certificate of a software: PEM of key, certificate and chain; DER of the first two
    certificates; dn: RFC 4514."""

    pem: str
    certificate: bytes
    dn: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose call a trace is about."""

    client_id: str
    id_nat: str
    session_id: str | None = None
    session_state: str | None = None
    dn: str | None = None


def trace(
    type: Type, origin: Origin, peer: str, forwarded: str, now: int,
    request: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A record of /traces. forwarded: X-Forwarded-For; request: only of a SEND."""
    host, _, port = peer.rpartition(":")
    record: dict[str, Any] = {
        "type": type, "clientId": origin.client_id, "IdRPPS": origin.id_nat,
        "ipAddress": forwarded.partition(",")[0].strip() or host,
        "ports": [int(port)] if port.isdigit() else [],
        "proxy_id_session": origin.session_id, "session_state": origin.session_state,
        "dn": origin.dn, "timestamp": iso(now),
    }
    return record | ({"apiRequest": dict(request)} if request is not None else {})
