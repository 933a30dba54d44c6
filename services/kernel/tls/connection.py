"""One TLS connection between two memory buffers, in the shape of `ssl.SSLObject`."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from OpenSSL import SSL, crypto

from services.kernel.tls.peer import Handshake, TlsPeer

RECORD_TYPES = range(20, 25)
RECORD_HEADER = 5
KEPT_BYTES = 32 * 1024
CHUNK = 1 << 16

T = TypeVar("T")


class HandshakeFailed(ssl.SSLError):
    """The handshake failed; the text is OpenSSL's reason."""


class LaxObject:
    """What TLS layers drive."""

    server_side, server_hostname, session, session_reused = True, None, None, False

    def __init__(
        self, context: SSL.Context, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO,
        handshake: Handshake,
    ) -> None:
        self._handshake: Handshake | None = handshake
        self._openssl = SSL.Connection(context, None)
        self._openssl.set_app_data(self._handshake)
        self._openssl.set_accept_state()
        self._incoming, self._outgoing = incoming, outgoing
        self._partial = b""
        self.peer: TlsPeer | None = None

    def do_handshake(self) -> None:
        """Raises SSLWantReadError to be called again, HandshakeFailed at the end of it."""
        handshake = self._handshake
        if handshake is None:
            return
        if handshake.failure:
            raise HandshakeFailed(handshake.failure)
        try:
            self._run(self._openssl.do_handshake)
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            handshake.failure = str(error.args[-1])
            if handshake.failed is None:
                raise HandshakeFailed(handshake.failure) from error
            handshake.failed()
            # The TLS layer sends what is to be sent, our alert, only when it has to wait.
            raise ssl.SSLWantReadError from error
        self.peer = handshake.peer = self._peer(handshake)
        self._handshake = None
        self._openssl.set_app_data(None)

    def read(self, size: int = 1024, buffer: bytearray | memoryview | None = None) -> bytes | int:
        """Decrypted bytes, or their number when read into `buffer`; b"" at the peer's end."""
        try:
            if buffer is None:
                return self._run(lambda: self._openssl.recv(size))
            return self._run(lambda: self._openssl.recv_into(buffer, size))
        except ssl.SSLZeroReturnError:
            return b"" if buffer is None else 0

    def write(self, data: Any) -> int:
        """OpenSSL has no word for writing nothing."""
        return self._run(lambda: self._openssl.send(data)) if len(data) else 0

    def unwrap(self) -> None:
        """Say that we are done; the peer's own end is not waited for."""
        self._run(self._openssl.shutdown)

    def pending(self) -> int:
        return self._openssl.pending()

    def getpeercert(self, binary_form: bool = False) -> bytes | dict[str, Any] | None:
        """DER of the leaf; the decoded form, which the TLS layers ask for, is always empty."""
        certificate = self.peer.certificate if self.peer else b""
        return (certificate or None) if binary_form else {}

    def version(self) -> str | None:
        return self._openssl.get_protocol_version_name()

    def cipher(self) -> tuple[str, str, int] | None:
        name = self._openssl.get_cipher_name()
        if name is None:
            return None
        return name, self._openssl.get_cipher_version() or "", self._openssl.get_cipher_bits() or 0

    def compression(self) -> None:
        return None

    def selected_alpn_protocol(self) -> None:
        """None is offered: HTTP/1.1."""
        return None

    def _run(self, step: Callable[[], T]) -> T:
        try:
            while True:
                try:
                    return step()
                except SSL.WantReadError:
                    self._feed()
                except SSL.ZeroReturnError as error:
                    raise ssl.SSLZeroReturnError from error
                except SSL.Error as error:
                    raise ssl.SSLError(ssl.SSL_ERROR_SSL, _reason(error)) from error
        finally:
            self._flush()

    def _feed(self) -> None:
        """Hand OpenSSL one record; what follows it stays with the TLS layer, which counts it.

        Drained at once, a request sent with the end of the handshake would never be read.
        """
        self._take(RECORD_HEADER)
        wanted = RECORD_HEADER
        if len(self._partial) >= RECORD_HEADER and self._partial[0] in RECORD_TYPES:
            wanted += int.from_bytes(self._partial[3:RECORD_HEADER], "big")
            self._take(wanted)
        if len(self._partial) < wanted:
            if self._incoming.eof:
                raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "unexpected end of file")
            raise ssl.SSLWantReadError
        record, self._partial = self._partial, b""
        self._openssl.bio_write(record)

    def _take(self, size: int) -> None:
        """Bring the record in the making to this size, if there are bytes enough."""
        data = self._incoming.read(max(0, size - len(self._partial)))
        self._note("received", data)
        self._partial += data

    def _flush(self) -> None:
        with_more = True
        while with_more:
            try:
                data = self._openssl.bio_read(CHUNK)
            except SSL.WantReadError:
                return
            self._note("sent", data)
            self._outgoing.write(data)
            with_more = len(data) == CHUNK

    def _note(self, side: str, data: bytes) -> None:
        if self._handshake is not None:
            kept: bytearray = getattr(self._handshake, side)
            kept += data[:KEPT_BYTES - len(kept)]

    def _peer(self, handshake: Handshake) -> TlsPeer:
        chain = self._openssl.get_peer_cert_chain() or () if handshake.leaf else ()
        others = (der(each) for each in chain)
        name = self._openssl.get_servername() or b""
        return TlsPeer(
            handshake.leaf, tuple(each for each in others if each != handshake.leaf),
            self.version() or "", self._openssl.get_cipher_name() or "",
            name.decode("latin-1"), tuple(handshake.errors), handshake.flaw,
        )


def der(certificate: crypto.X509) -> bytes:
    """The certificate's bytes."""
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


def _reason(error: SSL.Error) -> str:
    """OpenSSL's reason: the last of its error queue."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(queue[-1][2]) if queue else "connection closed"
