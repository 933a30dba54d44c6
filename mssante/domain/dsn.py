"""Delivery receipts (DSN, RFC 3464): what the operator answers to NOTIFY=SUCCESS.

A receipt without a failure returns headers only, RET=FULL notwithstanding (RFC 3461 §4.3).
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime

from mssante.domain.envelope import Envelope

HOST = "socle.mssante.fr"
SENDER = f"MAILER-DAEMON@{HOST}"
SUBJECT = "Successful Mail Delivery Report"
_HEADERS_END = re.compile(rb"(?:\A|\r?\n)\r?\n")
HEADERS_MAX = 64 * 1024
"""Bytes of headers that a receipt returns."""


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
    headers = _HEADERS_END.split(content, maxsplit=1)[0][:HEADERS_MAX].replace(b"\r\n", b"\n")
    original = _lines(["Content-Type: text/rfc822-headers", ""]) + headers.replace(b"\n", b"\r\n")
    parts = [_lines(told), _lines(status), original + b"\r\n"]
    edge = f"--{boundary}".encode()
    body = b"".join(b"\r\n" + edge + b"\r\n" + part for part in parts)
    return _lines(head) + body + b"\r\n" + edge + b"--\r\n"


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
