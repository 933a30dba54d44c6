"""`$ins-retrieve` and `$verify-ins`: INSi is asked, with the same answer as the téléservice's."""

from __future__ import annotations

from dataclasses import replace

from ins import codes
from ins.domain.recherche import Demande, Lieu, Resultat, Traits
from ins.domain.vitale import Beneficiaire
from ins.fhir.elements import Json
from ins.rniv import errors, store
from ins.rniv.codes import Methode
from ins.rniv.domain.concordance import Ecart, compares, parfaite, traits_de
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.transitions import interrogeable, recuperer, sans_ins
from ins.rniv.fhir.guichet import Guichet, Ouverte, guichet_of, modifier, ouvrir
from ins.rniv.fhir.operation import operation, parameters, part
from ins.rniv.fhir.parametres import booleen, lire_parametres, texte
from ins.rniv.rules.actes import Doublon, matricule_unique, pas_d_appel_apres_apcv
from ins.rniv.store import Acte
from ins.rniv.wire.insi import Liaison, par_vitale, rechercher, verifie
from ins.rules.demande import identite_interrogeable
from services.fhir.resource import answer
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population.models import Matricule, Patient

_PLACE = ("POST /Patient/{id}/$ins-retrieve",)
_CARTE = ("card-nir", "card-name", "card-birthdate", "card-rank")
"""What a carte Vitale says: NIR of the right-opener, name, date as on the card, rank of birth."""


@operation("rniv.ins-retrieve", name="Récupérer l'INS ($ins-retrieve)", routes=_PLACE)
async def ins_retrieve(exchange: Exchange) -> Answer:
    """accept: absent, a perfect match is accepted (SC.INS.22); true, any; false, none. With
    card-nir: one WS_INS1, by what the card says, instead of WS_INS2."""
    given = lire_parametres(exchange, ("accept", *_CARTE))
    accept = booleen(given, "accept")
    nir, name, date, rank = (texte(given, each) for each in _CARTE)
    card = Beneficiaire("", nir[:13], name, date, rank) if nir else None
    guichet, id = guichet_of(exchange), exchange.path_params["id"]
    opened, liaison = await ouvrir(guichet, id), Liaison(exchange)
    found, ecarts, after = await recherche(liaison, guichet, opened, accept, card)
    exchange.outcome_note = f"CR {found.code} {found.libelle} : {after.identite.statut}"
    return answer(parameters(
        *_report(found), part("accepted", valueBoolean=after is not opened),
        part("statut", valueCode=after.identite.statut), *(_shown(each) for each in ecarts),
        _proposal(found), {"name": "patient", "resource": after.patient},
    ), headers=liaison.headers)


@operation("rniv.verify-ins", name="Vérifier l'INS ($verify-ins)",
           routes=("POST /Patient/{id}/$verify-ins",))
async def verify_ins(exchange: Exchange) -> Answer:
    """KO takes the matricule away: VALI, or PROV."""
    lire_parametres(exchange, ())
    guichet, id = guichet_of(exchange), exchange.path_params["id"]
    opened = await ouvrir(guichet, id)
    require_interrogeable(exchange, opened.identite)
    if opened.identite.matricule is None:
        raise errors.TRANSITION_INTERDITE(expected="RECUP ou QUAL", found=opened.identite.statut)
    liaison = Liaison(exchange)
    right = await verifie(liaison, opened.identite)
    after = opened

    def drop(current: Ouverte) -> tuple[Identite, Acte]:
        return sans_ins(current.identite), guichet.acte("verify-ins", "INSi : KO")

    if not right:
        after = await modifier(guichet, id, drop)
    exchange.outcome_note = f"INSi : {'OK' if right else 'KO'}, {after.identite.statut}"
    return answer(parameters(
        part("result", valueBoolean=right), part("statut", valueCode=after.identite.statut),
        {"name": "patient", "resource": after.patient},
    ), headers=liaison.headers)


async def recherche(
    liaison: Liaison, guichet: Guichet, opened: Ouverte, accept: bool | None,
    card: Beneficiaire | None = None,
) -> tuple[Resultat, tuple[Ecart, ...], Ouverte]:
    """Ask INSi; the report, the comparison, and the identity, changed if the answer is accepted."""
    exchange = liaison.exchange
    require_interrogeable(exchange, opened.identite)
    observe(exchange, (pas_d_appel_apres_apcv,), opened.identite)
    if card is not None:
        found = await par_vitale(liaison, card)
    else:
        found = await rechercher(liaison, opened.identite.traits)
    if found.patient is None:
        return found, (), opened
    person = found.patient
    others = await store.with_ins(exchange.sandbox.database, exchange.tenant, person.ins)
    observe(exchange, (matricule_unique,), Doublon(
        person.ins, tuple(each for each in others if each != opened.id)
    ))
    ecarts = compares(opened.identite.traits, person)
    if accept is False or (accept is None and not parfaite(ecarts)):
        return found, ecarts, opened

    def accepted(current: Ouverte) -> tuple[Identite, Acte]:
        asked = replace(current.identite, traits=opened.identite.traits)
        return accepter(guichet, asked, person, "CV" if card else "INSI"), guichet.acte(
            "ins-retrieve", f"CR {found.code} ; {'concordance' if parfaite(ecarts) else 'écarts'}"
        )

    return found, ecarts, await modifier(guichet, opened.id, accepted)


def accepter(
    guichet: Guichet, identite: Identite, person: Patient, methode: Methode
) -> Identite:
    """The identity with what INSi gave, unchanged."""
    own = person.matricule
    return recuperer(
        identite, traits_de(person, identite.traits.prenom),
        Matricule(own.value, own.cle, own.oid), person.historique, guichet.today, methode,
    )


def require_interrogeable(exchange: Exchange, identite: Identite) -> None:
    """Refuse before anything leaves. Raises APPEL_INTERDIT or IDENTITE_REMPLACEE."""
    statuts = tuple(Lieu(each, "Patient.extension") for each in identite.attributs)
    observe(exchange, (identite_interrogeable,), Demande(Traits(), statuts=statuts))
    interrogeable(identite)


def _report(found: Resultat) -> list[Json]:
    return [
        part("codeCR", valueCode=found.code), part("libelleCR", valueString=found.libelle),
        part("message", valueString=codes.MESSAGES_USAGER.get(found.code, "")),
    ]


def _shown(ecart: Ecart) -> Json:
    return {"name": "trait", "part": [each for each in (
        part("name", valueString=ecart.trait), part("local", valueString=ecart.ici),
        part("insi", valueString=ecart.insi), part("same", valueBoolean=ecart.same),
    ) if each]}


def _proposal(found: Resultat) -> Json:
    """What the user compares: the matricule, for his eyes, whatever is then decided."""
    if found.patient is None:
        return {}
    own = found.patient.matricule
    return {"name": "matricule", "valueIdentifier": {
        "system": f"urn:oid:{own.oid}", "value": own.ins
    }}
