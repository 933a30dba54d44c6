"""Answers of a vendor's own, to be given back as they are: the CNDA's files above all.

The editors' environment has vendors put such files into their own product; here the téléservice
answers them.
"""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from ins import codes
from ins.domain.fichier import Fichier
from ins.domain.recherche import commence_par
from services.population.matricule import is_well_formed
from services.population.models import Matricule, Patient
from services.population.traits import LONGUEUR_MAXIMALE
from services.soap import errors
from services.soap.envelope import parsed, read_envelope
from services.soap.namespaces import ENVELOPE

LARGEST: Final = 256 * 1024
"""Bytes of a file: the published ones have two thousand."""
MOST_FORMER: Final = 100
LONG: Final = 300
_BODY, _FAULT = f"{{{ENVELOPE}}}Body", f"{{{ENVELOPE}}}Fault"
_RESULTAT: Final = f"{{{codes.NS_RESULTAT}}}RESULTAT"
_DECLARATION: Final = re.compile(rb"^(\xef\xbb\xbf)?\s*(<\?xml\b[^>]*\?>)?")
_RELATES_TO: Final = re.compile(rb"(<(?:[\w.-]+:)?RelatesTo(?:\s[^>]*)?(?<!/)>)[^<]*(?=</)")
_MESSAGE_ID: Final = re.compile(rb"(\smessageID\s*=\s*)(?:\"[^\"]*\"|'[^']*')")
_REPORT: Final = re.compile(r"\d{2}", re.ASCII)
_ERROR: Final = re.compile(r"[\w.-]{1,40}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY: Final = re.compile(r"|\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_COG: Final = re.compile(r"|[0-9AB]{5}", re.ASCII)


def lire(given: bytes) -> tuple[bytes, Fichier]:
    """The envelope to give back, and what it says. An envelope stays as it is; a Body, a RESULTAT
    or a Fault alone gets one around it.

    Raises UNREADABLE, TOO_LARGE or VERSION_MISMATCH.
    """
    root = parsed(given)
    encoding = str(root.getroottree().docinfo.encoding or "UTF-8").upper()
    if b"\0" in given or encoding not in ("UTF-8", "US-ASCII", "ASCII"):
        # The answer says charset=utf-8, as the téléservice's do.
        raise errors.UNREADABLE("Ce codage n'est pas admis.", expected="UTF-8", found=encoding)
    bare = root.tag in (_BODY, _FAULT) or etree.QName(root).localname == "RESULTAT"
    content = _enveloped(given, in_body=root.tag != _BODY) if bare else given
    return content, _said(read_envelope(content).payload)


def adapted(content: bytes, message_id: str) -> bytes:
    """The envelope as an answer to that message: what RelatesTo and the siram:Erreur of a fault
    name, where there are such; nothing else changes."""
    if not message_id:
        return content
    text, attribute = escape(message_id).encode(), quoteattr(message_id).encode()
    content = _RELATES_TO.sub(lambda found: found[1] + text, content)
    return _MESSAGE_ID.sub(lambda found: found[1] + attribute, content)


def _enveloped(given: bytes, *, in_body: bool) -> bytes:
    content = _DECLARATION.sub(b"", given, count=1)
    if in_body:
        content = b"<soap:Body>%b</soap:Body>" % content
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="%b">%b'
        b"</soap:Envelope>" % (ENVELOPE.encode(), content)
    )


def _said(payload: etree._Element) -> Fichier:
    if payload.tag == _FAULT:
        error = payload.find(f"{{*}}Detail/{{{codes.NS_ERREUR}}}Erreur")
        code = str(error.get("code", "")) if error is not None else ""
        text = (error.text if error is not None else "") or payload.findtext("{*}Reason/{*}Text")
        return Fichier(
            code if _ERROR.fullmatch(code) else "", (text or "").strip()[:LONG], faute=True
        )
    code = _text(payload, "CR/CodeCR") if payload.tag == _RESULTAT else ""
    if not _REPORT.fullmatch(code):
        return Fichier()
    patient = _patient(payload) if code == codes.CR_OK else None
    if code == codes.CR_OK and patient is None:
        return Fichier()
    return Fichier(code, _text(payload, "CR/LibelleCR")[:LONG], patient=patient)


def _patient(resultat: etree._Element) -> Patient | None:
    """Whom a report tells of; None when an element that FHIR needs is not there, or has not its
    form. Elements are read by name: published files do not all have their order."""
    individu = resultat.find("{*}INDIVIDU")
    if individu is None:
        return None
    matricule = _matricule(individu.find("{*}INSACTIF"))
    former = [_matricule(each) for each in individu.iterfind("{*}INSHISTO")]
    nom, sexe, date, lieu = (_text(individu, f"TIQ/{name}") for name in (
        "NomNaissance", "Sexe", "DateNaissance", "LieuNaissance"
    ))
    prenoms = _prenoms(_text(individu, "TIQ/Prenom"), _text(individu, "TIQ/ListePrenom"))
    right = nom and prenoms and _DATE.fullmatch(date) and _COG.fullmatch(lieu)
    short = max(len(nom), len(" ".join(prenoms))) <= LONGUEUR_MAXIMALE
    if matricule is None or not right or not short or len(former) > MOST_FORMER:
        return None
    known = tuple([each for each in former if each is not None])
    match sexe:
        case "M" | "F":
            return Patient("", matricule, nom, prenoms, sexe, date, lieu, known)
    return None


def _matricule(ins: etree._Element | None) -> Matricule | None:
    if ins is None:
        return None
    made = Matricule(
        _text(ins, "IdIndividu/NumIdentifiant"), _text(ins, "IdIndividu/Cle"), _text(ins, "OID"),
        *(day if _DAY.fullmatch(day) else "" for day in (_text(ins, "DateDeb"),
                                                         _text(ins, "DateFin"))),
    )
    key = _REPORT.fullmatch(made.cle) or not made.cle
    known = made.oid in codes.TYPES_MATRICULE and is_well_formed(made.value)
    return made if known and key else None


def _prenoms(prenom: str, liste: str) -> tuple[str, ...]:
    """The given names, the first as the file tells it."""
    if prenom and commence_par(liste, prenom):
        return (prenom, *liste[len(prenom):].split())
    return tuple(liste.split()) or ((prenom,) if prenom else ())


def _text(node: etree._Element, path: str) -> str:
    return (node.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "").strip()
