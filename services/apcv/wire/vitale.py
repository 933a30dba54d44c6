"""apcv.readVitale, apcv.assertion: a virtual reader, as a connector on the caisse's software shows
it, and the virtual signer of the assertion that INSi wants beside the professional's.

DEFAULT(vitale): the API Lecture's own schema is not public; element names that are known are kept,
the rest is of Socle. Nothing that a virtual card signs is worth anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from services.apcv import codes, errors
from services.apcv.domain.carte import Lecture, Lu
from services.apcv.wire import VITALE
from services.apcv.wire.cartes import Cartes
from services.kernel.clock import iso
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population.traits import has_control
from services.soap.namespaces import EXCLUSIVE, SAML, SIGNATURE

XML = "application/xml"
_DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIZES = {"V1IGEA": 20, "V1SCOT": 6, "V2": 32}
"""Bytes of a signature, by type of card."""
_NO_DATE = "00000000"


@transaction(
    "apcv.readVitale", name="Lecture de la carte Vitale", dialect=JSON, fidelity="derived",
    spec="API Lecture Vitale v6.3x, d'après ses intégrateurs ; Socle",
    routes=(f"GET {VITALE}/readVitale",),
)
async def read_vitale(exchange: Exchange) -> Answer:
    asked = dict(exchange.query)
    lecture = await Cartes(exchange.sandbox, exchange.tenant).read(asked.get("serial", ""))
    exchange.outcome_note = f"carte {lecture.carte.serial}"
    with_cps = asked.get("cps", "1") != "0"
    accepted = asked.get("format") or exchange.header("accept")
    if "xml" in accepted:
        return Answer(200, xml(lecture).encode(), f"{XML}; charset=utf-8")
    return Answer.json({"donneescv": shown(lecture, with_cps)})


@transaction(
    "apcv.assertion", name="Assertion signée par une carte Vitale virtuelle", dialect=JSON,
    spec="Assertion Vitale du kit d'exemple du GIE SESAM-Vitale (structure)",
    routes=(f"POST {VITALE}/assertion",), fidelity="derived", max_body=16 * 1024,
    consumes=("application/json",),
)
async def assertion(exchange: Exchange) -> Answer:
    content = exchange.json()
    asked = content if isinstance(content, dict) else {}
    issuer, serial = asked.get("emetteur", ""), asked.get("serial", "")
    for name, value in (("emetteur", issuer), ("serial", serial)):
        if not isinstance(value, str) or len(value) > 200 or has_control(value):
            raise errors.DONNEES_ABSENTES(at=name, expected="un texte", found=str(value)[:100])
    if not issuer:
        raise errors.DONNEES_ABSENTES(
            at="emetteur", expected="le CN du certificat du professionnel", found="(absent)"
        )
    lecture = await Cartes(exchange.sandbox, exchange.tenant).read(serial)
    tenant = exchange.tenant
    made = signed(lecture, issuer, f"_{tenant.ids.uuid4()}", iso(tenant.clock.now()))
    return Answer(200, made, "application/samlassertion+xml; charset=utf-8")


def shown(lecture: Lecture, with_cps: bool) -> dict[str, Any]:
    """As billing software receives it; without a professional's card, administrative data only."""
    carte, assure = lecture.carte, lecture.assure.patient.matricule
    return {
        "numeroSerie": carte.serial, "type": carte.type, "nature": codes.NATURES[carte.nature],
        "dateFinValidite": carte.fin_validite, "apCV": False,
        "assure": {"NIR": assure.value, "cleNIR": assure.cle, "codeRegime": carte.regime,
                   "codeCaisse": carte.caisse, "codeCentre": carte.centre},
        "lstDonneesBeneficiaire": [
            _beneficiary(one, rank, with_cps) for rank, one in enumerate(lecture.lus, 1)
        ],
    }


def xml(lecture: Lecture) -> str:
    """Close to what the API Lecture writes: `ident` and `naissance` are its names."""
    carte, assure = lecture.carte, lecture.assure.patient.matricule
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<vitale>'
        f"{_tags(('numSerie', carte.serial), ('type', carte.type))}"
        f"{_tags(('nature', codes.NATURES[carte.nature]), ('finValidite', carte.fin_validite))}"
        f"<assure>{_tags(('nir', assure.value), ('cle', assure.cle), ('regime', carte.regime))}"
        f"{_tags(('caisse', carte.caisse), ('centre', carte.centre))}</assure>"
        f"<listeBenef>{''.join(map(_benef, lecture.lus))}</listeBenef></vitale>"
    )


