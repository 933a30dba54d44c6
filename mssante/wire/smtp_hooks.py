"""What aiosmtpd calls once a command is well formed; decisions are the conversation's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosmtpd.smtp import Envelope, Session

if TYPE_CHECKING:
    from mssante.wire.smtp_protocol import SubmissionProtocol

EXTENSIONS = ("250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 DSN")


class Hooks:
    """Stateless: the connection is handed over with each call."""

    async def handle_EHLO(
        self, server: SubmissionProtocol, session: Session, envelope: Envelope, hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *EXTENSIONS]

    async def handle_MAIL(
        self, server: SubmissionProtocol, session: Session, envelope: Envelope, address: str,
        options: list[str],
    ) -> str:
        async def accept() -> str:
            await server.conversation.sender(address, server.parameters)
            envelope.mail_from = address
            return "250 2.1.0 Expediteur accepte"

        return await server.answered(accept())

    async def handle_RCPT(
        self, server: SubmissionProtocol, session: Session, envelope: Envelope, address: str,
        options: list[str],
    ) -> str:
        async def accept() -> str:
            await server.conversation.recipient(address, server.parameters)
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 Destinataire accepte"

        return await server.answered(accept())

    async def handle_DATA(
        self, server: SubmissionProtocol, session: Session, envelope: Envelope
    ) -> str:
        async def accept() -> str:
            id = await server.conversation.submit(envelope.original_content or b"")
            server.office.announce()
            return f"250 2.0.0 Message accepte {id}"

        return await server.answered(accept())
