"""fhirpy, unmodified: deposits, searches by patient and status, reads."""

from __future__ import annotations

import base64
from collections.abc import Callable

import fhirpy
import httpx
import pytest

from tests.dmp.messages import DOCTOR, INS, OID, STRANGER, Cda, lot, new_oid


@pytest.fixture
def connect(api: httpx.Client, token: Callable[..., str]) -> Callable[[str], fhirpy.SyncFHIRClient]:
    base = str(api.base_url).rstrip("/")

    def open_for(id_nat: str) -> fhirpy.SyncFHIRClient:
        return fhirpy.SyncFHIRClient(f"{base}/dmp/fhir", authorization=f"Bearer {token(id_nat)}")

    return open_for


def test_fhirpy_deposits_searches_and_reads(
    connect: Callable[[str], fhirpy.SyncFHIRClient],
) -> None:
    client = connect(DOCTOR)
    contents = []
    for _ in range(5):
        oid = new_oid()
        contents.append(Cda(oid).encode())
        client.execute("", method="post", data=lot(contents[-1], oid))

    found = client.resources("DocumentReference").search(
        patient__identifier=f"urn:oid:{OID}|{INS}", status="current"
    )

    assert found.count() == 5
    documents = found.limit(2).fetch_all()
    assert len(documents) == 5
    fiche = client.reference("DocumentReference", documents[0].id).to_resource()
    assert fiche.serialize() == documents[0].serialize()
    url = fiche.get_by_path(["content", 0, "attachment", "url"])
    binary = client.get("Binary", url.removeprefix("Binary/"))
    assert base64.b64decode(binary["data"]) == contents[-1]


def test_fhirpy_is_told_what_was_refused(
    connect: Callable[[str], fhirpy.SyncFHIRClient],
) -> None:
    search = connect(STRANGER).resources("DocumentReference").search(
        patient__identifier=INS, status="current"
    )
    with pytest.raises(fhirpy.base.exceptions.ForbiddenError, match="DMPAccessDenied"):
        search.fetch_all()
