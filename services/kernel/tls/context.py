"""What every TLS connection of the sandbox shares, and what it makes of each."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

from OpenSSL import SSL, crypto

from services.kernel.tls.connection import LaxObject, der
from services.kernel.tls.peer import Handshake

# ECDHE only, as the national services offer since 2021 (MSSanté, evidence list MSS1-MSS6), with
# the suites of TLS 1.3 beside them.
CIPHERS = (
    b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:!aNULL:!PSK"
)
OPTIONS = SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION


class Presents(Protocol):
    """What may be presented in place of the server's certificate; `name`: SNI, or ""."""

    def flaw_of(self, name: str) -> Any | None: ...

    def context(self, name: str, flaw: Any) -> SSL.Context: ...


class LaxContext:
    """What every connection shares. `refuses(leaf DER)` may end the handshake of a bad one."""

    def __init__(
        self, server: Path, authorities: tuple[bytes, ...], presents: Presents | None = None
    ) -> None:
        """`server`: PEM of key, certificate and chain; `authorities`: DER, to build chains with."""
        self.refuses: Callable[[bytes], bool] | None = None
        self._presents = presents
        self.openssl = context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(CIPHERS)
        context.use_privatekey_file(str(server))
        context.use_certificate_chain_file(str(server))
        # A resumed session would skip the verification, and its errors with it.
        context.set_options(OPTIONS)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_session_id(b"socle")
        # The names of accepted authorities are not sent: clients hide certificates of others.
        context.set_verify(SSL.VERIFY_PEER, self._verified)
        context.set_tlsext_servername_callback(self._named)
        store = context.get_cert_store()
        if store is not None:
            for each in authorities:
                store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, each))

    def watched_by(self, handshake: Handshake) -> ssl.SSLContext:
        """The context of one connection."""
        return cast(ssl.SSLContext, _ConnectionContext(self, handshake))

    def _named(self, connection: SSL.Connection) -> None:
        """OpenSSL's callback, once the client has said whom it calls."""
        name = (connection.get_servername() or b"").decode("latin-1").lower()
        flaw = self._presents.flaw_of(name) if self._presents is not None else None
        if self._presents is None or flaw is None:
            return
        handshake: Handshake = connection.get_app_data()
        handshake.flaw = str(flaw)
        connection.set_context(self._presents.context(name, flaw))

    def _verified(
        self, connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int
    ) -> bool:
        """OpenSSL's callback, from the root down; False ends the handshake with its alert."""
        handshake: Handshake = connection.get_app_data()
        if not ok:
            handshake.errors.append((code, depth))
        if depth:
            return True
        handshake.leaf = der(certificate)
        return bool(ok) or self.refuses is None or not self.refuses(handshake.leaf)


class _ConnectionContext:
    """All that TLS layers use of an `ssl.SSLContext`. They check its type, and a real one, of no
    use here, costs 0.7 ms.
    """

    __class__ = property(lambda _: ssl.SSLContext)
    verify_mode, check_hostname = ssl.CERT_NONE, False

    def __init__(self, context: LaxContext, handshake: Handshake) -> None:
        self._context = context
        self._handshake = handshake

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *_: object, **__: object
    ) -> LaxObject:
        if self._handshake.early:
            incoming.write(self._handshake.early + incoming.read())
        return LaxObject(self._context.openssl, incoming, outgoing, self._handshake)
