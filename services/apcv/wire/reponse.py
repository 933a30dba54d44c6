"""Answers of the apCV service, in the element names of the public exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from services.apcv import codes
from services.apcv.domain.carte import Lecture, Lu
from services.apcv.domain.contexte import Contexte
from services.kernel.clock import iso
from services.kernel.exchange import Answer, Exchange
from services.population import Matricule, Patient
from services.soap.faults import CONTENT_TYPE, legal
from services.soap.namespaces import ADDRESSING, ENVELOPE

VERSION = "1.0"
NAMES: Mapping[str, tuple[str, str]] = {
    codes.ACTION_AUTHENTIFIER: (codes.NS_AUTH, "AuthentifierUtilisateurProximiteRep"),
    codes.ACTION_RESTITUER: (codes.NS_AUTH, "RestituerContexteApCVRep"),
    codes.ACTION_DETRUIRE: (codes.NS_AUTH, "DetruireContexteApCVRep"),
    codes.ACTION_SIGNER: (codes.NS_SIGN, "SignerVitaleRep"),
}
"""Action → namespace and root of its answer. DEFAULT(apcv): only the first root is public."""


def answered(
    exchange: Exchange, message_id: str, content: str = "", statut: str = codes.VALIDE
) -> Answer:
    """The answer of the exchange's operation to the message of that id. content: XML, after its
    CodeStatut."""
    tenant, transaction = exchange.tenant, exchange.transaction
    action = transaction.action if transaction is not None else ""
    namespace, root = NAMES[action]
    made = (
        f'<{root} xmlns="{namespace}" version="{VERSION}" '
        f'horodatage="{iso(tenant.clock.now())}" ID="_{tenant.ids.uuid4()}">'
        f"<CodeStatut>{statut}</CodeStatut>{content}</{root}>"
    )
    return Answer(200, _enveloped(made, action, message_id), CONTENT_TYPE)


def profile(contexte: Contexte, lecture: Lecture, with_ins: bool) -> str:
    """ContexteApCV and ProfilApCV; with_ins: of dependants too."""
    carte = lecture.carte
    return (
        "<ContexteApCV>" + _tags(
            ("DateFinValidite", iso(contexte.until)), ("Identifiant", contexte.id),
            ("TokenApCV", contexte.id),
        ) + "</ContexteApCV><ProfilApCV>"
        f'<Identification numSerie="{lecture.numero_appli}" type="{codes.PROFILS[carte.nature]}"/>'
        f"<Utilisateur>{_identity(lecture.user.patient)}{_amo(lecture, lecture.user)}"
        "</Utilisateur>" + "".join(
            f"<Individu>{_identity(each.patient) if with_ins else ''}{_amo(lecture, each)}"
            "</Individu>" for each in lecture.others
        ) + "</ProfilApCV>"
    )


def _enveloped(content: str, action: str, message_id: str) -> bytes:
    """The envelope: the request's MessageID comes back as the answer's own, as in the log.

    DEFAULT(apcv): the action of an answer is not public; ours is that of INSi's pattern.
    """
    said = escape(legal(message_id))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{ENVELOPE}" '
        f'xmlns:wsa="{ADDRESSING}"><soap:Header><wsa:Action>{action}Response</wsa:Action>'
        f"<wsa:MessageID>{said}</wsa:MessageID><wsa:RelatesTo>{said}</wsa:RelatesTo></soap:Header>"
        f"<soap:Body>{content}</soap:Body></soap:Envelope>"
    ).encode()


def _identity(patient: Patient) -> str:
    return (
        f"<IdentitePatient>{_ins(patient.matricule)}<TIQ>" + _tags(
            ("NomNaissance", patient.nom_naissance), ("Prenom", patient.prenoms[0]),
            ("ListePrenom", patient.liste_prenoms), ("Sexe", patient.sexe),
            ("DateNaissance", patient.date_naissance), ("LieuNaissance", patient.lieu_naissance),
        ) + "</TIQ></IdentitePatient>"
    )


def _ins(matricule: Matricule) -> str:
    return "<INSACTIF><IdIndividu>" + _tags(
        ("NumIdentifiant", matricule.value), ("Cle", matricule.cle),
    ) + "</IdIndividu>" + _tags(
        ("OID", matricule.oid), ("DateDeb", matricule.date_debut), ("DateFin", matricule.date_fin),
    ) + "</INSACTIF>"


def _amo(lecture: Lecture, one: Lu) -> str:
    carte, own = lecture.carte, one.beneficiaire
    certified, insured = one.patient.matricule, lecture.assure.patient.matricule
    names = _tags(
        ("NomFamille", own.nom_patronymique or one.patient.nom_naissance),
        ("NomUsage", own.nom_usuel or one.patient.nom_utilise), ("Prenom", one.prenom_usuel),
        ("Qualite", own.qualite),
    )
    number = _attributed(
        "NIRCertifie", certified.value, (("cle", certified.cle),)
    ) if own.nir_certifie else ""
    return (
        f"<CarteVitaleIndividu><IdentiteAMO>{names}"
        + _attributed("DateNaissance", one.patient.date_naissance, (("rang", one.rang),)) + number
        + "<ContratAMO>" + _attributed("NIRAssure", insured.value, (("cle", insured.cle),))
        + _attributed("OrganismeAMO", "", (
            ("codeRegime", carte.regime), ("codeCaisse", carte.caisse),
            ("codeCentre", carte.centre),
        )) + "</ContratAMO></IdentiteAMO></CarteVitaleIndividu>"
    )


def _attributed(name: str, text: str, attributes: Iterable[tuple[str, str]]) -> str:
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes)
    return f"<{name}{said}>{escape(text)}</{name}>" if text else f"<{name}{said}/>"


def _tags(*pairs: tuple[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in pairs if text)
