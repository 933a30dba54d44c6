"""MAIL, RCPT and DATA: who may write to whom, and the mail that is stored before the 250."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from mssante import errors, store
from mssante.codes import MAX_RECIPIENTS
from mssante.domain.address import domain_of, is_patient, names_a_matricule
from mssante.domain.dsn import delivery_report
from mssante.domain.envelope import Envelope
from mssante.domain.line_endings import LineEndings, line_endings, overlong_line
from mssante.domain.mail import Attachment, Mail, read_mail
from mssante.domain.mime import Unreadable
from mssante.rules.content import CONTENT
from mssante.rules.headers import HEADERS
from mssante.rules.submission import Submission
from mssante.wire.office import post_office
from mssante.wire.smtp_auth import Access
from services.kernel.clock import real_now
from services.kernel.dialects import SMTP
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.kernel.rules import observe
from services.kernel.sandbox import Sandbox
from services.kernel.transactions import Transaction
from services.population import people

SMTP_DATA = Transaction(
    "smtp.DATA", "Soumettre un message", "Référentiel #2 v1.0.1 ECO.1.0.1 ; RFC 5321", SMTP,
    ("SMTP MAIL", "SMTP RCPT", "SMTP DATA"), "derived", None,
)
THREAD_BYTES = 64 * 1024
SHOWN_ITEMS, SHOWN_TEXT = 100, 300


def check_sender(access: Access, address: str) -> None:
    """Raise EXPEDITEUR_DIFFERENT unless it is the authenticated mailbox, or a receipt's path."""
    if address and address.lower() != access.mailbox.address.lower():
        raise errors.EXPEDITEUR_DIFFERENT(
            at="MAIL FROM", expected=access.mailbox.address, found=address
        )


async def recipient(exchange: Exchange, address: str, already: int) -> str:
    """The address of the mailbox that will receive it, besides `already` others.

    Raises DESTINATAIRES_TROP_NOMBREUX, DESTINATAIRE_INCONNU, DOMAINE_HORS_LISTE or
    MATRICULE_INVALIDE.
    """
    if already >= MAX_RECIPIENTS:
        raise errors.DESTINATAIRES_TROP_NOMBREUX(at="RCPT TO", expected=str(MAX_RECIPIENTS))
    population = people(exchange.sandbox.database, exchange.tenant)
    mailbox = await population.mailbox(address)
    if mailbox is not None:
        return mailbox.address
    hosted = await population.mailboxes(of_patients=False)
    raise _unknown(address, (each.address for each in hosted))


async def submit(exchange: Exchange, access: Access, envelope: Envelope) -> None:
    """Observe the mail in `exchange.body`, store it durably, with the receipts asked for.

    Raises FIN_DE_LIGNE, MESSAGE_ILLISIBLE, EXPEDITEUR_DIFFERENT or, in a strict tenant,
    EXIGENCE_NON_RESPECTEE.
    """
    content = exchange.body
    endings = line_endings(content)
    if endings is LineEndings.AMBIGUOUS:
        raise errors.FIN_DE_LIGNE(at="DATA", expected="CRLF")
    mail = await _read(exchange.sandbox, content)
    if not envelope.sender and not mail.is_report:
        raise errors.EXPEDITEUR_DIFFERENT(
            at="MAIL FROM", expected=access.mailbox.address, found="<>"
        )
    submission = Submission(
        mail, access.mailbox, tuple(envelope.recipients), envelope.dsn_asked, endings,
        overlong_line(content),
    )
    observe(exchange, (*HEADERS, *CONTENT), submission, errors.EXIGENCE_NON_RESPECTEE)
    deliveries = [(
        await _stored(exchange, exchange.id, content, envelope.sender, mail),
        list(envelope.recipients),
    )]
    if envelope.sender and envelope.receipts:
        id = exchange.tenant.ids.exchange()
        report = delivery_report(id, envelope, content, exchange.tenant.clock.datetime())
        stored = await _stored(exchange, id, report, "", read_mail(report))
        deliveries.append((stored, [access.mailbox.address]))
    tenant_key = exchange.tenant.key
    await store.deliver(exchange.sandbox.database, tenant_key, deliveries)
    for _, addresses in deliveries:
        post_office(exchange.sandbox).announce(tenant_key, addresses)


async def _read(sandbox: Sandbox, content: bytes) -> Mail:
    """The mail, off the loop when it is large. Raises MESSAGE_ILLISIBLE."""
    try:
        if len(content) < THREAD_BYTES:
            return read_mail(content)
        async with post_office(sandbox).readers:
            return await asyncio.to_thread(read_mail, content)
    except Unreadable as error:
        raise errors.MESSAGE_ILLISIBLE(at="DATA", found=str(error)) from error


async def _stored(
    exchange: Exchange, id: str, content: bytes, mail_from: str, mail: Mail
) -> store.StoredMessage:
    key = await exchange.sandbox.blobs.put(exchange.tenant.key, content)
    return store.StoredMessage(
        id, key, len(content), real_now(), mail_from, mail.first("Subject")[:SHOWN_TEXT],
        summary(mail),
    )


def summary(mail: Mail) -> dict[str, Any]:
    """What a list of messages shows: its beginning, when a mail is made to be endless."""
    return {
        "from": mail.first("From")[:SHOWN_TEXT], "date": mail.first("Date")[:SHOWN_TEXT],
        "message_id": mail.first("Message-ID")[:SHOWN_TEXT],
        "to": [address[:SHOWN_TEXT] for _, address in mail.addresses("To")[:SHOWN_ITEMS]],
        "cc": [address[:SHOWN_TEXT] for _, address in mail.addresses("Cc")[:SHOWN_ITEMS]],
        "attachments": [shown_attachment(each) for each in mail.attachments[:SHOWN_ITEMS]],
    }


def shown_attachment(attachment: Attachment) -> dict[str, Any]:
    """An attachment, without its content."""
    return {
        "n": attachment.number, "filename": attachment.filename[:SHOWN_TEXT],
        "media_type": attachment.media_type[:SHOWN_TEXT], "size": len(attachment.content),
    }


def _unknown(address: str, hosted: Iterable[str]) -> Refusal:
    if is_patient(address):
        if not names_a_matricule(address):
            return errors.MATRICULE_INVALIDE(at="RCPT TO", found=address)
        return errors.DESTINATAIRE_INCONNU(at="RCPT TO", found=address)
    # DEFAULT(whitelist): until the whitelist is served, it is the domains hosted here.
    if domain_of(address) in {domain_of(each) for each in hosted}:
        return errors.DESTINATAIRE_INCONNU(at="RCPT TO", found=address)
    return errors.DOMAINE_HORS_LISTE(at="RCPT TO", found=domain_of(address))
