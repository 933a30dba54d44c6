"""Lots of identities to verify: left and fetched alike by every door of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from ins import errors, store
from ins.domain.recherche import Demande, Fourni, Traits
from ins.domain.reglages import reglages_of
from ins.domain.souvenirs import Souvenir
from ins.domain.verification import IndividuVerifie, Relance
from ins.rules.lot import delai_attendu
from ins.wire.bloquees import signaler_lot
from ins.wire.lecture import places
from ins.wire.memoire import memoire
from ins.wire.ws_ins3 import REFUSED, TOLERATED, judged
from services.kernel.clock import SECOND, real_now
from services.kernel.errors import together
from services.kernel.exchange import Exchange
from services.kernel.rules import MOST, Finding, observe

DELAI = (delai_attendu,)
MOST_FINDINGS = 200
PAUSE_EVERY = 200
"""Identities verified before other calls have their turn."""


@dataclass(frozen=True, slots=True)
class Attente:
    """A lot that is not ready: seconds to wait before asking again."""

    delai: int


@dataclass(frozen=True, slots=True)
class Rapport:
    """One identity of a lot, its code and its label."""

    asked: IndividuVerifie
    code: str
    libelle: str


async def leave(
    exchange: Exchange, read: Sequence[tuple[IndividuVerifie, Demande]], at: str
) -> tuple[str, int]:
    """Keep a lot: its id, and the seconds it takes. at: its place in the message.

    Raises LOT_HORS_BORNES, or TRAIT_REFUSE in a strict tenant.
    """
    settings = reglages_of(exchange.tenant.settings)
    known = await signaler_lot(exchange, [demande for _, demande in read], MOST_FINDINGS)
    exchange.findings += islice(_findings(known), MOST_FINDINGS)
    wrong = [each for each in exchange.findings if each.severity == "error"]
    if exchange.tenant.strict and wrong:
        raise together(
            errors.TRAIT_REFUSE(each.message, at=each.at, expected=each.expected, found=each.found)
            for each in wrong[:MOST]
        )
    if not settings.lot_minimum <= len(read) <= settings.lot_maximum:
        raise errors.LOT_HORS_BORNES(
            at=at, found=str(len(read)),
            expected=f"de {settings.lot_minimum} à {settings.lot_maximum} identités",
        )
    id = exchange.tenant.ids.uuid4()
    ready = exchange.tenant.clock.now() + settings.delai_lot * SECOND
    await store.deposit(exchange, id, ready, orjson.dumps([asked for asked, _ in read]))
    await _announce(exchange, id, ready)
    exchange.outcome_note = f"lot {id}, {len(read)} identités"
    return id, settings.delai_lot


async def fetch(exchange: Exchange, id: str, at: str) -> Attente | list[Rapport]:
    """The reports of a lot in its order, or how long it still takes. Raises LOT_INCONNU."""
    lot = await store.deposited(exchange, id)
    if lot is None:
        raise errors.LOT_INCONNU(at=at, found=id or "(absent)")
    now = exchange.tenant.clock.now()
    told = await memoire(exchange.sandbox).about(exchange.tenant.key, f"lot:{id}")
    if told:
        observe(exchange, DELAI, Relance(at, now, int(told[-1].content)))
    if now < lot.ready:
        delay = reglages_of(exchange.tenant.settings).nouveau_delai
        await _announce(exchange, id, now + delay * SECOND)
        exchange.outcome_note = f"lot {id} pas encore prêt"
        return Attente(delay)
    reports = []
    for rank, each in enumerate(orjson.loads(lot.content)):
        if rank % PAUSE_EVERY == PAUSE_EVERY - 1:
            await asyncio.sleep(0)
        asked = _individu(each)
        few = len(exchange.findings) < MOST_FINDINGS
        where = _situated(asked, f"Rapport[{rank + 1}]") if few else None
        reports.append(Rapport(asked, *await judged(exchange, asked, where)))
    return reports


def _situated(asked: IndividuVerifie, at: str) -> Demande:
    """The identity where the answer reports on it, for the journal to say why it is KO."""
    return Demande(asked.traits, places(at), fourni=Fourni(asked.matricule, asked.oid, at))


async def _announce(exchange: Exchange, id: str, due: int) -> None:
    """Remember from when the client was told to come back."""
    await memoire(exchange.sandbox).add(
        exchange.tenant.key, [Souvenir(f"lot:{id}", exchange.id, real_now(), str(due))]
    )


def _findings(demandes: Iterable[Demande]) -> Iterator[Finding]:
    """DEFAULT(WS_INS4): a bad identity does not refuse its lot; its own report is KO."""
    for demande in demandes:
        for rule in (*TOLERATED, *REFUSED):
            if not demande.matricules_inconnus or rule.id != "INS-DONNEE-REELLE":
                yield from rule.findings(demande)


def _individu(stored: Mapping[str, Any]) -> IndividuVerifie:
    traits = stored["traits"]
    return IndividuVerifie(**{
        **stored, "traits": Traits(**{**traits, "prenoms": tuple(traits["prenoms"])}),
    })
