"""What is known of the other side of a TLS connection, while and after it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """What the other side of a finished handshake showed.

    certificate: DER of the leaf, empty when none was presented; chain: DER of what came with it;
    version: "TLSv1.3"; cipher: OpenSSL's name; server_name: SNI; errors: OpenSSL's verification
    codes with their depths, on the machine's clock: hints, the application verifies anew; flaw: of
    the server certificate that was presented, "" for the good one.
    """

    certificate: bytes = b""
    chain: tuple[bytes, ...] = ()
    version: str = ""
    cipher: str = ""
    server_name: str = ""
    errors: tuple[tuple[int, int], ...] = ()
    flaw: str = ""


@dataclass(slots=True)
class Handshake:
    """One handshake as it goes, for whoever watches the connection.

    peer: set when it succeeds; failure: OpenSSL's reason when it fails, and `failed` is called
    then: whoever watches closes the connection, once the alert is on its way. leaf: DER of the
    certificate being verified; errors: OpenSSL's codes and depths; early: raw bytes that came
    before the TLS layer was in place; received, sent: raw bytes; flaw: as in
    TlsPeer.
    """

    failed: Callable[[], object] | None = None
    peer: TlsPeer | None = None
    failure: str = ""
    leaf: bytes = b""
    early: bytes = b""
    flaw: str = ""
    errors: list[tuple[int, int]] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    sent: bytearray = field(default_factory=bytearray)


def peer_of(scope: Mapping[str, Any]) -> TlsPeer | None:
    """Who is at the other end of an ASGI scope, None without TLS."""
    extensions = scope.get("extensions")
    peer: TlsPeer | None = extensions["tls"]["peer"] if extensions else None
    return peer
