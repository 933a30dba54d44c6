"""aiosmtpd, as an MSSanté operator's submission front: XOAUTH2, DSN parameters, our catalogue.

aiosmtpd knows the verbs and STARTTLS; here is what it lacks: mechanisms that carry tokens,
RFC 3461 parameters, RFC 2034 codes in every reply, a transcript. Decisions are elsewhere
(`conversation`, `smtp_auth`, `smtp_data`).
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Session, TLSSetupException

from mssante import errors
from mssante.codes import COMMAND_LENGTH, IDLE_SECONDS, MAX_CONNECTIONS, MAX_MESSAGE
from mssante.wire.conversation import Conversation
from mssante.wire.office import PostOffice
from mssante.wire.parameters import MAIL_PARAMETERS, RCPT_PARAMETERS, take_parameters
from mssante.wire.replies import translate
from mssante.wire.smtp_auth import CHALLENGES, SMTP_AUTH, read_response
from mssante.wire.smtp_data import SMTP_DATA
from mssante.wire.smtp_hooks import Hooks
from services.kernel.errors import Refusal
from services.kernel.sandbox import Sandbox


class SubmissionProtocol(SMTP):
    """One connection."""

    session: Session
    transport: asyncio.Transport | None
    _original_transport: asyncio.Transport | None
    _handler_coroutine: asyncio.Task[None]
    _reader: Any
    """asyncio's, with its private buffer and limit: aiosmtpd empties the first at STARTTLS too."""

    line_length_limit = COMMAND_LENGTH

    def __init__(
        self, sandbox: Sandbox, office: PostOffice, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.conversation = Conversation(sandbox)
        self.office = office
        self.parameters: dict[str, str] = {}
        self._greeted = False
        super().__init__(
            Hooks(), data_size_limit=MAX_MESSAGE, loop=loop, timeout=IDLE_SECONDS,
            hostname=sandbox.settings.public_smtp_host or "socle.mssante.fr",
            ident="MSSante, bac a sable Socle", tls_context=sandbox.pki.server_context,
            require_starttls=True, auth_required=True,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
        )
        # The library's limits are shared by all its connections; these are ours.
        self.command_size_limits = defaultdict(lambda: COMMAND_LENGTH)

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
        if len(self.office.sessions) >= MAX_CONNECTIONS:
            self._handler_coroutine.cancel()
            self.hang_up(errors.CONNEXIONS_TROP_NOMBREUSES())
            return
        self.office.sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.office.sessions.discard(self)
        super().connection_lost(error)
        self.conversation.record_given_up(0)

    def data_received(self, data: bytes) -> None:
        self.conversation.transcript.received(data)
        super().data_received(data)

    def hang_up(self, reason: Exception) -> None:
        """Say why, and close."""
        if self.transport is not None:
            reply = self.conversation.render(reason)
            self.conversation.replied(reply)
            self.transport.write(reply.encode("ascii") + b"\r\n")
            self.transport.close()

    def abort(self) -> None:
        """Cut the connection, without waiting for the peer's end of TLS."""
        socket = self._original_transport or self.transport
        if socket is not None:
            socket.abort()

    async def ended(self) -> None:
        """Return once the session's task is over."""
        await asyncio.wait([self._handler_coroutine])

    def _timeout_cb(self) -> None:
        self.hang_up(errors.INACTIVITE())

    async def push(self, status: str | bytes) -> None:
        """Send a reply; those of the library become the catalogue's."""
        if not self._greeted:
            self._greeted = True
            await self.conversation.enter()
        line = status.decode("ascii") if isinstance(status, bytes) else translate(status)
        if not isinstance(line, str):
            line = self.conversation.render(line)
        self.conversation.replied(line)
        await super().push(line)

    async def answered(self, work: Awaitable[str]) -> str:
        """The reply of a hook, be it a refusal."""
        try:
            return await work
        except ConnectionError:
            raise
        except Exception as error:
            return self.conversation.render(error)

    async def handle_exception(self, error: Exception) -> str:
        return "" if isinstance(error, TLSSetupException) else self.conversation.render(error)

    async def smtp_HELO(self, arg: str) -> None:
        self.conversation.record_given_up(self.unread)
        await super().smtp_HELO(arg)

    async def smtp_EHLO(self, arg: str) -> None:
        self.conversation.record_given_up(self.unread)
        await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._tls_protocol is not None:
            raise errors.SEQUENCE(at="STARTTLS")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        mechanism, _, response = (arg or "").partition(" ")
        self.conversation.begin(f"AUTH {mechanism}")
        await super().smtp_AUTH(f"{mechanism.upper()} {response}".strip())
        accepted = self.conversation.last.startswith("235")
        self.conversation.record(SMTP_AUTH, self.unread, accepted=accepted)

    async def auth_XOAUTH2(self, _: object, arguments: list[str]) -> AuthResult:
        return await self._auth("XOAUTH2", arguments)

    async def auth_OAUTHBEARER(self, _: object, arguments: list[str]) -> AuthResult:
        return await self._auth("OAUTHBEARER", arguments)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.conversation.begin(f"MAIL {arg or ''}"[:200])
        rest, self.parameters = take_parameters(arg or "", MAIL_PARAMETERS)
        await super().smtp_MAIL(rest or None)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.conversation.begin(f"RCPT {arg or ''}"[:200])
        rest, self.parameters = take_parameters(arg or "", RCPT_PARAMETERS)
        await super().smtp_RCPT(rest or None)

    async def smtp_DATA(self, arg: str | None) -> None:
        self.conversation.begin("DATA")
        # Lines of a message may be longer than those of commands: the message is what is limited.
        self._reader._limit = self.line_length_limit = 2 * MAX_MESSAGE
        try:
            await super().smtp_DATA(arg)
        finally:
            self._reader._limit = self.line_length_limit = COMMAND_LENGTH
        accepted = self.conversation.last.startswith("250")
        self.conversation.record(SMTP_DATA, self.unread, accepted=accepted)

    async def smtp_RSET(self, arg: str | None) -> None:
        await super().smtp_RSET(arg)
        self.conversation.record_given_up(self.unread)

    async def smtp_QUIT(self, arg: str | None) -> None:
        self.conversation.record_given_up(self.unread)
        await super().smtp_QUIT(arg)

    async def _auth(self, mechanism: str, arguments: list[str]) -> AuthResult:
        """Every reply is sent here: the library would note the user, with a warning."""
        handled = AuthResult(success=False, handled=True)
        response = await self._response(arguments)
        if response is None:
            return handled
        try:
            await self.conversation.authenticate(read_response(mechanism, response))
        except Refusal as refusal:
            challenged = refusal.error is errors.JETON_REFUSE
            if challenged and await self.challenge_auth(CHALLENGES[mechanism]) is MISSING:
                return handled
            await self.push(self.conversation.render(refusal))
            return handled
        self.session.authenticated = True
        await self.push("235 2.7.0 Boite aux lettres ouverte")
        return handled

    async def _response(self, arguments: list[str]) -> bytes | None:
        """The initial response, or the answer to an empty challenge; None once refused."""
        if len(arguments) < 2:
            answer = await self.challenge_auth("")
            return answer if isinstance(answer, bytes) else None
        try:
            return b64decode(arguments[1], validate=True)
        except ValueError:
            await self.push(self.conversation.render(errors.BASE64()))
            return None
