"""Messages of INSi as a software sends them: those of the identity store, and what a call of the
FHIR façade is by SOAP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ins import codes
from ins.domain.recherche import Traits
from ins.domain.verification import IndividuVerifie
from ins.domain.vitale import Beneficiaire
from ins.wire.reponse import element, root
from services.kernel.clock import iso
from services.kernel.tenants import Tenant
from services.population.matricule import is_well_formed, key_of
from services.soap.faults import legal
from services.soap.namespaces import ADDRESSING, ENVELOPE

EN_TETE = "X-Sandbox-INSi-MessageID"
"""Header of an answer: the wsa:MessageID of its call by SOAP; several, with commas."""
IDAM = "SOC26NF00INS"
"""Authorisation number of the store and of the façade: of no software."""
LOGICIEL = "urn:lps:SOCLE:1.0"
INSTANCE = "b7d0f4de-5f3c-4b7e-9a51-2f0c6f3a1d26"
PERSONNE = "10B0000000"
"""Emetteur when nobody is known to call."""


@dataclass(frozen=True, slots=True)
class Demande:
    """What one operation is asked. contenu: the root element of the body; couverture: what the
    context says of the insured person, XML."""

    action: str
    contenu: str
    couverture: str = ""


def message_id_of(exchange_id: str) -> str:
    """An exchange's own number, as INSi writes it."""
    return f"uuid:{exchange_id}"


def message(tenant: Tenant, demande: Demande, message_id: str, emetteur: str) -> str:
    """The envelope, with new contexts. emetteur: id_nat, or ""."""
    temps, ids = iso(tenant.clock.now()), tenant.ids
    common = element("Temps", temps) + element("Emetteur", emetteur or PERSONNE)
    bam = (
        f'<ContexteBAM xmlns="{codes.NS_BAM}" Version="01_02">{element("Id", ids.uuid4())}{common}'
        f"{root('COUVERTURE', (demande.couverture,))}</ContexteBAM>"
    )
    lps = root("LPS", (
        f'<IDAM R="4">{IDAM}</IDAM>', element("Version", "1.0"), element("Instance", INSTANCE),
        element("Nom", LOGICIEL),
    ))
    return legal(
        f'<soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:wsa="{ADDRESSING}"><soap:Header>{bam}'
        f'<ContexteLPS xmlns="{codes.NS_LPS}" Nature="CTXLPS" Version="01_00">'
        f"{element('Id', ids.uuid4())}{common}{lps}</ContexteLPS>"
        f"{element('wsa:Action', demande.action)}{element('wsa:MessageID', message_id)}"
        f"</soap:Header><soap:Body>{demande.contenu}</soap:Body></soap:Envelope>"
    )


def par_traits(traits: Traits) -> Demande:
    """WS_INS2."""
    return Demande(codes.ACTION_TRAITS, _named(
        "RECSANSVITALE", codes.NS_TRAITS, _traits(traits)
    ))


def par_carte(asked: Beneficiaire) -> Demande:
    """WS_INS1. The context names the right-opener, as the card does."""
    own = asked.matricule_od
    number = element("Num", own) + (element("Cle", key_of(own)) if is_well_formed(own) else "")
    return Demande(codes.ACTION_VITALE, _named("RECVITALE", codes.NS_VITALE, (
        root("MatriculeOD", (element("NumIdentifiant", own),)),
        element("NomNaissance", asked.nom_naissance),
        element("DateNaissance", asked.date_naissance), element("RangNaissance", asked.rang),
    )), root("ASSURE", (root("Id", (number,)),)))


def verification(asked: IndividuVerifie) -> Demande:
    """WS_INS3."""
    return Demande(codes.ACTION_VERIFIER, _named(
        "REQUETE", codes.NS_VERIFIER, (root("IndividuVerifie", _individu(asked)),)
    ))


def depot(several: Iterable[IndividuVerifie]) -> Demande:
    """WS_INS4."""
    return Demande(codes.ACTION_DEPOSER, _named("DEPOT", codes.NS_LOT, [
        _named("IndividuVerifie", codes.NS_VERIFIER, _individu(each)) for each in several
    ]))


def retrait(lot: str) -> Demande:
    """WS_INS5."""
    return Demande(codes.ACTION_RECUPERER, _named(
        "DEMANDE", codes.NS_LOT, (element("IdLot", lot),)
    ))


def _named(name: str, namespace: str, parts: Iterable[str]) -> str:
    return f'<{name} xmlns="{namespace}">{"".join(parts)}</{name}>'


def _individu(asked: IndividuVerifie) -> tuple[str, ...]:
    number = root("IdIndividu", (
        element("NumIdentifiant", asked.matricule), element("Cle", asked.cle),
    ))
    return (
        root("INSFourni", (number, element("OID", asked.oid))),
        root("TraitsIdentiteIndividu", _traits(asked.traits, asked.liste_prenoms)),
    )


def _traits(traits: Traits, liste: str = "") -> tuple[str, ...]:
    return (
        element("NomNaissance", traits.nom_naissance),
        *(element("Prenom", each) for each in traits.prenoms), element("ListePrenom", liste),
        element("Sexe", traits.sexe), element("DateNaissance", traits.date_naissance),
        element("LieuNaissance", traits.lieu_naissance),
    )
