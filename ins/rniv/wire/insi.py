"""Calls of INSi that the store makes, as a vendor's software would: each is in the journal.

They do not leave the process: the téléservice's own domain answers, with its modes, injections and
faults, and the journal keeps the message that a vendor's software would have sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ins import codes, errors
from ins.domain.recherche import Demande, Fourni, Resultat, Traits
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie
from ins.domain.vitale import Beneficiaire
from ins.rniv.domain.identite import Identite, TraitsStricts
from ins.rules import carte as rules_carte
from ins.rules import demande as rules_demande
from ins.rules import lexique as rules_lexique
from ins.store import noted, require_available
from ins.wire import envoi, reponse
from ins.wire.faults import TLSI
from ins.wire.injections import lisible, par_carte, par_traits
from ins.wire.lecture import places
from ins.wire.ws_ins1 import rechercher_par_carte
from ins.wire.ws_ins2 import rechercher_par_traits
from ins.wire.ws_ins3 import judged, verifier
from services.kernel.clock import real_now
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.journal import Entry, outcome_of
from services.kernel.rules import observe, rules_of
from services.kernel.staging import Dropped, is_staged, strike
from services.kernel.transactions import Transaction
from services.population.traits import LONGUEUR_MAXIMALE

T = TypeVar("T")
PEER = "référentiel local"
_TOLERATED, _REFUSED = rules_of(rules_demande), rules_of(rules_lexique)
_CARTE = rules_of(rules_carte)
_PLACES = ("nom_naissance", "prenoms", "sexe", "date_naissance", "lieu_naissance", "candidats")
_INDIVIDU = "/Envelope/Body/REQUETE/IndividuVerifie"
_VERIFIES = places(f"{_INDIVIDU}/TraitsIdentiteIndividu")


@dataclass(slots=True)
class Liaison:
    """Calls of INSi during one exchange. messages: the MessageID of each, in order."""

    exchange: Exchange
    messages: list[str] = field(default_factory=list)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the answer says of them."""
        return ((envoi.EN_TETE, ", ".join(self.messages)),) if self.messages else ()


async def rechercher(liaison: Liaison, traits: TraitsStricts) -> Resultat:
    """WS_INS2, as the CNDA and Ségur want the calls made.

    Each given name alone, then all of them, until 00; the birth place is sent after 02 only.
    """
    found = Resultat(codes.CR_AUCUNE)
    for prenom in _prenoms(traits):
        found = await _par_traits(liaison, traits, prenom, "")
        if found.code == codes.CR_PLUSIEURS and traits.lieu_naissance:
            found = await _par_traits(liaison, traits, prenom, traits.lieu_naissance)
        if found.code != codes.CR_AUCUNE:
            return found
    return found


async def par_vitale(liaison: Liaison, asked: Beneficiaire) -> Resultat:
    """WS_INS1, once."""

    async def ask(exchange: Exchange) -> Resultat:
        observe(exchange, _CARTE, asked)
        return await par_carte(exchange, asked)

    return lisible(
        await _call(liaison, rechercher_par_carte, envoi.par_carte(asked), ask, _report)
    )


async def verifie(liaison: Liaison, identite: Identite) -> bool:
    """WS_INS3: whether the matricule and the traits are still one person's."""
    own, traits = identite.matricule, identite.traits
    assert own is not None  # noqa: S101  (asked of identities that have one)
    asked = IndividuVerifie(
        own.value, own.cle, own.oid,
        Traits(traits.nom_naissance, (traits.prenom,), traits.sexe, traits.date_naissance,
               traits.lieu_naissance), traits.prenoms,
    )

    given = Fourni(own.value, own.oid, f"{_INDIVIDU}/INSFourni")
    demande = Demande(asked.traits, _VERIFIES, fourni=given)

    async def ask(exchange: Exchange) -> tuple[str, str]:
        require_available(reglages_of(exchange.tenant.settings).mode)
        return await judged(exchange, asked, demande)

    code, _ = await _call(liaison, verifier, envoi.verification(asked), ask, _verdict)
    return code == codes.CR_OK


async def _par_traits(
    liaison: Liaison, traits: TraitsStricts, prenom: str, lieu: str
) -> Resultat:
    asked = Traits(traits.nom_naissance, (prenom,), traits.sexe, traits.date_naissance, lieu)
    demande = Demande(asked, dict.fromkeys(_PLACES, "RECSANSVITALE"), ("RECSANSVITALE/Prenom",))

    async def ask(exchange: Exchange) -> Resultat:
        observe(exchange, _TOLERATED, demande, strict=errors.TRAIT_REFUSE)
        observe(exchange, _REFUSED, demande)
        return await par_traits(exchange, asked)

    return lisible(
        await _call(liaison, rechercher_par_traits, envoi.par_traits(asked), ask, _report)
    )


async def _call(
    liaison: Liaison, transaction: Transaction, demande: envoi.Demande,
    ask: Callable[[Exchange], Awaitable[T]], written: Callable[[Exchange, T], Answer],
) -> T:
    """One exchange with its own line in the journal. Raises what the téléservice refuses with."""
    at, sandbox, tenant = real_now(), liaison.exchange.sandbox, liaison.exchange.tenant
    caller = liaison.exchange.caller.id_nat if liaison.exchange.caller is not None else ""
    id = tenant.ids.exchange()
    liaison.messages.append(envoi.message_id_of(id))
    body = envoi.message(tenant, demande, liaison.messages[-1], caller)
    exchange = Exchange(
        id, sandbox, tenant, transaction, "POST", "/ins/lps", b"", [], body.encode(), PEER, {},
    )
    answer = Answer(500)
    try:
        if is_staged(tenant):
            await strike(exchange, "ins", transaction.code)
        found = await ask(exchange)
        answer = written(exchange, found)
        return found
    except Dropped as dropped:
        exchange.error = errors.INDISPONIBLE
        raise errors.INDISPONIBLE(headers=dict(liaison.headers)) from dropped
    except Refusal as refusal:
        exchange.error = refusal.error
        answer = TLSI.refuse(refusal, exchange)
        refusal.headers.update(liaison.headers)
        raise
    finally:
        sandbox.journal.record(Entry(
            exchange.id, tenant.key, at, "ins", transaction.code, "interne", PEER, "POST /ins/lps",
            str(answer.status), outcome_of(exchange.error is not None, exchange.findings),
            answer.fidelity or transaction.mark(exchange.error), exchange.body, answer.body,
            exchange.findings, exchange.error, caller, note=exchange.note,
            duration=real_now() - at,
        ))


def _report(exchange: Exchange, found: Resultat) -> Answer:
    exchange.outcome_note = noted(exchange, found)
    return reponse.resultat(found, reglages_of(exchange.tenant.settings).forme)


def _verdict(exchange: Exchange, found: tuple[str, str]) -> Answer:
    exchange.outcome_note = "CR " + " ".join(found)
    content = reponse.root("RESULTAT", (reponse.cr(*found),))
    return reponse.answer(
        content, codes.NS_VERIFIE, reglages_of(exchange.tenant.settings).forme
    )


def _prenoms(traits: TraitsStricts) -> list[str]:
    """First given name, the others, then all together, each once. Of a list longer than INSi takes,
    the whole alone: it is refused, as it would be after a call for each of its thousand names."""
    words = traits.prenoms.split(" ") if len(traits.prenoms) <= LONGUEUR_MAXIMALE else []
    return list(dict.fromkeys(filter(None, (traits.prenom, *words, traits.prenoms))))
