"""The cards of a tenant: its own under the default ones, what stands in the reader, the people."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from services.apcv import errors
from services.apcv.domain.carte import (
    Carte,
    Lecture,
    Lu,
    carte_of,
    carte_par_defaut,
    est_par_defaut,
    with_numbers,
)
from services.apcv.seed import CARTES, by_serial
from services.apcv.store import Records
from services.kernel.database import Write
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import Patient, People, people
from services.population.twins import rank_of_birth

DEFAULT_PATIENT = "pat-trois-dominique"
"""Whose card stands in the reader at first."""
LOOKED_AT = 500
"""Patients among whom a card is looked for by its number: what a list of cards shows at most."""


@dataclass(frozen=True, slots=True)
class Lecteur:
    """What stands in the reader. serial: "" for no card; erreur: what it fails with, 0 for none."""

    serial: str
    erreur: int = 0


class Cartes:
    """Cards of one tenant."""

    __slots__ = ("ids", "records", "who")

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        self.ids = tenant.ids
        self.records = Records(sandbox.database, tenant)
        self.who: People = people(sandbox.database, tenant)

    async def by_serial(self, serial: str) -> Carte | None:
        """The card of that number, or None: unknown, or removed by the tenant."""
        stored = await self.records.get("carte", serial)
        if stored is not None:
            return carte_of(stored[1]) if stored[1] is not None else None
        return by_serial(serial) or await self._of_own_people(serial)

    async def _of_own_people(self, serial: str) -> Carte | None:
        """The default card of that number among those of the tenant's first patients: nothing is
        stored of one before somebody changes it."""
        if not est_par_defaut(serial):
            return None
        for patient in await self.who.patients("", LOOKED_AT):
            if carte_par_defaut(patient, CARTES).serial == serial:
                carte = await self.of(patient)
                return carte if carte is not None and carte.serial == serial else None
        return None

    async def of(self, patient: Patient) -> Carte | None:
        """The card that a patient is on: the tenant's own, else the default one."""
        placed = await self.records.get("porteur", patient.id)
        if placed is not None:
            return await self.by_serial(placed[1])
        default = carte_par_defaut(patient, CARTES)
        stored = await self.records.get("carte", default.serial)
        if stored is None:
            return default
        if stored[1] is None:
            return None
        own = carte_of(stored[1])
        return own if any(each.patient == patient.id for each in own.beneficiaires) else None

    async def find(self, name: str) -> Carte | None:
        """By number, by sandbox id or by matricule of somebody who is on it."""
        if name.isdecimal() and len(name) == 9:
            return await self.by_serial(name)
        patient = await self.patient(name)
        return await self.of(patient) if patient is not None else None

    async def patient(self, name: str) -> Patient | None:
        """By sandbox id or matricule."""
        return await self.who.patient(name) or await self.who.patient_by_ins(name.upper())

    async def own(self, count: int) -> list[Carte]:
        """The tenant's own and changed cards, by number."""
        return [
            carte_of(content) for _, content in await self.records.page("carte", count)
            if content is not None
        ]

    async def lecture(self, carte: Carte) -> Lecture | None:
        """The card with the people who are on it; None when the insured is no more."""
        lus = []
        for each in carte.beneficiaires:
            patient = await self.who.patient(each.patient)
            if patient is not None:
                lus.append(Lu(each, patient, each.rang or await self._rang(patient)))
        if not lus or lus[0].beneficiaire is not carte.assure:
            return None
        return Lecture(carte, tuple(lus))

    async def _rang(self, patient: Patient) -> str:
        same = [
            one for sexe in ("F", "M")
            for one in await self.who.matching(patient.nom_naissance, sexe, patient.date_naissance)
        ]
        return str(rank_of_birth(patient, same))

    async def keep(self, carte: Carte) -> Carte:
        """Store a card; whoever is on it is on no other. Durable on return."""
        made = with_numbers(carte)
        await self.records.write(
            self.records.put("carte", made.serial, asdict(made)),
            *(self.records.put("porteur", each.patient, made.serial)
              for each in made.beneficiaires),
            *await self._left(made),
        )
        return made

    async def remove(self, carte: Carte) -> None:
        """The patients on it have no card any more, until another is made for them."""
        await self.records.write(
            self.records.put("carte", carte.serial),
            *(self.records.removed("porteur", each.patient) for each in carte.beneficiaires),
        )

    async def lecteur(self) -> Lecteur:
        """What stands in the reader."""
        stored = await self.records.get("lecteur", "")
        if stored is not None:
            return Lecteur(**stored[1])
        patient = await self.who.patient(DEFAULT_PATIENT)
        carte = await self.of(patient) if patient is not None else None
        return Lecteur(carte.serial if carte is not None else "")

    async def insert(self, lecteur: Lecteur) -> None:
        """Put a card in the reader, or take it out (serial "")."""
        await self.records.write(self.records.put("lecteur", "", asdict(lecteur)))

    async def read(self, serial: str = "") -> Lecture:
        """The card in the reader, or that of a number. Raises what the reader is told to fail
        with, or that no card is there."""
        lecteur = await self.lecteur()
        if lecteur.erreur:
            raise errors.LECTEUR[lecteur.erreur]()
        carte = await self.by_serial(serial or lecteur.serial)
        lecture = await self.lecture(carte) if carte is not None else None
        if lecture is None:
            if serial:
                raise errors.CARTE_INCONNUE(at="serial", found=serial)
            raise errors.LECTEUR[11]()
        return lecture

    async def known(self, carte: Carte) -> Carte:
        """The card, kept from now on if its number alone would not find it: the default cards of
        the tenant's own patients."""
        found = await self.by_serial(carte.serial)
        return found if found is not None else await self.keep(carte)

    async def is_revoked(self, patient: str) -> bool:
        """Whether the app of that patient (sandbox id) is."""
        return await self.records.get("revoquee", patient) is not None

    async def revoke(self, patient: str, revoked: bool = True) -> None:
        """Revoke an app, or take that back. Contexts that it gave end with it."""
        write = self.records.put if revoked else self.records.removed
        await self.records.write(write("revoquee", patient))

    async def _left(self, made: Carte) -> list[Write]:
        """Those who are no longer on this card."""
        before = await self.by_serial(made.serial)
        here = {each.patient for each in made.beneficiaires}
        return [
            self.records.removed("porteur", each.patient)
            for each in (before.beneficiaires if before is not None else ())
            if each.patient not in here
        ]


class Register:
    """The port `cards`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def knows(self, tenant: Tenant, serial: str) -> bool | None:
        return await Cartes(self._sandbox, tenant).by_serial(serial) is not None
