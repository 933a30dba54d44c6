"""Making, finding and ending contexts: one at a time per professional and software."""

from __future__ import annotations

from dataclasses import replace

from services.apcv import errors
from services.apcv.domain.carte import Lecture
from services.apcv.domain.contexte import Contexte
from services.apcv.domain.reglages import reglages_of
from services.apcv.wire.cartes import Cartes
from services.apcv.wire.telephone_codes import read_code
from services.kernel.clock import SECOND
from services.kernel.exchange import Exchange

_KEPT = 24 * 3600 * SECOND
"""A context is remembered for so long after its end, to say that it has ended."""


async def identified(exchange: Exchange, text: str) -> Lecture:
    """Who shows this code, the patient first; the code is used up. Raises ILLISIBLE, EXPIRE,
    DEJA_LU, REVOQUEE or ENVIRONNEMENT."""
    shown = await read_code(exchange.sandbox, exchange.tenant, text)
    lecture = await profile_of(exchange, shown.patient)
    test = lecture.carte.nature != "reelle"
    if test and reglages_of(exchange.tenant.settings).mode == "production":
        raise errors.ENVIRONNEMENT(
            at="ProfilApCV/Identification/@type", expected="une appli réelle",
            found=lecture.carte.nature,
        )
    return lecture


async def profile_of(exchange: Exchange, patient: str) -> Lecture:
    """What the app of a patient says: its user first, then, for the insured, the dependants.

    Raises REVOQUEE, also for somebody who has no card any more.
    """
    cartes = Cartes(exchange.sandbox, exchange.tenant)
    known = await cartes.who.patient(patient)
    carte = await cartes.of(known) if known is not None else None
    if carte is None or await cartes.is_revoked(patient):
        raise errors.REVOQUEE(at="Donnees")
    lecture = await cartes.lecture(carte)
    if lecture is None:
        raise errors.REVOQUEE(at="Donnees")
    own = next(each for each in lecture.lus if each.patient.id == patient)
    # The app is its user's: the others on the card are shown to the insured alone.
    return lecture if own is lecture.assure else replace(lecture, utilisateur=own)


async def open_context(exchange: Exchange, lecture: Lecture, holder: str) -> Contexte:
    """A context for who asks, in place of the one before. Durable on return."""
    tenant = exchange.tenant
    now = tenant.clock.now()
    minutes = reglages_of(tenant.settings).minutes_contexte
    made = Contexte(
        tenant.ids.uuid4(), lecture.user.patient.id, lecture.carte.serial, holder,
        now + minutes * 60 * SECOND,
    )
    records = Cartes(exchange.sandbox, tenant).records
    await records.write(
        records.forgotten("contexte", now), records.forgotten("courant", now),
        records.added("contexte", made.id, [made.patient, made.serial, holder, made.until],
                      made.until + _KEPT),
        records.put("courant", holder, made.id, made.until + _KEPT),
    )
    return made


async def context_of(exchange: Exchange, holder: str, id: str = "") -> Contexte:
    """The context of that identifier, or the current one ("" id). Raises CONTEXTE_INCONNU (also for
    another's) or CONTEXTE_EXPIRE."""
    records = Cartes(exchange.sandbox, exchange.tenant).records
    if not id:
        current = await records.get("courant", holder)
        id = current[1] if current is not None else ""
    stored = await records.get("contexte", id) if id else None
    if stored is None or stored[1][2] != holder:
        raise errors.CONTEXTE_INCONNU(at="ContexteApCV/Identifiant", found=id or "(aucun)")
    made = Contexte(id, *stored[1])
    if exchange.tenant.clock.now() >= made.until:
        raise errors.CONTEXTE_EXPIRE(at="ContexteApCV/Identifiant", found=id)
    return made


async def close_context(exchange: Exchange, contexte: Contexte) -> None:
    """End a context. Durable on return."""
    records = Cartes(exchange.sandbox, exchange.tenant).records
    current = await records.get("courant", contexte.holder)
    writes = [records.removed("contexte", contexte.id)]
    if current is not None and current[1] == contexte.id:
        writes.append(records.removed("courant", contexte.holder))
    await records.write(*writes)
