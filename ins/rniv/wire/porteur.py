"""Whose matricule a message carries, as INSi knows it: for the journal, a message is believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ins.domain.recherche import Demande, Lieu, Traits
from ins.domain.verification import IndividuVerifie, ecarts
from ins.rniv.rules.pam import ins_de_la_personne
from ins.rniv.wire.pid import Recu
from ins.rules.demande import aucune_donnee_reelle
from services.kernel.exchange import Exchange
from services.kernel.rules import Mismatch, observe
from services.population import people
from services.population.matricule import looks_real
from services.population.models import Patient
from services.population.traits import translittere

_INS: Final = "PID^1^3"
_PLACES: Final = {
    "nom_naissance": "PID^1^5^1^1", "prenoms": "PID^1^5^1^3", "date_naissance": "PID^1^7",
    "sexe": "PID^1^8", "lieu_naissance": "PID^1^11",
}


async def signaler(exchange: Exchange, read: Recu) -> None:
    """Observe the matricule of a message: whether its traits' owner has it, or nobody here."""
    if read.ins is None:
        return
    known = await people(exchange.sandbox.database, exchange.tenant).patient_by_ins(read.ins.value)
    if known is not None:
        observe(exchange, (ins_de_la_personne,), tuple(_differences(read, known)))
    elif looks_real(read.ins.value, read.ins.cle, read.ins.oid):
        unknown = (Lieu(read.ins.ins, _INS),)
        observe(exchange, (aucune_donnee_reelle,), Demande(Traits(), matricules_inconnus=unknown))


def _differences(read: Recu, known: Patient) -> Iterator[Mismatch]:
    """Of the traits alone: keys, authorities and capitals have rules of their own."""
    own, active = read.traits, known.matricule
    listed = translittere(own.prenoms)
    asked = IndividuVerifie(active.value, active.cle, active.oid, Traits(
        translittere(own.nom_naissance), (translittere(own.prenom),), own.sexe, own.date_naissance,
        own.lieu_naissance,
    ), listed)
    for each in ecarts(asked, known):
        yield Mismatch(_PLACES[each.trait], each.attendu, each.trouve)
