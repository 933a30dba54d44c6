"""Answers of the téléservice, written as live ones are, or as the CNDA's files."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from ins import codes
from ins.domain.recherche import Resultat
from ins.domain.reglages import MODELES, Forme, Modele
from services.kernel.exchange import Answer
from services.population import Matricule, Patient
from services.soap.faults import CONTENT_TYPE
from services.soap.namespaces import ENVELOPE

_REAL = Modele("")


def resultat(found: Resultat, forme: Forme) -> Answer:
    """RESULTAT of a search. An injected one has the form of the file that it stands for, or is the
    tenant's own."""
    if found.brut:
        return Answer(200, found.brut, CONTENT_TYPE, fidelity="default")
    modele = MODELES.get(found.injected, _REAL)
    individu = "" if found.patient is None else _individu(found.patient, modele)
    report = cr(found.code, found.libelle)
    if found.injected:
        forme = "fichier"
    return answer(_element("RESULTAT", report + individu), codes.NS_RESULTAT, forme)


def answer(content: str, namespace: str, forme: Forme) -> Answer:
    """The envelope around a root element written without prefix; no header, as live.

    QUIRK(INSi, live answers): `soap:Envelope` and `env:Body`, unused namespaces declared. Files of
    the CNDA: `S:Body`; ours put a prefix on the result too, for clients that read by expression.
    """
    if forme == "fichier":
        body = "S"
        declared = f'xmlns:S="{ENVELOPE}"'
        root = content.replace("</", "\0").replace("<", "<ns2:").replace("\0", "</ns2:")
        names = f'xmlns:ns3="{codes.NS_VITALE}" xmlns:ns2="{namespace}"'
    else:
        body, root = "env", content
        declared = f'xmlns:S="{ENVELOPE}" xmlns:env="{ENVELOPE}"'
        names = f'xmlns="{namespace}" xmlns:ns0="{codes.NS_VITALE}" xmlns:ns1="{codes.NS_TRAITS}"'
    start, _, rest = root.partition(">")
    return Answer(200, (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{ENVELOPE}">'
        f"<{body}:Body {declared}>{start} {names}>{rest}</{body}:Body></soap:Envelope>"
    ).encode(), CONTENT_TYPE)


def cr(code: str, label: str) -> str:
    """The report element."""
    return _element("CR", element("CodeCR", code) + element("LibelleCR", label))


def element(name: str, text: str) -> str:
    """One element that holds text; nothing for none."""
    if not text:
        return ""
    # Traits are letters, digits and hyphens: hardly ever anything to escape.
    plain = text if text.isalnum() else escape(text)
    return f"<{name}>{plain}</{name}>"


def root(name: str, parts: Iterable[str]) -> str:
    """An element that holds others."""
    return _element(name, "".join(parts))


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _individu(patient: Patient, modele: Modele) -> str:
    former = "".join([
        _element("INSHISTO", _historique(each, modele)) for each in patient.historique
    ])
    return (
        f"<INDIVIDU><INSACTIF>{_ins(patient.matricule)}</INSACTIF>{former}"
        f"<TIQ>{element('NomNaissance', patient.nom_naissance)}"
        f"{element('Prenom', patient.prenoms[0]) if modele.with_prenom else ''}"
        f"{element('ListePrenom', patient.liste_prenoms)}{element('Sexe', patient.sexe)}"
        f"{element('DateNaissance', patient.date_naissance)}"
        f"{element('LieuNaissance', patient.lieu_naissance)}</TIQ></INDIVIDU>"
    )


def _ins(matricule: Matricule, kind: str = "") -> str:
    return (
        f"<IdIndividu>{element('NumIdentifiant', matricule.value)}"
        f"{element('Cle', matricule.cle)}{element('TypeMatricule', kind)}</IdIndividu>"
        f"{element('OID', matricule.oid)}"
    )


def _historique(matricule: Matricule, modele: Modele) -> str:
    number = _ins(matricule, "NIR" if modele.code else "")
    dates = element("DateDeb", matricule.date_debut) + element("DateFin", matricule.date_fin)
    return dates + number if modele.dates_first else number + dates
