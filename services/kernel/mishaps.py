"""What reaches a port and never becomes an exchange: failed handshakes, malformed HTTP.

They are journalled all the same: a client that does not trust the sandbox's authority sees nothing
else. The tenant is the one that the bytes name, else `default`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.kernel import raw_spaces
from services.kernel.clock import real_now
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.limits import HEAD_BYTES, HEAD_SECONDS
from services.kernel.pki import reading
from services.kernel.tenants import DEFAULT, NAME
from services.kernel.tls import Handshake

if TYPE_CHECKING:
    from services.kernel.sandbox import Sandbox

_START = re.compile(rb"[A-Z]{3,20} +([^ \r\n]*)")
_TENANT = re.compile(rf"/t/({NAME.pattern})/")
CLIENT_HELLO = b"\x16\x03"


@dataclass(frozen=True, slots=True)
class Mishap:
    """Why a request is not read on. status: with its reason phrase; text: for the client."""

    status: str
    text: str


MALFORMED = Mishap("400 Bad Request", "Requête HTTP mal formée : Socle n'a pas pu la lire.")
LATE = Mishap(
    "408 Request Timeout", f"Les en-têtes ne sont pas arrivés en {HEAD_SECONDS:.0f} secondes."
)
ENDLESS = Mishap(
    "431 Request Header Fields Too Large", f"Les en-têtes dépassent {HEAD_BYTES} octets."
)

# What OpenSSL says → what it means here. Alerts are the client's.
CAUSES = (
    ("unknown ca", "Le client n'a pas confiance dans l'autorité du bac à sable : donnez-lui "
                   "/pki/ca.pem."),
    ("bad certificate", "Le client refuse le certificat du bac à sable : lui avez-vous donné "
                        "/pki/ca.pem, et le nom appelé est-il dans le certificat ?"),
    ("certificate unknown", "Le client refuse le certificat du bac à sable : lui avez-vous donné "
                            "/pki/ca.pem ?"),
    ("certificate verify failed", "L'espace refuse ce certificat client dès la poignée de main "
                                  "(réglage tls : refuse)."),
    ("http request", "Le client parle HTTP sur le port HTTPS."),
    ("https proxy request", "Le client prend le port HTTPS pour un mandataire."),
    ("wrong version number", "Ce que le client a envoyé n'est pas du TLS."),
    ("unsupported protocol", "Le client ne connaît pas TLS 1.2."),
    ("no shared cipher", "Aucune suite de chiffrement commune (ECDHE est attendu)."),
    ("no suitable signature algorithm", "Aucun algorithme de signature commun."),
)


class Mishaps:
    """Records them. `tasks` are the records on their way."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._tasks: set[asyncio.Task[None]] = set()
        self._tolerant: frozenset[bytes] | None = None

    def mended(self, data: bytes) -> tuple[bytes, bytes] | None:
        """A request line with spaces in its query, made readable where that is declared."""
        if self._tolerant is None:
            self._tolerant = raw_spaces.tolerant_paths(self._sandbox.services.values())
        return raw_spaces.mended(data, self._tolerant)

    def answer(
        self, mishap: Mishap, peer: str, received: bytes, say: Callable[[bytes], None]
    ) -> None:
        """Journal a request that is not read on, then `say` the bytes to answer."""
        id, body = exchange_id(), f"{mishap.text}\n".encode()
        answer = (
            f"HTTP/1.1 {mishap.status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n"
            f"x-sandbox-fidelity: default\r\nx-sandbox-exchange: {id}\r\n\r\n"
        ).encode() + body
        start = _START.match(received)
        note = mishap.text
        if received.startswith(CLIENT_HELLO):
            note = "Le client parle TLS sur le port HTTP."
        line = start[0].decode("latin-1") if start else "HTTP"
        self._record(
            id, _tenant_in(start[1] if start else b""), "HTTP/1.1", peer, line[:200],
            mishap.status[:3], received, answer, note, then=lambda: say(answer),
        )

    def handshake(self, peer: str, handshake: Handshake) -> None:
        """Journal a handshake that failed, unless the peer never said a word."""
        reason = handshake.failure
        if not (reason or handshake.received):
            return
        cause = next((text for sign, text in CAUSES if sign in reason), "")
        if handshake.flaw:
            cause = f"Le client refuse un certificat mauvais à dessein ({handshake.flaw})."
        elif not reason:
            cause = "Le client a coupé, ou s'est tu, pendant la poignée de main."
        note = " ".join(filter(None, (cause, f"(OpenSSL : {reason})" if reason else "")))
        self._record(
            exchange_id(), _tenant_of(handshake.leaf) or DEFAULT, "TLS", peer, "TLS handshake", "",
            bytes(handshake.received), bytes(handshake.sent), note,
        )

    async def settled(self) -> None:
        """Return once everything so far is in the journal."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def refuses(self, leaf: bytes) -> bool:
        """Whether the tenant that made this certificate wants bad ones refused in the handshake.

        A tenant that is not in memory refuses at its first request instead.
        """
        tenant = _tenant_of(leaf)
        known = self._sandbox.tenants.known(tenant) if tenant else None
        return known is not None and known.refuses_bad_certificates

    def note(
        self, tenant: str, entry: Callable[[str], Entry], then: Callable[[], None] = lambda: None
    ) -> None:
        """Journal an entry, which is made of its tenant's key: at once if that is known.

        then: called once it is in the journal, with what tells the client that there is one.
        """
        known = self._sandbox.tenants.known(tenant)
        if known is not None:
            self._sandbox.journal.record(entry(known.key))
            then()
            return

        async def record() -> None:
            try:
                key = (await self._sandbox.tenants.recall(tenant)).key
                self._sandbox.journal.record(entry(key))
            finally:
                then()

        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(record())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _record(self, id: str, tenant: str, protocol: str, peer: str, line: str, status: str,
                request: bytes, response: bytes, note: str,
                then: Callable[[], None] = lambda: None) -> None:
        at = real_now()
        self.note(tenant, lambda key: Entry(
            id, key, at, "", "", protocol, peer, line, status, "fail", "default", request,
            response, note=note, duration=real_now() - at,
        ), then)


def _tenant_in(target: bytes) -> str:
    found = _TENANT.match(target.decode("latin-1"))
    return found[1] if found else DEFAULT


def _tenant_of(leaf: bytes) -> str:
    certificate = reading.parse(leaf) if leaf else None
    return reading.issuing_tenant(certificate) if certificate is not None else ""
