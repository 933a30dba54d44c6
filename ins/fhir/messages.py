"""The façade beside the téléservice: each call says which SOAP message asks the same.

`X-Sandbox-INSi-MessageID` names it, `/sandbox/ins/messages/{id}` gives it, made from the journal:
one scenario is played through both doors.
"""

from __future__ import annotations

import asyncio
import functools
from dataclasses import replace

from ins.fhir.demande import patient_of, read_demande, read_patient
from ins.fhir.ins_verify import to_verify
from ins.fhir.ins_verify_batch import LARGE, patients
from ins.wire import envoi
from services.fhir.dialect import FhirDialect
from services.fhir.resource import load
from services.fhir.structure import require
from services.fhir.xml_reader import read_xml
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.transactions import Transaction

_MARK = b"\xef\xbb\xbf \t\r\n"
INTERNE = "interne"
"""Protocol of a call of INSi inside the process: its journal holds the message itself."""


def named(each: Transaction) -> Transaction:
    """The same transaction, whose answers and refusals name their SOAP message."""
    handler = each.handler
    assert handler is not None  # noqa: S101  (the façade is HTTP)

    @functools.wraps(handler)
    async def handle(exchange: Exchange) -> Answer:
        return _marked(await handler(exchange), exchange)

    return replace(each, handler=handle, dialect=_DIALECT)


async def message(sandbox: Sandbox, tenant: Tenant, message_id: str) -> bytes | None:
    """The SOAP message of that number: as it was sent, or what a call of the façade is by SOAP.
    None when there is none, or when the call could not be read."""
    id = message_id.removeprefix("urn:").removeprefix("uuid:")
    entry = await sandbox.journal.get(tenant.key, id)
    found = await sandbox.journal.raw(tenant.key, id) if entry is not None else None
    if entry is None or found is None or entry["service"] != "ins":
        return None
    if entry["protocol"] == INTERNE:
        return found[0]
    body = found[0].partition(b"\r\n\r\n")[2]
    asked = (entry["transaction"], entry["request"]["path"], body)
    try:
        large = len(body) > LARGE
        demande = await asyncio.to_thread(_demande, *asked) if large else _demande(*asked)
    except Refusal:
        return None
    if demande is None:
        return None
    number = envoi.message_id_of(id)
    return envoi.message(tenant, demande, number, entry["caller"]).encode()


class _Dialect(FhirDialect):
    """FHIR, and a refusal that is of INSi names its message too."""

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        made = super().refuse(refusal, exchange)
        return _marked(made, exchange) if exchange is not None else made


_DIALECT = _Dialect()


def _marked(answer: Answer, exchange: Exchange) -> Answer:
    number = envoi.message_id_of(exchange.id)
    return replace(answer, headers=(*answer.headers, (envoi.EN_TETE, number)))


def _demande(transaction: str, target: str, body: bytes) -> envoi.Demande | None:
    if transaction == "ins.batch-result":
        return envoi.retrait(target.partition("?")[0].rpartition("/")[2])
    if transaction not in ("ITI-119", "ins.verify", "ins.batch"):
        return None
    received = load(read_xml(body) if body.lstrip(_MARK).startswith(b"<") else body)
    require(received)
    if transaction == "ins.batch":
        return envoi.depot([
            to_verify(patient, at, read_patient(patient, at))[0]
            for patient, at in patients(received)
        ])
    demande = read_demande(received)
    if transaction == "ITI-119":
        return envoi.par_traits(demande.traits)
    return envoi.verification(to_verify(*patient_of(received), demande)[0])
