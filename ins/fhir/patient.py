"""The person that INSi found, as FR Core wants it."""

from __future__ import annotations

from ins.domain.reglages import reglages_of
from ins.fhir import fr_core
from ins.fhir.elements import Json
from services.fhir import errors
from services.kernel.clock import iso
from services.kernel.exchange import Exchange
from services.population.models import Patient


def render_patient(
    patient: Patient, now: int, version: fr_core.Version = fr_core.DEFAULT
) -> Json:
    """An identity that was just retrieved from INSi and that nobody has validated yet.

    now: instant of the query, microseconds. Without a birth place, fr-core-patient.
    """
    instant = iso(now)
    return fr_core.patient(
        fr_core.Traits(
            patient.nom_naissance, patient.prenoms[0], patient.liste_prenoms, patient.sexe,
            patient.date_naissance, patient.lieu_naissance,
        ),
        fr_core.Fiabilite("RECUP", "INSI", instant[:10], instant),
        (patient.matricule, *patient.historique), version,
    )


def asked_version(exchange: Exchange) -> fr_core.Version:
    """The version of FR Core that the client wants (`_profile`), else the tenant's.

    Raises NOT_ACCEPTABLE for one that is not written here.
    """
    if b"_profile" in exchange.query_string:
        for name, value in exchange.query:
            if name != "_profile":
                continue
            version = fr_core.version_of(value)
            if version is None:
                expected = ", ".join(fr_core.profile(each, ins=True) for each in fr_core.VERSIONS)
                raise errors.NOT_ACCEPTABLE(at="http._profile", expected=expected, found=value)
            return version
    return reglages_of(exchange.tenant.settings).fr_core
