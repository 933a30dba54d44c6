"""Mailboxes, over the control API: what arrived, as it arrived, and waiting for it."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from mssante import store
from mssante.domain.mail import Mail, read_mail
from mssante.domain.mime import Unreadable
from mssante.wire.office import post_office
from mssante.wire.smtp_data import shown_attachment
from services.kernel.clock import iso, monotonic
from services.kernel.control import current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import people

MAX_WAIT = 60.0
LOOK_SECONDS = 0.2
"""How often a mailbox is looked into when another process receives its mail."""
TICK = 0.002
"""Timers of the loop may ring a millisecond early."""
SCANNED = 100
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}")
INERT = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox/mailboxes/{address}."""
    router = APIRouter(prefix="/mailboxes/{address}", tags=["messagerie"])

    async def opened(request: Request, address: str) -> tuple[Tenant, str]:
        """The tenant and the address as it is written in the population."""
        tenant = await current_tenant(request)
        mailbox = await people(sandbox.database, tenant).mailbox(address)
        if mailbox is None:
            raise refused(404, "boite", "Aucune boîte aux lettres à cette adresse.")
        return tenant, mailbox.address

    async def found(request: Request, address: str, id: str) -> store.Received:
        tenant, known = await opened(request, address)
        message = await store.find(sandbox.database, tenant.key, known, id)
        if message is None:
            raise refused(404, "message", "Aucun message de ce numéro dans cette boîte.")
        return message

    @router.get("/messages")
    async def messages(
        request: Request, address: str, before: str = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Messages of a mailbox, newest first; `before` is a message id, to page on."""
        tenant, known = await opened(request, address)
        last = (await found(request, address, before)).uid if before else store.LAST
        rows = await store.messages(sandbox.database, tenant.key, known, limit, last)
        return {"messages": [_summary(row) for row in rows]}

    @router.get("/messages/{id}")
    async def message(request: Request, address: str, id: str) -> dict[str, Any]:
        """One message: headers, text and attachments."""
        row = await found(request, address, id)
        mail = await _mail(sandbox, row)
        headers = [{"name": each.name, "value": each.value} for each in mail.headers]
        attachments = [shown_attachment(each) for each in mail.attachments]
        return {
            **_summary(row), "attachments": attachments, "headers": headers, "text": mail.text,
        }

    @router.get("/messages/{id}/raw", response_class=Response)
    async def raw(request: Request, address: str, id: str) -> Response:
        """The bytes of the message, as they were submitted."""
        row = await found(request, address, id)
        content = await sandbox.blobs.get(row.message.blob_key)
        return _download(content, "message/rfc822", f"{row.message.id}.eml")

    @router.get("/messages/{id}/attachments/{n}", response_class=Response)
    async def attachment(request: Request, address: str, id: str, n: int) -> Response:
        """The decoded bytes of an attachment, numbered from 1."""
        mail = await _mail(sandbox, await found(request, address, id))
        for each in mail.attachments:
            if each.number == n:
                known = MEDIA_TYPE.fullmatch(each.media_type)
                media_type = each.media_type if known else "application/octet-stream"
                return _download(each.content, media_type, each.filename or f"piece-{n}")
        raise refused(404, "piece-jointe", "Aucune pièce jointe de ce numéro.")

    @router.get("/wait", response_model=None)
    async def wait(
        request: Request, address: str, subject: str = "", after: str = "",
        seconds: Annotated[float, Query(alias="timeout", ge=0, le=MAX_WAIT)] = 10,
    ) -> dict[str, Any] | Response:
        """The newest message whose subject contains `subject`, waiting for it: 204 when none came.

        `after` is a message id: only those that arrived later count.
        """
        tenant, known = await opened(request, address)
        first = (await found(request, address, after)).uid if after else 0
        row = await _arrival(sandbox, tenant, known, subject, first, seconds)
        return Response(status_code=204) if row is None else _summary(row)

    return router


async def _arrival(
    sandbox: Sandbox, tenant: Tenant, address: str, subject: str, after: int, seconds: float
) -> store.Received | None:
    """The newest fitting message; None when none came in time, or the sandbox stops."""
    deadline = monotonic() + seconds
    with post_office(sandbox).watching(tenant.key, address) as arrival:
        stopping = asyncio.ensure_future(sandbox.stopping.wait())
        try:
            while True:
                arrival.clear()
                rows = await store.newest(sandbox.database, tenant.key, address, SCANNED, after)
                for row in rows:
                    if subject in row.message.subject:
                        return row
                left = deadline - monotonic()
                if left <= TICK or stopping.done():
                    return None
                left = left if sandbox.alone else min(left, LOOK_SECONDS)
                await _either(arrival, stopping, left)
        finally:
            stopping.cancel()


async def _either(arrival: asyncio.Event, stopping: asyncio.Future[Any], seconds: float) -> None:
    """Return at the first of the two, or when the time is over."""
    arrived = asyncio.ensure_future(arrival.wait())
    try:
        await asyncio.wait(
            {arrived, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        arrived.cancel()


async def _mail(sandbox: Sandbox, row: store.Received) -> Mail:
    content = await sandbox.blobs.get(row.message.blob_key)
    try:
        async with post_office(sandbox).readers:
            return await asyncio.to_thread(read_mail, content)
    except Unreadable as error:
        raise refused(422, "message", "La structure du message est illisible.") from error


def _summary(row: store.Received) -> dict[str, Any]:
    message = row.message
    return {
        "id": message.id, "subject": message.subject, **message.summary, "size": message.size,
        "mail_from": message.mail_from, "received_at": iso(message.received_at),
    }


def _download(content: bytes, media_type: str, filename: str) -> Response:
    """Bytes of others, never rendered by the browser, under a name without folders."""
    name = re.split(r"[/\\]", filename)[-1].lstrip(".") or "piece"
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        content, headers={**INERT, "Content-Type": media_type, "Content-Disposition": disposition}
    )
