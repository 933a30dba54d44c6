"""send_mail: MSSanté submission to an organisation's mailbox (SMTP, STARTTLS, XOAUTH2)."""

from __future__ import annotations

import base64
import smtplib
import ssl

from services.cda.times import hl7_time, xds_time
from services.kernel.clock import to_datetime
from services.scenarios.author import author_of
from services.scenarios.definition import Step
from services.scenarios.documents.mail import Sender, compose
from services.scenarios.documents.xdm import archive
from services.scenarios.stage import Facts, NotOnStage, Stage
from services.scenarios.vendor import SandboxUnreachable

TIMEOUT_SECONDS = 30.0


def send_mail(stage: Stage, step: Step) -> Facts:
    """with: {to = actor}. Facts: reply (last SMTP code), chiffre (STARTTLS done)."""
    person, recipient = stage.person(step), stage.cast[step.arguments["to"]]
    if not person.mailbox or not recipient.organisation_mailbox:
        raise NotOnStage("une boîte aux lettres MSSanté manque")
    if not stage.vendor.smtp[1]:
        raise SandboxUnreachable("Le bac à sable n'annonce pas d'écouteur SMTP.")
    message_id = f"<{stage.vendor.ids.uuid()}@{person.mailbox.partition('@')[2]}>"
    content = _message(stage, step, recipient.organisation_mailbox, message_id)
    before = _newest(stage)
    try:
        reply = _submit(stage, step, recipient.organisation_mailbox, content)
    finally:
        stage.vendor.exchanges += _since(stage, before)
    if reply == 250:
        stage.message_id = message_id
        stage.say(f"De {person.mailbox} à {recipient.organisation_mailbox}, {message_id}.")
    return {"reply": reply}


def _message(stage: Stage, step: Step, to: str, message_id: str) -> bytes:
    document, identity = stage.the_document(), stage.the_identity()
    person, author = stage.person(step), author_of(stage.session(step))
    now = stage.vendor.clock.now()
    lot_id = f"2.25.{int(stage.vendor.ids.uuid4().replace('-', ''), 16)}"
    xdm = archive(document, identity, author, xds_time(hl7_time(to_datetime(now))), lot_id)
    sender = Sender(person.mailbox, f"Dr_{person.prenom}_{person.nom}")
    return compose(document, identity, sender, to, xdm, message_id, now)


def _submit(stage: Stage, step: Step, to: str, content: bytes) -> int:
    vendor, person = stage.vendor, stage.person(step)
    host, port = vendor.smtp
    context = vendor.tls or ssl.create_default_context(cadata=vendor.authority)
    credentials = f"user={person.mailbox}\x01auth=Bearer {stage.token(step)}\x01\x01"
    try:
        with smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS) as smtp:
            smtp.starttls(context=context)
            smtp.ehlo()
            encoded = base64.b64encode(credentials.encode()).decode()
            code, text = smtp.docmd("AUTH", f"XOAUTH2 {encoded}")
            if code != 235:
                stage.say(f"Authentification refusée : {code} {text.decode('utf-8', 'replace')}")
                return code
            receipt = ["NOTIFY=SUCCESS,FAILURE"] if smtp.has_extn("dsn") else []
            smtp.sendmail(person.mailbox, [to], content, rcpt_options=receipt)
            return 250
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[to]
        stage.say(f"Destinataire refusé : {code} {text.decode('utf-8', 'replace')}")
        return code
    except smtplib.SMTPResponseException as error:
        told = error.smtp_error
        refused = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
        stage.say(f"Refusé : {error.smtp_code} {refused}")
        return error.smtp_code


def _newest(stage: Stage) -> str:
    entries = stage.vendor.control("GET", "/journal?limit=1")["entries"]
    return str(entries[0]["id"]) if entries else ""


def _since(stage: Stage, before: str) -> list[str]:
    """Journal ids of the mail exchanges that followed; ids sort by time."""
    entries = stage.vendor.control("GET", "/journal?service=mssante&limit=50")["entries"]
    return [entry["id"] for entry in reversed(entries) if entry["id"] > before]
