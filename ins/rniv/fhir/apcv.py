"""Identities that the appli carte Vitale qualifies at once (RNIV §4.3.4): no INSi call, no document
to check. Fills the port `identities`."""

from __future__ import annotations

from ins.domain.reglages import reglages_of
from ins.fhir import fr_core
from ins.fhir.elements import Json
from ins.rniv.domain.concordance import compares, parfaite, traits_de
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.transitions import qualifier_par_apcv
from ins.rniv.fhir.guichet import Guichet, Ouverte, modifier, ouvrir
from ins.rniv.store import Acte
from services.kernel.clock import iso
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import Matricule, people

MODE = "AV"


class Identities:
    """Of the population, and of the tenant's local store."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def qualified(self, tenant: Tenant, matricule: str) -> Json | None:
        """A Patient of status QUAL, in the tenant's version of FR Core. Only main has codes for
        the app: earlier versions write the status and the day alone."""
        found = await people(self._sandbox.database, tenant).patient_by_ins(matricule)
        if found is None:
            return None
        version = reglages_of(tenant.settings).fr_core
        now = iso(tenant.clock.now())
        coded = MODE if version == "main" else ""
        return fr_core.patient(
            fr_core.Traits(
                found.nom_naissance, found.prenoms[0], found.liste_prenoms, found.sexe,
                found.date_naissance, found.lieu_naissance,
            ),
            fr_core.Fiabilite("QUAL", coded, "", now, now[:10], coded),
            (found.matricule, *found.historique), version,
        )

    async def qualify(
        self, tenant: Tenant, id: str, matricule: str, by: str, *, accept: bool
    ) -> Json | tuple[str, ...]:
        """The local identity, qualified; the differences when its traits are not those of the app,
        unless they are accepted. Raises RESOURCE_UNKNOWN, and what `transitions` says."""
        guichet = Guichet(self._sandbox, tenant, by, "fhir")
        found = await people(self._sandbox.database, tenant).patient_by_ins(matricule)
        opened = await ouvrir(guichet, id)
        if found is None:
            return ()
        compared = compares(opened.identite.traits, found)
        if not accept and not parfaite(compared):
            return tuple(
                f"{each.trait} : {each.ici or '(absent)'} ici, {each.insi} dans l'appli"
                for each in compared if not each.same
            )
        own = Matricule(found.matricule.value, found.matricule.cle, found.matricule.oid)

        def change(current: Ouverte) -> tuple[Identite, Acte]:
            traits = traits_de(found, current.identite.traits.prenom)
            after = qualifier_par_apcv(current.identite, traits, own, guichet.today)
            return after, guichet.acte("apcv-read", "appli carte Vitale lue")

        return (await modifier(guichet, id, change)).patient
