"""aiosmtpd, as an MSSanté operator's submission front: DSN parameters, our catalogue.

aiosmtpd knows the verbs and STARTTLS; here is what it lacks: strict paths, RFC 3461 parameters,
messages in bounded memory, RFC 2034 codes in every reply, a transcript. Tokens are in `sasl`,
decisions elsewhere (`conversation`, `smtp_auth`, `smtp_data`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from mssante import errors
from mssante.codes import (
    AUTH_LENGTH,
    COMMAND_LENGTH,
    IDLE_SECONDS,
    MAX_CONNECTIONS,
    MAX_MESSAGE,
    PARTING_SECONDS,
)
from mssante.wire.commands import MAIL_PARAMETERS, RCPT_PARAMETERS, read_argument
from mssante.wire.conversation import Conversation
from mssante.wire.office import PostOffice
from mssante.wire.reception import NeverEnding, read_message
from mssante.wire.replies import translate
from mssante.wire.sasl import SaslProtocol
from mssante.wire.smtp_auth import SMTP_AUTH
from mssante.wire.smtp_data import SMTP_DATA
from services.kernel import limits
from services.kernel.sandbox import Sandbox
from services.kernel.tls import Handshake
from services.kernel.transactions import Transaction

EXTENSIONS = ("250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 DSN")


class Greeter:
    """The library's handler: all that is left to it is what EHLO announces."""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *EXTENSIONS]


