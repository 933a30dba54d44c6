"""Who may do what with a patient's DMP, on the FHIR face."""

from __future__ import annotations

from dmp import codes, errors
from dmp.domain import Appelant, Autorisation, Declaration, autorisation
from dmp.seed import reads_by_default
from services.kernel.authentication import bearer
from services.kernel.exchange import Exchange
from services.population import Patient, Professional, people


async def caller_of(exchange: Exchange) -> Appelant:
    """Who calls, from the access token, which the real DMP gives itself (`/dmp/api-lps`).

    Raises the refusals of `bearer`.
    """
    caller = await bearer(exchange, exchanged=True)
    if caller.card != codes.CPE:
        return Appelant(caller.id_nat, caller.card)
    employee = await people(exchange.sandbox.database, exchange.tenant).professional(caller.id_nat)
    structures = await structures_of(exchange, employee) if employee is not None else frozenset()
    return Appelant(caller.id_nat, caller.card, structures)


async def structures_of(exchange: Exchange, professional: Professional) -> frozenset[str]:
    """National identifiers of the structures where a professional works."""
    who = people(exchange.sandbox.database, exchange.tenant)
    found = [await who.structure(id) for id in professional.structure_ids]
    return frozenset(one.id_nat for one in found if one is not None)


def require_open(patient: Patient | None, at: str, found: str) -> Patient:
    """The patient, if its DMP is open. Raises UNKNOWN_PATIENT or CLOSED."""
    if patient is None:
        raise errors.UNKNOWN_PATIENT(
            "Ce patient est inconnu de cet espace.", at=at, expected="un INS connu", found=found
        )
    state = patient.dmp
    if state.status == "none":
        raise errors.UNKNOWN_PATIENT("Ce patient n'a pas de DMP.", at=at, found=found)
    if state.status == "closed":
        since = f" depuis le {state.closed_on}" if state.closed_on else ""
        reason = f" (motif : {state.closed_reason})" if state.closed_reason else ""
        raise errors.CLOSED(f"DMP fermé{since}{reason}.", at=at, found=found)
    return patient


def require_reader(
    exchange: Exchange, caller: Appelant, patient: Patient, declared: Declaration | None, at: str
) -> None:
    """Consultation wants the patient's authorisation. Raises DENIED or FORBIDDEN.

    declared: what this professional last declared; without it, the seed tells.
    """
    if caller.carte == codes.CPE:
        raise errors.DENIED(
            "Un porteur de CPE ne consulte pas les documents.", at=at, expected="une CPS",
            found=codes.CPE,
        )
    state = autorisation(
        patient, caller.id_nat, declared, exchange.tenant.clock.now(),
        reads_by_default(patient, caller.id_nat),
    )
    if state is Autorisation.VALIDE:
        return
    if state is Autorisation.INTERDIT:
        raise errors.FORBIDDEN(
            "Le patient a bloqué l'accès de ce professionnel à son DMP.", at=at, found=state.value
        )
    raise errors.DENIED(
        "Sans autorisation valable du patient, la consultation est refusée ; elle se déclare par "
        "POST /dmp/fhir/Consent.",
        at=at, expected=Autorisation.VALIDE.value, found=state.value,
    )
