"""Messages of the apCV service as a client writes them, and what its answers say."""

from __future__ import annotations

import uuid
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from services.apcv import codes
from tests.ins.lps import SOAP, WSA, WSSE, fault, lps, now, tree
from tests.soap.signing import PLACE, assertion, signed

__all__ = ["fault", "tree"]

AUTH, SIGN = "/apcv/wssoap/apcv/auth/1/0", "/apcv/wssoap/apcv/sign/1/0"
DOCTOR = "899900000011"
ADRIEN = "adrquatre-adrien"
ATTRIBUTES = {"identifiantFacturation": "991234567", "secteurActivite": "SA05",
              "codeSpecialite": "SM26"}
ADRESSAGE = (
    f"<wsa:To>https://socle{AUTH}</wsa:To><wsa:ReplyTo><wsa:Address>"
    "http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>"
)


class Doctor:
    """A professional's card: its certificate signs what it says. says_to_be: whom it names."""

    def __init__(self, api: httpx.Client, id_nat: str = DOCTOR, says_to_be: str = "") -> None:
        issued = api.post("/sandbox/certificates", json={
            "kind": "person", "id_nat": id_nat, "key": "ec",
        })
        issued.raise_for_status()
        self._made: dict[str, Any] = issued.json()
        self._id_nat = says_to_be or id_nat

    def says(self, minutes: float = 0, **attributes: str) -> str:
        """A signed assertion, made so many minutes from now."""
        text = assertion(
            now(minutes), self._id_nat, attributes=ATTRIBUTES | attributes, place=PLACE
        )
        return signed(
            text, self._made["certificate"], self._made["private_key"], "ecdsa-sha256"
        )


def message(
    action: str, body: str, security: str, *, context: str = "", message_id: str = "",
    more: str = "",
) -> bytes:
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:wsse="{WSSE}" '
        'xmlns:l="urn:siram:lps:ctxlps"><soap:Header>'
        f"<wsse:Security>{security}</wsse:Security>{context or lps('APC17NF23FW0')}"
        f"<wsa:Action>{action}</wsa:Action>{ADRESSAGE}"
        f"<wsa:MessageID>{message_id or f'urn:uuid:{uuid.uuid4()}'}</wsa:MessageID>{more}"
        f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()


def asked(data: str, facturation: str = "991234567", specialite: str = "35") -> str:
    """The body that reads an app; an empty part is left out."""
    parts = "".join(
        f"<a:{name}>{value}</a:{name}>" for name, value in (
            ("IdentifiantFacturation", facturation), ("CodeSpecialiteAMO", specialite)
        ) if value
    )
    donnees = f"<a:Donnees>{escape(data)}</a:Donnees>" if data else ""
    return (
        f'<a:AuthentifierUtilisateurProximiteReq xmlns:a="{codes.NS_AUTH}" version="1.0">'
        f"<a:ProfessionnelSante>{parts}</a:ProfessionnelSante>{donnees}"
        "</a:AuthentifierUtilisateurProximiteReq>"
    )


RESTORE = f'<a:RestituerContexteApCVReq xmlns:a="{codes.NS_AUTH}" version="1.0"/>'


def destroyed(identifiant: str) -> str:
    return (
        f'<a:DetruireContexteApCVReq xmlns:a="{codes.NS_AUTH}" version="1.0"><a:ContexteApCV>'
        f"<a:Identifiant>{identifiant}</a:Identifiant></a:ContexteApCV></a:DetruireContexteApCVReq>"
    )


def code(api: httpx.Client, patient: str = ADRIEN, **query: str) -> str:
    """What the app of a patient shows."""
    answer = api.get(f"/sandbox/apcv/{patient}/code", params=query)
    answer.raise_for_status()
    return answer.text


def send(api: httpx.Client, content: bytes, address: str = AUTH, **headers: str
         ) -> httpx.Response:
    return api.post(address, content=content, headers={
        "Content-Type": "application/soap+xml; charset=utf-8", **headers,
    })


def read(api: httpx.Client, doctor: Doctor, data: str, **others: str) -> httpx.Response:
    return send(api, message(codes.ACTION_AUTHENTIFIER, asked(data), doctor.says(), **others))


def restore(api: httpx.Client, doctor: Doctor, **others: str) -> httpx.Response:
    return send(api, message(codes.ACTION_RESTITUER, RESTORE, doctor.says(), **others))


def destroy(api: httpx.Client, doctor: Doctor, id: str) -> httpx.Response:
    return send(api, message(codes.ACTION_DETRUIRE, destroyed(id), doctor.says()))


def content(answer: httpx.Response) -> etree._Element:
    """The root of the answer, and its header checked."""
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    header, body = etree.fromstring(answer.content)
    assert header.tag == f"{{{SOAP}}}Header"
    return body[0]


def statut(answer: httpx.Response) -> str:
    """CodeStatut, or the code of the fault."""
    if answer.status_code == 500:
        return fault(answer)["code"]
    assert answer.status_code == 200
    return content(answer).findtext("{*}CodeStatut") or ""


def context_id(answer: httpx.Response) -> str:
    assert statut(answer) == "0"
    return content(answer).findtext("{*}ContexteApCV/{*}Identifiant") or ""
