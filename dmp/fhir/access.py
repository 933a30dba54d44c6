"""Who may do what with a patient's DMP, on the FHIR face."""

from __future__ import annotations

from dmp import errors, store
from dmp.domain import Appelant, Autorisation, Declaration, autorisation
from dmp.seed import default_declarations
from services.kernel.authentication import bearer
from services.kernel.exchange import Exchange
from services.population import Patient, people

CPE = "CPE"


async def caller_of(exchange: Exchange) -> Appelant:
    """Who calls, from the access token. Raises TOKEN_MISSING or TOKEN_INVALID."""
    caller = await bearer(exchange)
    who = people(exchange.sandbox.database, exchange.tenant)
    known = await who.professional(caller.id_nat)
    if known is None:
        return Appelant(caller.id_nat)
    structures = [await who.structure(id) for id in known.structure_ids]
    return Appelant(
        caller.id_nat, frozenset(one.id_nat for one in structures if one), known.card
    )


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


async def require_reader(exchange: Exchange, caller: Appelant, patient: Patient, at: str) -> None:
    """Consultation wants the patient's authorisation. Raises DENIED or FORBIDDEN."""
    if caller.carte == CPE:
        raise errors.DENIED(
            "Un porteur de CPE ne consulte pas les documents.", at=at, expected="une CPS",
            found=CPE,
        )
    declared = await declaration_of(exchange, patient, caller.id_nat)
    state = autorisation(patient, caller.id_nat, declared, exchange.tenant.clock.now())
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


async def declaration_of(
    exchange: Exchange, patient: Patient, id_nat: str
) -> Declaration | None:
    """What this professional last declared, else what the seed gives."""
    declared = await store.declaration(
        exchange.sandbox.database, exchange.tenant, patient.id, id_nat
    )
    if declared is not None:
        return declared
    who = people(exchange.sandbox.database, exchange.tenant)
    defaults = await default_declarations(who, patient)
    return next((one for one in defaults if one.id_nat == id_nat), None)
