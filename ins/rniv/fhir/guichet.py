"""Where something is done to identities: by whom, through which door; and how it is stored.

Every change of an identity goes through here: its state, the Patient that others read, what it is
found by, who did it, the messages to send, all in one durable write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ins.domain.reglages import reglages_of
from ins.fhir import fr_core
from ins.rniv import store
from ins.rniv.codes import EXPURGEE
from ins.rniv.domain.abonnements import Evenement, annonces_of
from ins.rniv.domain.identite import Identite
from ins.rniv.fhir import BASE
from ins.rniv.fhir.lecture import matricules
from ins.rniv.fhir.parametres import PARAMETRES
from ins.rniv.fhir.rendu import expurgee, liens_de, rendre
from ins.rniv.store import Acte, Gardee
from ins.rniv.wire.sortant import kick
from services.fhir import errors, exact, versions
from services.fhir import store as resources
from services.fhir.cursor import Position
from services.fhir.declaration import Json
from services.fhir.extraction import indexes_of
from services.fhir.numbers import HIGHEST
from services.fhir.splice import insert_id_and_meta
from services.fhir.versions import Asked, Version
from services.kernel.clock import iso, real_now
from services.kernel.database import Conflict, Duplicate, Write
from services.kernel.exchange import Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Guichet:
    """acteur: who acts (id_nat, or a sending application); porte: `fhir`, `mllp`, `control`."""

    sandbox: Sandbox
    tenant: Tenant
    acteur: str
    porte: str

    @property
    def root(self) -> str:
        """Absolute URL of the FHIR base."""
        return f"{self.sandbox.public_url}{self.tenant.url_prefix}{BASE}"

    @property
    def today(self) -> str:
        return self.tenant.clock.datetime().date().isoformat()

    @property
    def fr_core(self) -> fr_core.Version:
        """The version of FR Core in which this tenant's identities are written."""
        return reglages_of(self.tenant.settings).fr_core

    def acte(self, action: str, detail: str = "") -> Acte:
        return Acte(action, self.acteur, self.porte, detail)


def guichet_of(exchange: Exchange) -> Guichet:
    """The desk of a FHIR call, once its caller is known."""
    caller = exchange.caller.id_nat if exchange.caller is not None else ""
    return Guichet(exchange.sandbox, exchange.tenant, caller, "fhir")


@dataclass(frozen=True, slots=True)
class Ouverte:
    """An identity with the Patient that others read."""

    gardee: Gardee
    version: Version
    patient: Json = field(hash=False)

    @property
    def id(self) -> str:
        return self.gardee.id

    @property
    def identite(self) -> Identite:
        return self.gardee.identite


async def ouvrir(guichet: Guichet, id: str) -> Ouverte:
    """Raises RESOURCE_UNKNOWN."""
    database, tenant = guichet.sandbox.database, guichet.tenant
    kept = await store.load(database, tenant, id)
    version = await versions.newest(database, tenant, store.SERVICE, store.RTYPE, id)
    if kept is None or version is None or version.deleted:
        raise errors.RESOURCE_UNKNOWN(at="Patient.id", found=f"Patient/{id[:80]}")
    return Ouverte(kept, version, exact.loads(version.content))


async def modifier(
    guichet: Guichet, id: str, change: Callable[[Ouverte], tuple[Identite, Acte]],
    event: Evenement = "A31",
) -> Ouverte:
    """Change one identity, again when others wrote meanwhile. Raises what `change` does, and
    RESOURCE_UNKNOWN or EDIT_CONFLICT."""
    for _ in range(ATTEMPTS):
        opened = await ouvrir(guichet, id)
        identite, acte = change(opened)
        version, writes = await suite(guichet, opened, identite, acte)
        writes += annonce(guichet, id, event)
        try:
            await guichet.sandbox.database.write(writes)
        except (Conflict, Duplicate):
            continue
        kick(guichet.sandbox, guichet.tenant)
        kept = Gardee(id, opened.gardee.vid + 1, identite)
        return Ouverte(kept, version, exact.loads(version.content))
    raise errors.EDIT_CONFLICT(at="Patient", found=f"Patient/{id}")


async def suite(
    guichet: Guichet, opened: Ouverte, identite: Identite, acte: Acte,
    patient: Json | None = None, liens: tuple[tuple[str, str], ...] | None = None,
) -> tuple[Version, list[Write]]:
    """The next version of an identity, and the writes that store it. patient: what a message or a
    client gives in place of the former resource; liens: those of merges, the former ones if None.
    """
    tenant = guichet.tenant
    links = liens_de(opened.patient) if liens is None else liens
    resource = rendre(identite, patient if patient is not None else opened.patient, links,
                      guichet.fr_core)
    version, writes = versions_of(guichet, opened.id, resource, opened.version)
    writes += store.writes(guichet.sandbox, tenant, opened.id, opened.gardee, identite, acte)
    if opened.identite.partagee and not identite.partagee:
        writes += await _expurger(guichet, opened)
    return version, writes


def versions_of(
    guichet: Guichet, id: str, resource: Json, former: Version | None
) -> tuple[Version, list[Write]]:
    """One version of a Patient, and the writes of its bytes and indexes."""
    tenant, now = guichet.tenant, guichet.tenant.clock.now()
    vid = former.vid + 1 if former is not None else 1
    tags = [each for each in resource.get("meta", {}).get("tag", ()) if each != EXPURGEE]
    meta = {**resource.get("meta", {}), "versionId": str(vid), "lastUpdated": iso(now)}
    if tags:
        meta["tag"] = tags
    content = insert_id_and_meta(exact.dumps(resource), id, meta)
    indexes = indexes_of(resource, PARAMETRES, guichet.root)
    made = resources.writes_for(
        tenant, store.SERVICE, store.RTYPE, id, content, indexes, version=vid, updated=now
    )
    return Version(id, vid, now, content), made


def annonce(guichet: Guichet, id: str, event: Evenement, autre: str = "") -> list[Write]:
    """What tells other systems of it, in the same write. autre: of A40, the one that goes."""
    return [
        store.to_send(guichet.tenant, f"{real_now():020d}-{guichet.tenant.ids.uuid()}", each.id,
                      event, id, autre)
        for each in annonces_of(guichet.tenant.settings).abonnements if event in each.events
    ]


async def _expurger(guichet: Guichet, opened: Ouverte) -> list[Write]:
    """Take the matricule out of every version: it is not known to be right any more (EXI ID 26).

    The newest is archived by the write that these are added to; the journal of the store keeps
    what was known.
    """
    writes, after = [], Position(HIGHEST, "", (), HIGHEST)
    while True:
        found = await versions.history(
            guichet.sandbox.database, guichet.tenant, store.SERVICE, [store.RTYPE], opened.id,
            Asked(), after, store.MOST,
        )
        for each in found:
            patient = exact.loads(each.content) if each.content else {}
            if any(True for _ in matricules(patient)):
                writes.append(store.rewrite(guichet.tenant, each, exact.dumps(_tagged(patient))))
        if len(found) < store.MOST:
            return writes
        after = Position(HIGHEST, "", (), found[-1].vid)


def _tagged(patient: Json) -> Json:
    meta = patient.get("meta", {})
    return {**expurgee(patient), "meta": {**meta, "tag": [*meta.get("tag", ()), EXPURGEE]}}