class SubmissionProtocol(SaslProtocol):
    """One connection."""

    _handler_coroutine: asyncio.Task[None]

    line_length_limit = AUTH_LENGTH

    def __init__(
        self, sandbox: Sandbox, office: PostOffice, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.conversation = Conversation(sandbox)
        self.office = office
        self._greeted = False
        self._ending: Transaction | None = None
        self._over = False
        self._handshake = Handshake(failed=self._handshake_failed)
        self.conversation.handshake = self._handshake
        super().__init__(
            Greeter(), data_size_limit=MAX_MESSAGE, loop=loop, timeout=IDLE_SECONDS,
            hostname=sandbox.settings.public_smtp_host or "socle.mssante.fr",
            ident="MSSante, bac a sable Socle",
            tls_context=sandbox.pki.server_context.watched_by(self._handshake),
            require_starttls=True, auth_required=True,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
        )
        # The library's limits are shared by all its connections; these are ours.
        self.command_size_limits = defaultdict(lambda: COMMAND_LENGTH, AUTH=AUTH_LENGTH)

    @property
    def unread(self) -> int:
        """Bytes received and not yet read: those of the next transaction."""
        return len(self._reader._buffer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self._original_transport is None
        super().connection_made(transport)
        if not first:
            return
        host, port = transport.get_extra_info("peername", ("", 0))[:2]
        self.conversation.peer = f"{host}:{port}"
        if len(self.office.sessions) < MAX_CONNECTIONS:
            self.office.sessions.add(self)
            return
        self._handler_coroutine.cancel()
        self._handler_coroutine = self.loop.create_task(self._turn_away())

    def connection_lost(self, error: Exception | None) -> None:
        self.office.sessions.discard(self)
        super().connection_lost(error)
        self.conversation.give_up(0)

    def data_received(self, data: bytes) -> None:
        self.conversation.transcript.received(data)
        super().data_received(data)

    def hang_up(self, reason: Exception) -> None:
        """Say why, and close; cut if the client does not let it be said."""
        if self.transport is not None:
            self._part(self.conversation.replied(self.conversation.render(reason)))

    def _part(self, last: bytes) -> None:
        """Say the last thing and close, once the journal has what was said."""
        self._over = True
        self.conversation.give_up(0)
        if self.transport is not None:
            self.transport.write(last)
            self.transport.close()
            self.loop.call_later(PARTING_SECONDS, self.abort)

    def _handshake_failed(self) -> None:
        """Journal it; once our alert has left, close."""
        self.conversation.sandbox.mishaps.handshake(self.conversation.peer, self._handshake)
        self.loop.call_soon(self.connection_lost, None)

    async def cut(self) -> None:
        """Return once the session's task is over; in a handshake, nothing else would end it."""
        self.abort()
        self._handler_coroutine.cancel()
        await asyncio.wait([self._handler_coroutine])
        if self in self.office.sessions:
            self.connection_lost(None)

    async def _turn_away(self) -> None:
        await self.conversation.enter()
        self.hang_up(errors.CONNEXIONS_TROP_NOMBREUSES())

    def _timeout_cb(self) -> None:
        self.hang_up(errors.INACTIVITE())

    async def push(self, status: str | bytes) -> None:
        """Send a reply; those of the library become the catalogue's. None follows the last one."""
        if self._over:
            return
        if not self._greeted:
            self._greeted = True
            await self.conversation.enter()
        line = status.decode("ascii") if isinstance(status, bytes) else translate(status)
        if not isinstance(line, str):
            line = self.conversation.render(line)
        told = self.conversation.replied(line)
        if self._ending is not None and not line.startswith("3"):
            # Before it leaves: who has the answer finds the exchange in the journal.
            accepted = line.startswith("2")
            self.conversation.record(self._ending, self.unread, accepted=accepted)
            self._ending = None
        if told.endswith(b"\r\n") and not line.startswith("421"):
            await super().push(line)
        else:
            self._part(told)

    async def handle_exception(self, error: Exception) -> str:
        return "" if isinstance(error, TLSSetupException) else self.conversation.render(error)

    async def smtp_HELO(self, arg: str) -> None:
        if arg:
            self.conversation.give_up(self.unread)
        await super().smtp_HELO(arg)

    async def smtp_EHLO(self, arg: str) -> None:
        if arg:
            self.conversation.give_up(self.unread)
        await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._tls_protocol is not None:
            raise errors.SEQUENCE(at="STARTTLS")
        deadline = self.loop.call_later(limits.HANDSHAKE_SECONDS, self._handshake_failed)
        try:
            await super().smtp_STARTTLS(arg)
        finally:
            deadline.cancel()

    async def smtp_AUTH(self, arg: str | None) -> None:
        mechanism, _, response = (arg or "").partition(" ")
        self.conversation.begin(f"AUTH {mechanism}")
        self._ending = SMTP_AUTH
        await super().smtp_AUTH(f"{mechanism.upper()} {response}".strip())

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.conversation.begin(f"MAIL {arg or ''}")
        if await self._is_early("MAIL"):
            return
        address, parameters = read_argument("FROM", arg or "", MAIL_PARAMETERS)
        await self.conversation.sender(address, parameters)
        await self.push("250 2.1.0 Expediteur accepte")

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.conversation.begin(f"RCPT {arg or ''}")
        if await self._is_early("RCPT"):
            return
        address, parameters = read_argument("TO", arg or "", RCPT_PARAMETERS)
        await self.conversation.recipient(address, parameters)
        await self.push("250 2.1.5 Destinataire accepte")

    async def smtp_DATA(self, arg: str | None) -> None:
        self.conversation.begin("DATA")
        if await self._is_early("DATA"):
            return
        self._ending = SMTP_DATA
        try:
            await self.answer(self._data(arg))
        except NeverEnding:
            self.hang_up(errors.MESSAGE_TROP_GRAND(at="DATA"))

    async def smtp_VRFY(self, arg: str | None) -> None:
        if await self._is_early("VRFY"):
            return
        if not arg:
            raise errors.SYNTAXE(at="VRFY", expected="VRFY <adresse>")
        await self.push("252 2.5.0 Non verifie : RCPT le dira")

    async def smtp_RSET(self, arg: str | None) -> None:
        await super().smtp_RSET(arg)
        if not arg:
            self.conversation.give_up(self.unread)

    async def smtp_QUIT(self, arg: str | None) -> None:
        if not arg:
            self.conversation.give_up(self.unread)
        await super().smtp_QUIT(arg)

    async def _is_early(self, verb: str) -> bool:
        """Whether the command came before EHLO or AUTH, and was refused."""
        return await self.check_helo_needed() or await self.check_auth_needed(verb)

    async def _data(self, arg: str | None) -> str:
        if arg:
            raise errors.SYNTAXE(at="DATA", found=arg[:80])
        self.conversation.expect_message()
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            with self.office.receiving(self.conversation.note_little) as take:
                content = await read_message(self._reader, take)
                id = await self.conversation.submit(content)
        finally:
            self.conversation.forget_message()
        return f"250 2.0.0 Message accepte {id}"
