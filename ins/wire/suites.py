"""The sequences of calls: read before a search, added to after it, alike by every door."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from ins import errors
from ins.domain import suites
from ins.domain.recherche import Demande, Resultat
from ins.domain.souvenirs import Souvenir
from ins.domain.suites import Essai, Suite, SuiteCarte
from ins.domain.vitale import Beneficiaire
from ins.rniv.codes import BLOQUANTS
from ins.rules import suites as rules_suites
from ins.rules.demande import identite_interrogeable
from ins.wire.bloquees import signaler_beneficiaire
from ins.wire.injections import par_carte, par_traits
from ins.wire.memoire import memoire
from services.kernel.clock import iso, real_now
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

CARTE = (rules_suites.nom_utilise_apres_01,)
RULES = tuple(each for each in rules_of(rules_suites) if each not in CARTE)


async def recherche(exchange: Exchange, demande: Demande, appelant: str) -> Resultat:
    """The search by traits, once compared with the caller's former ones, and remembered.

    Raises what `par_traits` raises, or TRAIT_REFUSE in a strict tenant.
    """
    traits, about = demande.traits, suites.sujet(appelant, demande.traits)
    avant = await _avant(exchange, about)
    observe(exchange, RULES, Suite(traits, demande.at, avant, demande.statuts),
            strict=errors.TRAIT_REFUSE)
    told = next((each.value for each in demande.statuts if each.value in BLOQUANTS), "")
    return await _essayer(exchange, about, par_traits(exchange, traits), Essai(
        exchange.tenant.clock.now(), appelant[:suites.LONGEST], _porte(exchange),
        traits.nom_naissance, traits.sexe, traits.date_naissance, traits.prenom,
        traits.lieu_naissance, "", told,
    ))


async def recherche_par_carte(
    exchange: Exchange, asked: Beneficiaire, appelant: str
) -> Resultat:
    """The search by card, likewise; whom it finds may be somebody who must not call."""
    about = suites.sujet_carte(appelant, asked)
    avant = await _avant(exchange, about)
    observe(exchange, CARTE, SuiteCarte(asked.nom_naissance, avant), strict=errors.TRAIT_REFUSE)
    return await _essayer(exchange, about, _beneficiaire(exchange, asked), Essai(
        exchange.tenant.clock.now(), appelant[:suites.LONGEST], _porte(exchange),
        asked.nom_naissance[:suites.LONGEST], "", asked.date_naissance[:suites.LONGEST], "", "", "",
    ))


async def _beneficiaire(exchange: Exchange, asked: Beneficiaire) -> Resultat:
    found = await par_carte(exchange, asked)
    if found.patient is not None and not found.injected:
        known = await signaler_beneficiaire(exchange, found.patient)
        observe(exchange, (identite_interrogeable,), known, strict=errors.TRAIT_REFUSE)
    return found


async def _avant(exchange: Exchange, about: str) -> Sequence[Essai]:
    former = await memoire(exchange.sandbox).about(exchange.tenant.key, about)
    if not former:
        return ()
    now = exchange.tenant.clock.now()
    latest = former[-suites.MOST:]
    return suites.within([suites.read(each.content) for each in latest], now)


async def _essayer(
    exchange: Exchange, about: str, search: Awaitable[Resultat], essai: Essai
) -> Resultat:
    """The report, remembered with what was tried, be it a refusal."""
    code, liste = "", ""
    try:
        found = await search
        code = found.code
        liste = found.patient.liste_prenoms if found.patient is not None else ""
    except Refusal as refusal:
        code = refusal.error.code
        raise
    finally:
        made = essai._replace(code=code, liste_prenoms=liste)
        await memoire(exchange.sandbox).add(
            exchange.tenant.key, [Souvenir(about, exchange.id, real_now(), made.written())]
        )
    return found


def _porte(exchange: Exchange) -> str:
    return exchange.transaction.code if exchange.transaction is not None else ""


async def listed(sandbox: Sandbox, tenant: Tenant) -> list[dict[str, Any]]:
    """Every sequence that is remembered, the latest first, with what it still lacks."""
    several: dict[str, list[Essai]] = {}
    for each in await memoire(sandbox).latest(tenant.key):
        if each.sujet.startswith("suite:"):
            several.setdefault(each.sujet, []).append(suites.read(each.content))
    rows = [_row(part) for essais in several.values() for part in _parts(essais)]
    return sorted(rows, key=lambda row: str(row["appels"][-1]["at"]), reverse=True)


def _parts(essais: list[Essai]) -> list[list[Essai]]:
    """Calls too far apart are of different sequences."""
    parts: list[list[Essai]] = []
    for each in essais:
        if parts and 0 <= each.at - parts[-1][-1].at <= suites.WINDOW:
            parts[-1].append(each)
        else:
            parts.append([each])
    return parts


def _row(essais: list[Essai]) -> dict[str, Any]:
    first, state = essais[0], suites.etat(essais)
    return {
        "appelant": first.appelant, "nom_naissance": first.nom_naissance, "sexe": first.sexe,
        "date_naissance": first.date_naissance, "fini": state.fini, "attendu": state.attendu,
        "appels": [{
            "at": iso(each.at), "transaction": each.porte, "prenom": each.prenom,
            "lieu_naissance": each.lieu_naissance, "reponse": each.code,
        } for each in essais],
    }
