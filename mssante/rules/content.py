"""Content of a submitted mail: text, documents, receipts asked for, line endings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mssante.codes import LIBELLE_MAX, LINE_MAX
from mssante.domain.line_endings import LineEndings
from mssante.rules.documents import REFERENTIEL, RFC_5321, RFC_5322, SEGUR
from mssante.rules.submission import Submission
from services.kernel.rules import Mismatch, rule

_SUBJECT = re.compile(
    r"(?:\[Annule et remplace\] )?XDM/1\.0/DDM\+(?P<libelle>.+?) "
    r"(?P<nom>[A-Z][A-Z' -]*) (?P<prenom>[A-Za-z][A-Za-z' -]*?)(?: \d\d/\d\d/\d{4})?"
)
SUBJECT_READ = 300


@rule(
    "ECO.2.2.4", severity="error",
    message="Le corps du message est en text/plain ou multipart/alternative.",
    source=(REFERENTIEL.requires("ECO.2.2.4"), SEGUR.requires("MSS/va1.11")),
)
def body_is_plain_or_alternative(submission: Submission) -> Iterator[Mismatch]:
    found = submission.mail.body_type
    if found not in ("text/plain", "multipart/alternative"):
        yield Mismatch("corps", "text/plain ou multipart/alternative", found or "(sans texte)")


@rule(
    "ECO.2.2.3", severity="error", message="Les parties de texte sont en UTF-8.",
    source=REFERENTIEL.requires("ECO.2.2.3"),
)
def text_is_utf8(submission: Submission) -> Iterator[Mismatch]:
    for charset in submission.mail.charsets:
        # us-ascii, also when nothing is declared, is a part of UTF-8.
        if charset not in ("utf-8", "utf8", "us-ascii", "ascii", ""):
            yield Mismatch("Content-Type", "charset=UTF-8", charset)


@rule(
    "ECO.2.1.3", severity="error",
    message="L'objet d'un message de documents suit la forme XDM/1.0/DDM+libellé NOM prénom.",
    source=REFERENTIEL.requires("ECO.2.1.3"),
)
def document_subject_is_formed(submission: Submission) -> Iterator[Mismatch]:
    if not submission.mail.has_archive:
        return
    subject = submission.mail.first("Subject")
    read = _SUBJECT.fullmatch(subject) if len(subject) <= SUBJECT_READ else None
    if read is None:
        yield Mismatch("Subject", "XDM/1.0/DDM+libellé NOM prénom [JJ/MM/AAAA]",
                       subject or "(absent)")
    elif len(read["libelle"]) > LIBELLE_MAX:
        yield Mismatch("Subject", f"un libellé d'au plus {LIBELLE_MAX} caractères",
                       f"{len(read['libelle'])} caractères")


@rule(
    "ECO.2.1.1", severity="error",
    message="Les documents de l'archive IHE_XDM sont aussi joints en PDF/A-1.",
    source=(REFERENTIEL.requires("ECO.2.1.1"), SEGUR.requires("MSS/va1.01")),
)
def documents_come_as_pdf_too(submission: Submission) -> Iterator[Mismatch]:
    types = {each.media_type for each in submission.mail.attachments}
    if submission.mail.has_archive and "application/pdf" not in types:
        yield Mismatch("pièces jointes", "application/pdf", ", ".join(sorted(types)))


@rule(
    "ECO.2.3.1", severity="information",
    message="L'accusé de réception (DSN) n'est pas demandé.",
    source=(REFERENTIEL.requires("ECO.2.3.1"), SEGUR.requires("MSS/va1.15")),
)
def delivery_receipt_is_asked(submission: Submission) -> Iterator[Mismatch]:
    if not submission.dsn_asked:
        yield Mismatch("RCPT TO", "NOTIFY=SUCCESS", "(sans NOTIFY)")


@rule(
    "ECO.2.3.2", severity="information",
    message="L'accusé de lecture (MDN) n'est pas demandé.",
    source=REFERENTIEL.requires("ECO.2.3.2"),
)
def reading_receipt_is_asked(submission: Submission) -> Iterator[Mismatch]:
    if not submission.mail.first("Disposition-Notification-To"):
        yield Mismatch("Disposition-Notification-To", submission.sender.address, "(absent)")


@rule(
    "RFC5321-2.3.8", severity="error",
    message="Les lignes se terminent par CRLF, et non par LF seul.", source=RFC_5321.at("§2.3.8"),
)
def lines_end_with_crlf(submission: Submission) -> Iterator[Mismatch]:
    if submission.endings is not LineEndings.CRLF:
        yield Mismatch("message", "CRLF", submission.endings.value)


@rule(
    "RFC5322-2.1.1", severity="warning",
    message="Une ligne ne dépasse pas 998 caractères.", source=RFC_5322.at("§2.1.1"),
)
def lines_are_short(submission: Submission) -> Iterator[Mismatch]:
    if submission.overlong_line:
        yield Mismatch("message", f"au plus {LINE_MAX}", str(submission.overlong_line))


CONTENT = (
    body_is_plain_or_alternative, text_is_utf8, document_subject_is_formed,
    documents_come_as_pdf_too, delivery_receipt_is_asked, reading_receipt_is_asked,
    lines_end_with_crlf, lines_are_short,
)
