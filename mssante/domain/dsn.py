"""Delivery receipts (DSN, RFC 3464): what the operator answers to NOTIFY=SUCCESS."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime

from mssante.domain.envelope import Envelope

HOST = "socle.mssante.fr"
SENDER = f"MAILER-DAEMON@{HOST}"
SUBJECT = "Successful Mail Delivery Report"
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


def delivery_report(id: str, envelope: Envelope, content: bytes, at: datetime) -> bytes:
    """The report on the recipients who are to be reported on. id: of the report itself."""
    boundary = f"=_{id}"
    date = format_datetime(at)
    addresses = list(envelope.receipts)
    head = [
        f"From: Socle <{SENDER}>", f"To: <{envelope.sender}>", f"Subject: {SUBJECT}",
        f"Date: {date}", f"Message-ID: <{id}@{HOST}>", "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
    ]
    told = [
        "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
        "Votre message est arrivé dans la boîte aux lettres de :", *addresses, "",
        "Bac à sable Socle, données fictives.",
    ]
    status = ["Content-Type: message/delivery-status", ""]
    if envelope.envid:
        status.append(f"Original-Envelope-Id: {envelope.envid}")
    status += [f"Reporting-MTA: dns; {HOST}", f"Arrival-Date: {date}"]
    for address, wishes in envelope.receipts.items():
        status.append("")
        if wishes.orcpt:
            status.append(f"Original-Recipient: {wishes.orcpt}")
        status += [f"Final-Recipient: rfc822; {address}", "Action: delivered", "Status: 2.0.0"]
    full = envelope.ret == "FULL"
    kind = "message/rfc822" if full else "text/rfc822-headers"
    original = content if full else _HEADERS_END.split(content, maxsplit=1)[0] + b"\r\n"
    parts = [_lines(told), _lines(status), _lines([f"Content-Type: {kind}", ""]) + original]
    edge = f"--{boundary}".encode()
    body = b"".join(b"\r\n" + edge + b"\r\n" + part for part in parts)
    return _lines(head) + body + b"\r\n" + edge + b"--\r\n"


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
