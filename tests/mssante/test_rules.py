"""Every rule, on a mail it accepts and one it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mssante.domain.header import Header
from mssante.domain.line_endings import LineEndings
from mssante.domain.mail import Attachment, Mail
from mssante.rules import content, headers
from mssante.rules.submission import Submission
from services.kernel.rules import Rule
from services.population import Mailbox

PATIENT = "279035121518989@patient.mssante.fr"
SENDER = Mailbox("a@b.mssante.fr", "PER", "x")
OFFICE = Mailbox("a@b.mssante.fr", "ORG", "x")
ZIP = Attachment(1, "IHE_XDM.zip", "application/zip", b"")
PDF = Attachment(2, "a.pdf", "application/pdf", b"")
SUBJECT = "XDM/1.0/DDM+CR d'examens biologiques VIAL Paul 26/11/1978"
GOOD = {
    "From": "Dr_Marie_MARTIN_Cabinet <a@b.mssante.fr>", "Message-ID": "<1@x.fr>",
    "X-MSS-NIL": "DEV1", "Subject": "essai",
}
XDM = {"X-MSS-CODECDA": "34112-3", "X-MSS-INS": "O", "Subject": SUBJECT}
TO_PATIENT = {"recipients": (PATIENT,)}


def sent(
    changes: dict[str, str] | None = None, attachments: tuple[Attachment, ...] = (),
    body: str = "text/plain", charset: str = "utf-8", **others: Any,
) -> Submission:
    named = {**GOOD, **(changes or {})}.items()
    kept = tuple(Header(name, value) for name, value in named if value)
    read = Mail(kept, body, "", (charset,), attachments)
    base = Submission(read, SENDER, ("c@d.mssante.fr",), True, LineEndings.CRLF, 0)
    return replace(base, **others)


def doubled(name: str, value: str) -> Submission:
    good = sent()
    twice = (*good.mail.headers, Header(name, value))
    return replace(good, mail=replace(good.mail, headers=twice))


def breaches(rule: Rule, submission: Submission) -> list[str]:
    return [each.at for each in rule.findings(submission)]


@pytest.mark.parametrize(("rule", "accepted", "refused", "at"), [
    (headers.message_id_is_unique, sent(), sent({"Message-ID": ""}), "Message-ID"),
    (headers.message_id_is_unique, sent(), sent({"Message-ID": "1@x.fr"}), "Message-ID"),
    (headers.message_id_is_unique, sent(), doubled("message-id", "<2@x.fr>"), "Message-ID"),
    (headers.software_is_named, sent(), sent({"X-MSS-NIL": ""}), "X-MSS-NIL"),
    (headers.cda_codes_follow_the_archive, sent(XDM, (ZIP,)), sent({}, (ZIP,)),
     "X-MSS-CODECDA"),
    (headers.cda_codes_follow_the_archive, sent(), sent(XDM), "X-MSS-CODECDA"),
    (headers.ins_flag_follows_the_archive, sent(XDM, (ZIP,)), sent({}, (ZIP,)), "X-MSS-INS"),
    (headers.ins_flag_follows_the_archive, sent(), sent(XDM | {"X-MSS-INS": "o"}, (ZIP,)),
     "X-MSS-INS"),
    (headers.end_of_exchange_is_spelled, sent({"X-MSS-MES": "FIN"}, **TO_PATIENT),
     sent({"X-MSS-MES": "fin"}, **TO_PATIENT), "X-MSS-MES"),
    (headers.end_of_exchange_is_spelled, sent(), sent({"X-MSS-MES": "FIN"}), "X-MSS-MES"),
    (headers.header_from_is_the_mailbox, sent({"From": "A@B.MSSANTE.FR"}),
     sent({"From": "x@b.mssante.fr"}), "From"),
    (headers.header_from_is_the_mailbox, sent(), sent({"From": ""}), "From"),
    (headers.sender_has_a_display_name, sent(), sent({"From": "a@b.mssante.fr"}), "From"),
    (headers.sender_has_a_display_name, sent({"From": "Dr_Éva_O'BRIEN <a@b.mssante.fr>"}),
     sent({"From": "Dr_Marie_12 <a@b.mssante.fr>"}), "From"),
    (headers.sender_has_a_display_name,
     sent({"From": "Cabinet <a@b.mssante.fr>"}, sender=OFFICE),
     sent({"From": "Marie Martin <a@b.mssante.fr>"}), "From"),
    (content.body_is_plain_or_alternative, sent(), sent(body="text/html"), "corps"),
    (content.body_is_plain_or_alternative, sent(body="multipart/alternative"), sent(body=""),
     "corps"),
    (content.text_is_utf8, sent(charset=""), sent(charset="iso-8859-1"), "Content-Type"),
    (content.document_subject_is_formed, sent(XDM, (ZIP,)), sent({}, (ZIP,)), "Subject"),
    (content.document_subject_is_formed, sent(),
     sent({"Subject": f"XDM/1.0/DDM+{'x' * 41} VIAL Paul"}, (ZIP,)), "Subject"),
    (content.document_subject_is_formed,
     sent({"Subject": "XDM/1.0/DDM+2 documents VIAL Paul"}, (ZIP,)),
     sent({"Subject": "XDM/1.0/DDM " + "A " * 5000}, (ZIP,)), "Subject"),
    (content.documents_come_as_pdf_too, sent(XDM, (ZIP, PDF)), sent(XDM, (ZIP,)),
     "pièces jointes"),
    (content.delivery_receipt_is_asked, sent(), sent(dsn_asked=False), "RCPT TO"),
    (content.reading_receipt_is_asked, sent({"Disposition-Notification-To": "a@b.mssante.fr"}),
     sent(), "Disposition-Notification-To"),
    (content.lines_end_with_crlf, sent(), sent(endings=LineEndings.LF), "message"),
    (content.lines_are_short, sent(), sent(overlong_line=999), "message"),
])
def test_rule(rule: Rule, accepted: Submission, refused: Submission, at: str) -> None:
    assert breaches(rule, accepted) == []
    assert breaches(rule, refused) == [at]
