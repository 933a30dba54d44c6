"""read_mailbox: the mail has arrived in the organisation's mailbox, with the document inside."""

from __future__ import annotations

import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as DEFAULT
from hashlib import sha256
from urllib.parse import quote

from services.kernel.typography import count
from services.scenarios.definition import Step
from services.scenarios.documents import xdm
from services.scenarios.stage import Facts, NotOnStage, Stage


def read_mailbox(stage: Stage, step: Step) -> Facts:
    """Facts: recu, sujet, sha256 (of the CDA in the archive)."""
    address = stage.person(step).organisation_mailbox
    if not address:
        raise NotOnStage("pas de boîte aux lettres organisationnelle")
    listed = stage.vendor.control("GET", f"/mailboxes/{quote(address)}/messages")["messages"]
    found = next((m for m in listed if m["message_id"] == stage.message_id), None)
    if found is None:
        stage.say(f"{address} : {count(len(listed), 'message')}, pas celui-ci.")
        return {"recu": False}
    raw = stage.vendor.raw(f"/mailboxes/{quote(address)}/messages/{found['id']}/raw")
    mail = message_from_bytes(raw, policy=DEFAULT)
    names = [part.get_filename() or "" for part in mail.iter_attachments()]
    stage.say(f"{address} : « {mail['Subject']} », pièces jointes : {', '.join(names)}.")
    return {"recu": True, "nil": str(mail["X-MSS-NIL"]), "sha256": _cda_digest(mail)}


def _cda_digest(mail: EmailMessage) -> str:
    """SHA-256 of the CDA in the attached archive, "" without one."""
    for part in mail.iter_attachments():
        if part.get_filename() == xdm.NAME:
            with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
                return sha256(archive.read(f"{xdm.FOLDER}/{xdm.CDA}")).hexdigest()
    return ""
