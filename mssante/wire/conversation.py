"""One client's session: whose mailbox it opened, what it is submitting, and its journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from mssante import errors
from mssante.codes import MAX_AUTH_FAILURES, MAX_MESSAGE
from mssante.domain.envelope import Envelope, new_envelope, wishes_of
from mssante.wire.replies import Reply
from mssante.wire.smtp_auth import SMTP_AUTH, Access, Credentials, authenticate, issuing_tenant
from mssante.wire.smtp_data import SMTP_DATA, check_sender, recipient, submit
from mssante.wire.transcript import SESSION_BYTES, Transcript
from services.kernel import errors as kernel_errors
from services.kernel.clock import real_now
from services.kernel.database import StorageFailure
from services.kernel.dialects import SMTP
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Exchange
from services.kernel.journal import Entry, outcome_of
from services.kernel.sandbox import Sandbox
from services.kernel.staging import NO_ANSWER, is_staged, strike
from services.kernel.tenants import DEFAULT, Tenant
from services.kernel.tls import Handshake
from services.kernel.transactions import Transaction

log = logging.getLogger("socle.mssante")

NOTED = 5
"""Refusals of one entry that its note shows."""
LINE_SHOWN = 200


@dataclass(slots=True)
class _Open:
    """The journal entry in the making.

    last: the last reply; refused: the first negative ones; error: what the very first stands for.
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

    transcript: the bytes since the last journal entry; idle: not set while a mail is stored;
    handshake: that of STARTTLS, once there was one.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.peer = ""
        self.handshake: Handshake | None = None
        self.transcript = Transcript()
        self.idle = asyncio.Event()
        self.idle.set()
        self._access: Access | None = None
        self._failures = 0
        self._tenant = Tenant(DEFAULT)
        self._envelope: Envelope | None = None
        self._open = _Open()

    async def enter(self) -> None:
        """Until a token names another, a session belongs to the default tenant."""
        self._tenant = await self.sandbox.tenants.recall(DEFAULT)

    @property
    def _certificate(self) -> bytes:
        peer = self.handshake.peer if self.handshake is not None else None
        return peer.certificate if peer is not None else b""

    def begin(self, line: str) -> None:
        """A command of the next entry; the first one names it."""
        self._open.line = self._open.line or line[:LINE_SHOWN]
        self._open.began = self._open.began or real_now()

    async def authenticate(self, credentials: Credentials) -> None:
        """Open a mailbox for the rest of the session.

        Raises JETON_REFUSE, BAL_ETRANGERE or, when that came too often, ECHECS_TROP_NOMBREUX.
        """
        if self._failures >= MAX_AUTH_FAILURES:
            raise errors.ECHECS_TROP_NOMBREUX(at="AUTH")
        await self.sandbox.journal.room()
        self._tenant = await self.sandbox.tenants.get(issuing_tenant(credentials.token))
        await self._provoked(SMTP_AUTH, credentials.token)
        try:
            self._access = await authenticate(
                self.sandbox, self._tenant, credentials, self._certificate
            )
        except Refusal:
            self._failures += 1
            raise
        self.transcript.limit = SESSION_BYTES

    async def sender(self, address: str, parameters: Mapping[str, str]) -> None:
        """Begin an envelope. Raises SEQUENCE, MESSAGE_TROP_GRAND or EXPEDITEUR_DIFFERENT."""
        access = self._opened()
        if self._envelope is not None:
            raise errors.SEQUENCE(at="MAIL FROM", expected="RCPT TO, DATA ou RSET")
        if int(parameters.get("SIZE", "0")) > MAX_MESSAGE:
            raise errors.MESSAGE_TROP_GRAND(at="SIZE", found=parameters["SIZE"])
        self._tenant = await self.sandbox.tenants.get(access.tenant.name)
        if self._tenant.key != access.tenant.key:  # reset since: its tokens are no more
            self._access = None
            raise errors.AUTHENTIFICATION_REQUISE(at="MAIL FROM")
        check_sender(access, address)
        self._envelope = new_envelope(address, parameters)

    async def recipient(self, address: str, parameters: Mapping[str, str]) -> None:
        """Add the mailbox of that address to the envelope. Raises SEQUENCE before MAIL."""
        if self._envelope is None:
            raise errors.SEQUENCE(at="RCPT TO", expected="MAIL FROM")
        recipients = self._envelope.recipients
        recipients[await recipient(self._exchange(), address, len(recipients))] = wishes_of(
            parameters
        )

    def expect_message(self) -> None:
        """Get ready for a whole message. Raises SEQUENCE without a recipient."""
        self._addressed()
        self.transcript.limit = MAX_MESSAGE + SESSION_BYTES

    async def submit(self, content: bytes) -> str:
        """Store the mail; its id."""
        access, envelope = self._opened(), self._addressed()
        await self.sandbox.journal.room()
        exchange = self._exchange()
        exchange.body = content
        await self._provoked(SMTP_DATA)
        self.idle.clear()
        try:
            await submit(exchange, access, envelope)
        finally:
            self.idle.set()
        return exchange.id

    def forget_message(self) -> None:
        """Drop the envelope: its message was submitted or refused."""
        self._envelope = None
        self.note_little()

    def note_little(self) -> None:
        """Keep no more of the client's bytes than between messages."""
        if self._access is not None:
            self.transcript.limit = SESSION_BYTES

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

    def replied(self, line: str) -> bytes:
        """Note what the client is told, which a fault may cut short."""
        whole = line.encode("ascii", "replace") + b"\r\n"
        struck = self._open.exchange.struck if self._open.exchange is not None else None
        told = whole[:struck.cut] if struck is not None else whole
        self.transcript.replied(told)
        self._open.last = line
        if line[:1] in ("4", "5") and len(self._open.refused) < NOTED:
            self._open.refused.append(line)
        return told

    def record(self, transaction: Transaction, unread: int, *, accepted: bool) -> None:
        """Close the entry. accepted: the last command of the transaction succeeded."""
        exchange, open_ = self._exchange(), self._open
        request, response = self.transcript.take(unread)
        told = open_.last if accepted or not open_.refused else open_.refused[0]
        if exchange.struck is not None and exchange.struck.dropped:
            told = str(NO_ANSWER)
        exchange.outcome_note = " ; ".join(open_.refused)
        error = None if accepted else open_.error
        now = real_now()
        began = open_.began or now
        self.sandbox.journal.record(Entry(
            exchange.id, exchange.tenant.key, began, "mssante", transaction.code, "SMTP",
            self.peer, open_.line or "SMTP", " ".join(told.split()[:2]),
            "error" if open_.bug else outcome_of(not accepted, exchange.findings),
            transaction.mark(error), request, response, exchange.findings, error,
            self._access.caller.id_nat if self._access else "",
            exchange.note, now - began,
        ))
        self._open = _Open()

    def give_up(self, unread: int) -> None:
        """Drop the envelope, and close the entry of what the client gave up, if there is one."""
        self.forget_message()
        if self._open.line or self._open.refused:
            transaction = SMTP_DATA if self._access else SMTP_AUTH
            self.record(transaction, unread, accepted=False)

    async def _provoked(self, transaction: Transaction, token: str = "") -> None:
        """What the tenant's faults and scripts do to this entry. Raises Refusal or Dropped."""
        if not is_staged(self._tenant):
            return
        exchange = self._exchange()
        if token:
            exchange.caller = await self.sandbox.ports.tokens.verify(self._tenant, token)
        await strike(exchange, "mssante", transaction.code)

    def _opened(self) -> Access:
        if self._access is None:
            raise errors.AUTHENTIFICATION_REQUISE()
        return self._access

    def _addressed(self) -> Envelope:
        if self._envelope is None or not self._envelope.recipients:
            raise errors.SEQUENCE(at="DATA", expected="MAIL FROM, RCPT TO")
        return self._envelope

    def _exchange(self) -> Exchange:
        """What findings are gathered on; before authentication in the default tenant."""
        if self._open.exchange is None:
            self._open.exchange = Exchange(
                self._tenant.ids.exchange(), self.sandbox, self._tenant, SMTP_DATA, "SMTP", "DATA",
                b"", [], b"", self.peer, {}, caller=self._access.caller if self._access else None,
            )
        return self._open.exchange