def signed(lecture: Lecture, issuer: str, id: str, instant: str) -> bytes:
    """The assertion, its digest right, its value one that only this sandbox could compare."""
    carte = lecture.carte
    head = (
        f'<saml:Assertion xmlns:saml="{SAML}" Version="2.0" ID="{id}" IssueInstant="{instant}">'
        f"<saml:Issuer>{escape(issuer)}</saml:Issuer>"
    )
    tail = (
        f'<saml:Subject><saml:NameID NameQualifier="VITALE">{carte.serial}</saml:NameID>'
        "</saml:Subject></saml:Assertion>"
    )
    digest = hashlib.sha256(_canonical(head + tail)).digest()
    info = (
        f'<ds:SignedInfo xmlns:ds="{SIGNATURE}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{codes.SIGNATURES[carte.type]}"/>'
        f'<ds:Reference URI="#{id}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{SIGNATURE}enveloped-signature"/>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{_DIGEST}"/>'
        f"<ds:DigestValue>{_base64(digest)}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
    made = hmac.digest(carte.serial.encode(), _canonical(info), "sha256")[:_SIZES[carte.type]]
    maker = "CleMere" if carte.type == "V2" else "NumFabricant"
    key = (
        f'<ds:KeyInfo><KeyInfo xmlns="{codes.NS_CARTE}">'
        f"{_tags(('Type', carte.type), ('Nature', codes.NATURES[carte.nature]))}"
        f"{_tags(('NumSerieLogique', carte.serial), (maker, '00'))}</KeyInfo></ds:KeyInfo>"
    )
    return (
        f'{head}<ds:Signature xmlns:ds="{SIGNATURE}">{info}'
        f"<ds:SignatureValue>{_base64(made)}</ds:SignatureValue>{key}</ds:Signature>{tail}"
    ).encode()


def _beneficiary(one: Lu, rank: int, with_cps: bool) -> dict[str, Any]:
    own, matricule = one.beneficiaire, one.patient.matricule
    said = own.nir_certifie
    made: dict[str, Any] = {
        "id": rank, "numero": rank, "qualite": own.qualite,
        "libelleQualite": codes.QUALITES.get(own.qualite, ""), "nomUsuel": one.nom_usuel,
        "nomPatronymique": one.nom_patronymique or None, "prenomUsuel": one.prenom_usuel,
        "naissance": {"date": one.date or None, "dateEnCarte": one.date_en_carte or None,
                      "rang": one.rang},
        "NIRCertifie": matricule.value if said else None,
        "cleNIRCertifie": matricule.cle if said else None,
        "dateCertificationNIR": _date(own.droits[0].debut) if said and own.droits else _NO_DATE,
    }
    if with_cps:
        made["lstPeriodeDroitsAMO"] = [
            {"dateDebut": _date(each.debut), "dateFin": _date(each.fin)} for each in own.droits
        ]
        # DEFAULT(vitale): the usual cover, 60 % without exoneration; nothing is public to vary it.
        made["lstPeriodeCodeCouverture"] = [{
            "codeALD": "0", "codeSituation": "0100", "codeExoStandard": "0", "tauxStandard": 60,
            "flagAlsaceMoselle": False,
        }]
    return made


def _benef(one: Lu) -> str:
    own, matricule = one.beneficiaire, one.patient.matricule
    dates = (("date", one.date), ("dateEnCarte", one.date_en_carte))
    certified = _tags(("nirCertifie", matricule.value), ("cleNirCertifie", matricule.cle))
    return (
        f"<benef><ident>{_tags(('nomUsuel', one.nom_usuel))}"
        f"{_tags(('nomPatronymique', one.nom_patronymique), ('prenomUsuel', one.prenom_usuel))}"
        f"<naissance>{_tags(*dates)}</naissance>{_tags(('rangDeNaissance', one.rang))}"
        f"{certified if own.nir_certifie else ''}</ident>"
        f"<amo>{_tags(('qualBenef', own.qualite))}<listePeriodesDroits>"
        f"{''.join(_periods(one))}</listePeriodesDroits></amo></benef>"
    )


def _periods(one: Lu) -> Iterator[str]:
    for each in one.beneficiaire.droits:
        yield f"<element>{_tags(('debut', _date(each.debut)), ('fin', _date(each.fin)))}</element>"


def _tags(*pairs: tuple[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in pairs if text)


def _date(iso_date: str) -> str:
    return iso_date.replace("-", "")


def _canonical(text: str) -> bytes:
    return etree.tostring(
        etree.fromstring(text), method="c14n", exclusive=True, with_comments=False
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
