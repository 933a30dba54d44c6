"""AUTH with mechanisms that carry a token (RFC 4954): the SASL exchange, refusals included."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Session

from mssante import errors
from mssante.wire.conversation import Conversation
from mssante.wire.reception import NeverEnding, read_line
from mssante.wire.smtp_auth import CHALLENGES, read_response
from services.kernel.errors import Refusal
from services.kernel.staging import Dropped

# The library would note the user, with a warning: every reply is sent here.
HANDLED = AuthResult(success=False, handled=True)


class SaslProtocol(SMTP):
    """aiosmtpd, which finds the mechanisms by the names of the methods."""

    session: Session
    conversation: Conversation
    transport: asyncio.Transport | None
    _original_transport: asyncio.Transport | None
    _reader: Any
    """asyncio's, with its private buffer: aiosmtpd empties it at STARTTLS too."""

    async def auth_XOAUTH2(self, _: object, arguments: list[str]) -> AuthResult:
        await self.answer(self._opened("XOAUTH2", arguments[1:]))
        return HANDLED

    async def auth_OAUTHBEARER(self, _: object, arguments: list[str]) -> AuthResult:
        await self.answer(self._opened("OAUTHBEARER", arguments[1:]))
        return HANDLED

    async def answer(self, work: Awaitable[str]) -> None:
        """Send what the work replies, or its refusal."""
        try:
            reply = await work
        except (ConnectionError, NeverEnding):
            raise
        except Dropped:
            self.conversation.give_up(0)  # who sees the end finds it in the journal
            self.abort()
            await asyncio.Event().wait()  # for the end of the session, which is at hand
        except Exception as error:
            reply = self.conversation.render(error)
        await self.push(reply)

    def abort(self) -> None:
        """Cut the connection, without waiting for the peer's end of TLS."""
        socket = self._original_transport or self.transport
        if socket is not None:
            socket.abort()

    async def _opened(self, mechanism: str, initial: list[str]) -> str:
        # "=" is an empty initial response (RFC 4954 §4).
        response = (
            _decoded(initial[0].removeprefix("=").encode()) if initial
            else await self._challenged(b"")
        )
        try:
            await self.conversation.authenticate(read_response(mechanism, response))
        except Refusal as refusal:
            if refusal.error is errors.JETON_REFUSE:
                await self._challenged(CHALLENGES[mechanism])
            raise
        self.session.authenticated = True
        return "235 2.7.0 Boite aux lettres ouverte"

    async def _challenged(self, challenge: bytes) -> bytes:
        """The client's answer to a challenge."""
        await self.push(b"334 " + b64encode(challenge))
        return _decoded(await read_line(self._reader))


def _decoded(line: bytes) -> bytes:
    """Raises AUTHENTIFICATION_ABANDONNEE or BASE64."""
    if line == b"*":
        raise errors.AUTHENTIFICATION_ABANDONNEE()
    try:
        return b64decode(line, validate=True)
    except ValueError as error:
        raise errors.BASE64() from error
