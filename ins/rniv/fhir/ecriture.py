"""create, update and patch of a Patient by a desk: what may be typed, and what may not."""

from __future__ import annotations

from dataclasses import replace

from ins.rniv import errors, store
from ins.rniv.codes import ATTRIBUTS, DOMAINE
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.transitions import active, attribuer, corriger
from ins.rniv.fhir.guichet import Guichet, Ouverte, annonce, guichet_of
from ins.rniv.fhir.lecture import Lu, lire, matricules
from ins.rniv.fhir.rendu import rendre
from ins.rniv.rules import saisie
from ins.rniv.rules.actes import Naissance, deja_ne
from services.fhir import versions
from services.fhir.declaration import Change, Json
from services.kernel.exchange import Exchange
from services.kernel.rules import observe, rules_of

SAISIE = rules_of(saisie)
IPP_DIGITS = 10
_INITIAUX = {"PROV", "VIDE", *ATTRIBUTS}


def observer(exchange: Exchange, patient: Json) -> None:
    """The rules on what was received."""
    observe(exchange, SAISIE, patient, strict=errors.EXIGENCE)


async def avant_ecriture(exchange: Exchange, change: Change) -> None:
    """Make of what is received an identity of the store. Raises its refusals."""
    assert change.resource is not None  # noqa: S101  (nothing is deleted here)
    guichet = guichet_of(exchange)
    read = lire(change.resource)
    observe(exchange, (deja_ne,), Naissance(
        read.traits.date_naissance, guichet.today, "Patient.birthDate"
    ))
    if change.former is None:
        await _creer(guichet, change, read)
        return
    opened = await _opened(guichet, change)
    identite = opened.identite
    active(identite)
    _require_known(change.resource, change.former, read)
    identite = corriger(identite, read.traits)
    identite = replace(identite, ipp=read.ipp or identite.ipp)
    await _require_free(guichet, change.rid, identite)
    change.resource = rendre(identite, change.resource, (), guichet.fr_core)
    acte = guichet.acte(change.interaction)
    change.writes += store.writes(
        guichet.sandbox, guichet.tenant, change.rid, opened.gardee, identite, acte
    )
    change.writes += annonce(guichet, change.rid, "A31")


async def _creer(guichet: Guichet, change: Change, read: Lu) -> None:
    if read.ins:
        raise errors.MATRICULE_SAISI(at="Patient.identifier", found=read.ins[0][1][:20])
    if read.statuts - _INITIAUX:
        raise errors.STATUT_SAISI(at="Patient.extension", expected="PROV, ou rien",
                                  found=", ".join(sorted(read.statuts)))
    ipp = read.ipp or ((DOMAINE, guichet.tenant.ids.digits(IPP_DIGITS)),)
    identite = Identite(read.traits, ipp, methode=read.methode)
    for each in read.attributs:
        identite = attribuer(identite, each, present=True)
    await _require_free(guichet, change.rid, identite)
    resource = change.resource if change.resource is not None else {}
    change.resource = rendre(identite, resource, (), guichet.fr_core)
    change.writes += store.writes(
        guichet.sandbox, guichet.tenant, change.rid, None, identite, guichet.acte("create")
    )
    change.writes += annonce(guichet, change.rid, "A28")


async def _opened(guichet: Guichet, change: Change) -> Ouverte:
    """The identity of the Patient that is replaced."""
    database, tenant = guichet.sandbox.database, guichet.tenant
    kept = await store.load(database, tenant, change.rid)
    version = await versions.newest(database, tenant, store.SERVICE, store.RTYPE, change.rid)
    assert kept is not None and version is not None  # noqa: PT018, S101
    assert change.former is not None  # noqa: S101
    return Ouverte(kept, version, change.former)


def _require_known(patient: Json, former: Json, read: Lu) -> None:
    """What the store alone may say is as it said it, or absent."""
    unknown = {*read.ins} - {*matricules(former)}
    if unknown:
        raise errors.MATRICULE_SAISI(at="Patient.identifier", found=min(unknown)[1][:20])
    told = lire(former).statuts
    if read.statuts and read.statuts != told:
        raise errors.STATUT_SAISI(
            at="Patient.extension", expected=", ".join(sorted(told)),
            found=", ".join(sorted(read.statuts)),
        )


async def _require_free(guichet: Guichet, id: str, identite: Identite) -> None:
    for authority, value in identite.ipp:
        owner = await store.by_ipp(guichet.sandbox.database, guichet.tenant, authority, value)
        if owner not in ("", id):
            raise errors.IPP_PRIS(at="Patient.identifier", found=f"{authority}|{value}"[:120],
                                  expected=f"un autre que celui de Patient/{owner}")


