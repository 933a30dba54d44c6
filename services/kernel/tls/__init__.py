"""TLS that asks for a client certificate and hands it over, good or bad: the application judges.

Python's `ssl` cuts the connection on a certificate it cannot verify. Here OpenSSL is driven by
pyOpenSSL behind `SSLContext.wrap_bio()`, which is all that the TLS layers of asyncio, uvloop and
aiosmtpd ask for: one class serves HTTPS and STARTTLS alike.
"""

from services.kernel.tls.context import LaxContext
from services.kernel.tls.peer import Handshake, TlsPeer, peer_of

__all__ = ["Handshake", "LaxContext", "TlsPeer", "peer_of"]
