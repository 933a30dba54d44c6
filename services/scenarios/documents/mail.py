"""The MSSanté mail that carries one CDA (Référentiel #2 Clients de messagerie, ECO.2)."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.kernel.clock import to_datetime
from services.scenarios.documents.codes import class_of
from services.scenarios.documents.pdf import sheet_pdf
from services.scenarios.documents.xdm import NAME as XDM_NAME
from services.scenarios.stage import Document, Identity

NIL = "SOCLE-DEMO"
"""The software's product reference; a real one is given on convergence.esante.gouv.fr."""
LABEL_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. title: display name, "Dr_Marie_MARTIN"."""

    address: str
    title: str


def compose(
    document: Document, identity: Identity, sender: Sender, to: str, xdm: bytes,
    message_id: str, now: int,
) -> bytes:
    """The message, CRLF, ASCII or encoded. now: µs; message_id: with its angle brackets."""
    header = document.header
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sender.title, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = subject(document, identity)
    mail["Date"] = format_datetime(to_datetime(now))
    mail["Message-ID"] = message_id
    mail["Disposition-Notification-To"] = sender.address
    mail["X-MSS-NIL"] = NIL
    mail["X-MSS-CODECDA"] = _one_line(header.code)
    mail["X-MSS-INS"] = "O" if _qualified(document) else "N"
    mail.set_content(
        f"Bonjour,\n\nVeuillez trouver ci-joint : {header.title}.\n\n"
        "Message d'un bac à sable, données fictives.\n",
        charset="utf-8", cte="quoted-printable",
    )
    mail.add_attachment(xdm, maintype="application", subtype="zip", filename=XDM_NAME)
    mail.add_attachment(
        sheet_pdf(document, identity), maintype="application", subtype="pdf",
        filename=pdf_name(document, identity),
    )
    return mail.as_bytes()


def subject(document: Document, identity: Identity) -> str:
    """ECO.2.1.3: XDM/1.0/DDM+<label> <NOM> <prénom> <JJ/MM/AAAA>."""
    traits = identity.traits
    born = "/".join(reversed(traits.date_naissance.split("-")))
    return f"XDM/1.0/DDM+{_label(document)} {traits.nom_naissance} {traits.prenom} {born}"


def pdf_name(document: Document, identity: Identity) -> str:
    """ECO.2.1.6: <AAAAMMJJ>_<label>_<NOM>_<prénom>.pdf."""
    header, traits = document.header, identity.traits
    start = header.service_events[0].low if header.service_events else header.effective_time
    parts = (start[:8], _label(document), traits.nom_naissance, traits.prenom)
    return "_".join(parts).replace("/", "-") + ".pdf"


def _label(document: Document) -> str:
    header = document.header
    label = header.code_label or class_of(header.code).label or header.title
    return _one_line(label)[:LABEL_LENGTH].strip()


def _one_line(text: str) -> str:
    """A header has one line; an attribute of a document may have several."""
    return " ".join(text.split())


def _qualified(document: Document) -> bool:
    patient = document.header.patient
    return all((
        patient.ins, patient.oid, patient.nom_naissance, patient.premier_prenom,
        patient.date_naissance, patient.sexe,
    ))


