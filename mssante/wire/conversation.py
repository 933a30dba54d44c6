"""One client's session: whose mailbox it opened, what it is submitting, and its journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from mssante import errors
from mssante.codes import MAX_MESSAGE
from mssante.domain.envelope import Envelope, new_envelope, wishes_of
from mssante.wire.replies import Reply
from mssante.wire.smtp_auth import SMTP_AUTH, Access, Credentials, authenticate, issuing_tenant
from mssante.wire.smtp_data import SMTP_DATA, check_sender, recipient, submit
from mssante.wire.transcript import Transcript
from services.kernel import errors as kernel_errors
from services.kernel.clock import real_now
from services.kernel.database import StorageFailure
from services.kernel.dialects import SMTP
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Exchange
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry, outcome_of
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import DEFAULT, Tenant
from services.kernel.transactions import Transaction

log = logging.getLogger("socle.mssante")

SLACK = 64 * 1024


@dataclass(slots=True)
class _Open:
    """The journal entry in the making.

    last: the last reply; refused: the negative ones; error: what the first of them stands for.
    """

    line: str = ""
    began: int = 0
    exchange: Exchange | None = None
    last: str = ""
    refused: list[str] = field(default_factory=list)
    error: CatalogueError | None = None
    bug: bool = False


class Conversation:
    """What a session knows.

    transcript: the bytes since the last journal entry; idle: not set while a mail is stored.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.peer = ""
        self.transcript = Transcript()
        self.idle = asyncio.Event()
        self.idle.set()
        self._access: Access | None = None
        self._tenant = Tenant(DEFAULT)
        self._envelope = Envelope("")
        self._open = _Open()

    async def enter(self) -> None:
        """Until a token names another, a session belongs to the default tenant."""
        self._tenant = await self.sandbox.tenants.get(DEFAULT)

    @property
    def last(self) -> str:
        """The last reply of the entry in the making."""
        return self._open.last

    def begin(self, line: str) -> None:
        """A command of the next entry; the first one names it."""
        self._open.line = self._open.line or line
        self._open.began = self._open.began or real_now()

    async def authenticate(self, credentials: Credentials) -> None:
        """Open a mailbox for the rest of the session. Raises JETON_REFUSE or BAL_ETRANGERE."""
        self._tenant = await self.sandbox.tenants.get(issuing_tenant(credentials.token))
        self._access = await authenticate(self.sandbox, self._tenant, credentials)
        self.transcript.limit = MAX_MESSAGE + SLACK

    async def sender(self, address: str, parameters: Mapping[str, str]) -> None:
        """Begin an envelope. Raises EXPEDITEUR_DIFFERENT unless it is the opened mailbox."""
        access = self._opened()
        self._tenant = await self.sandbox.tenants.get(access.tenant.name)
        check_sender(access, address)
        self._envelope = new_envelope(address, parameters)

    async def recipient(self, address: str, parameters: Mapping[str, str]) -> None:
        """Add the mailbox of that address to the envelope."""
        recipients = self._envelope.recipients
        recipients[await recipient(self._exchange(), address, len(recipients))] = wishes_of(
            parameters
        )

    async def submit(self, content: bytes) -> str:
        """Store the mail; its id."""
        await self.sandbox.journal.room()
        exchange = self._exchange()
        exchange.body = content
        self.idle.clear()
        try:
            await submit(exchange, self._opened(), self._envelope)
        finally:
            self.idle.set()
        return exchange.id

    def render(self, error: Exception) -> Reply:
        """The reply to an exception; a bug of ours is logged and flagged."""
        if isinstance(error, StorageFailure):
            log.error("storage: %s", error)
            error = kernel_errors.STORAGE()
        if not isinstance(error, Refusal):
            log.error("sandbox bug in SMTP", exc_info=error)
            self._open.bug = True
            error = kernel_errors.SANDBOX_BUG()
        self._open.error = self._open.error or error.error
        return Reply(SMTP.refuse(error, None).body.decode("ascii"))

    def replied(self, line: str) -> None:
        """Note what the client is told."""
        self.transcript.replied(line.encode("ascii", "replace") + b"\r\n")
        self._open.last = line
        if line[:1] in ("4", "5"):
            self._open.refused.append(line)

    def record(self, transaction: Transaction, unread: int, *, accepted: bool) -> None:
        """Close the entry. accepted: the last command of the transaction succeeded."""
        exchange, open_ = self._exchange(), self._open
        request, response = self.transcript.take(unread)
        told = open_.last if accepted or not open_.refused else open_.refused[0]
        now = real_now()
        began = open_.began or now
        self.sandbox.journal.record(Entry(
            exchange.id, exchange.tenant.key, began, "mssante", transaction.code, "SMTP",
            self.peer, open_.line or "SMTP", " ".join(told.split()[:2]),
            "error" if open_.bug else outcome_of(not accepted, exchange.findings),
            transaction.fidelity, request, response, exchange.findings,
            None if accepted else open_.error,
            self._access.caller.id_nat if self._access else "",
            " ; ".join(open_.refused[:5]), now - began,
        ))
        self._open = _Open()

    def record_given_up(self, unread: int) -> None:
        """Close the entry of a transaction that the client gave up, if there is one."""
        if self._open.line or self._open.refused:
            transaction = SMTP_DATA if self._access else SMTP_AUTH
            self.record(transaction, unread, accepted=False)

    def _opened(self) -> Access:
        if self._access is None:
            raise errors.AUTHENTIFICATION_REQUISE()
        return self._access

    def _exchange(self) -> Exchange:
        """What findings are gathered on; before authentication in the default tenant."""
        if self._open.exchange is None:
            self._open.exchange = Exchange(
                exchange_id(), self.sandbox, self._tenant, SMTP_DATA, "SMTP", "DATA", b"", [], b"",
                self.peer, {}, caller=self._access.caller if self._access else None,
            )
        return self._open.exchange
