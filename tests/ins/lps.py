"""Messages of the téléservice as a client writes them, and what its answers say."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from lxml import etree

from ins import codes

LPS = "/ins/lps"
SOAP, WSA = "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
MEDIA = "application/soap+xml"
ZOE = ("ADRUN", "ZOE", "F", "1975-12-31", "")
EMITTER = "10B0152872"


@dataclass
class Parts:
    """What goes into an envelope; each can be replaced."""

    action: str = codes.ACTION_TRAITS
    body: str = ""
    message_id: str = ""
    lps: str = ""
    bam: str = ""
    security: str = ""
    more: str = ""

    def xml(self) -> bytes:
        message_id = self.message_id or f"uuid:{uuid.uuid4()}"
        return (
            f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:b="{codes.NS_BAM}" '
            f'xmlns:l="{codes.NS_LPS}" xmlns:wsse="{WSSE}"><soap:Header>{self.security}'
            f"{self.bam or bam()}{self.lps or lps()}"
            f"<wsa:Action>{self.action}</wsa:Action>"
            f"<wsa:MessageID>{message_id}</wsa:MessageID>{self.more}</soap:Header>"
            f"<soap:Body>{self.body}</soap:Body></soap:Envelope>"
        ).encode()


def now(minutes: float = 0) -> str:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bam(emitter: str = EMITTER, id: str = "", temps: str = "") -> str:
    return (
        f'<b:ContexteBAM Version="01_02"><b:Id>{id or uuid.uuid4()}</b:Id>'
        f"<b:Temps>{temps or now()}</b:Temps><b:Emetteur>{emitter}</b:Emetteur><b:COUVERTURE/>"
        "</b:ContexteBAM>"
    )


def lps(idam: str = "LSN17NF23FW0", emitter: str = EMITTER, id: str = "") -> str:
    return (
        f'<l:ContexteLPS Nature="CTXLPS" Version="01_00"><l:Id>{id or uuid.uuid4()}</l:Id>'
        f"<l:Temps>{now()}</l:Temps><l:Emetteur>{emitter}</l:Emetteur><l:LPS>"
        f'<l:IDAM R="4">{idam}</l:IDAM><l:Version>1.0</l:Version>'
        "<l:Instance>b3549edd-4ae9-472a-b26f-fd2fb4ef397f</l:Instance>"
        "<l:Nom>urn:lps:ESSAI:1.0</l:Nom></l:LPS></l:ContexteLPS>"
    )


def traits(
    nom: str, prenom: str | tuple[str, ...], sexe: str, date: str, lieu: str = ""
) -> str:
    """RECSANSVITALE; an empty trait is left out."""
    names = (prenom,) if isinstance(prenom, str) else prenom
    elements = [("NomNaissance", nom), *(("Prenom", each) for each in names), ("Sexe", sexe),
                ("DateNaissance", date), ("LieuNaissance", lieu)]
    inner = "".join(
        f"<i:{name}>{value}</i:{name}>" for name, value in elements if value
    )
    return f'<i:RECSANSVITALE xmlns:i="{codes.NS_TRAITS}">{inner}</i:RECSANSVITALE>'


def vitale(**parts: str) -> str:
    """RECVITALE, in the order of its schema."""
    def number(name: str) -> str:
        value = parts.get(name, "")
        inner = f"<v:NumIdentifiant>{value}</v:NumIdentifiant>" if value else ""
        return f"<v:{name}>{inner}</v:{name}>" if value else ""

    plain = "".join(
        f"<v:{name}>{parts[name]}</v:{name}>"
        for name in ("NomNaissance", "DateNaissance", "RangNaissance") if name in parts
    )
    return (
        f'<v:RECVITALE xmlns:v="{codes.NS_VITALE}">{number("MatriculeIndividu")}'
        f'{number("MatriculeOD")}{plain}</v:RECVITALE>'
    )


def individu(ins: str, oid: str, *traits: str, liste: str = "") -> str:
    """IndividuVerifie; ins: 15 characters."""
    names = ("NomNaissance", "Prenom", "Sexe", "DateNaissance", "LieuNaissance")
    given = dict(zip(names, traits, strict=False))
    if liste:
        given = {"NomNaissance": given.pop("NomNaissance", ""),
                 "Prenom": given.pop("Prenom", ""), "ListePrenom": liste, **given}
    inner = "".join(f"<u:{name}>{value}</u:{name}>" for name, value in given.items() if value)
    return (
        f'<u:IndividuVerifie xmlns:u="{codes.NS_VERIFIER}"><u:INSFourni><u:IdIndividu>'
        f"<u:NumIdentifiant>{ins[:13]}</u:NumIdentifiant><u:Cle>{ins[13:]}</u:Cle>"
        f"</u:IdIndividu><u:OID>{oid}</u:OID></u:INSFourni><u:TraitsIdentiteIndividu>{inner}"
        "</u:TraitsIdentiteIndividu></u:IndividuVerifie>"
    )


def verification(one: str) -> Parts:
    body = f'<u:REQUETE xmlns:u="{codes.NS_VERIFIER}">{one}</u:REQUETE>'
    return Parts(codes.ACTION_VERIFIER, body)


def send(api: httpx.Client, parts: Parts | bytes, **headers: str) -> httpx.Response:
    content = parts.xml() if isinstance(parts, Parts) else parts
    return api.post(LPS, content=content, headers={
        "Content-Type": f"{MEDIA}; charset=utf-8", **headers,
    })


def search(api: httpx.Client, *wanted: Any) -> httpx.Response:
    return send(api, Parts(body=traits(*wanted)))


def tree(answer: httpx.Response) -> etree._Element:
    """The root of the body's content, once the envelope is right."""
    assert answer.headers["content-type"] == f"{MEDIA}; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.tag == f"{{{SOAP}}}Envelope"
    (body,) = root
    assert body.tag == f"{{{SOAP}}}Body"
    (content,) = body
    return content


def report(answer: httpx.Response) -> str:
    """The code of the report, or of the fault."""
    content = tree(answer)
    if content.tag == f"{{{SOAP}}}Fault":
        return fault(answer)["code"]
    assert answer.status_code == 200
    code = content.find("{*}CR/{*}CodeCR")
    assert code is not None
    return code.text or ""


def fault(answer: httpx.Response) -> dict[str, str]:
    """What a fault says: value, subcode, reason, lang, code, severite, messageID, text."""
    content = tree(answer)
    assert content.tag == f"{{{SOAP}}}Fault"
    ns = {"s": SOAP, "e": codes.NS_ERREUR}
    reason = content.find("s:Reason/s:Text", ns)
    error = content.find("s:Detail/e:Erreur", ns)
    assert reason is not None
    assert error is not None
    return {
        "value": content.findtext("s:Code/s:Value", "", ns),
        "subcode": content.findtext("s:Code/s:Subcode/s:Value", "", ns),
        "reason": reason.text or "",
        "lang": reason.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
        **{name: str(value) for name, value in error.attrib.items()}, "text": error.text or "",
    }
