"""The ten official CDA documents, deposited with the fiche that their header calls for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dmp import codes
from services.cda import CdaHeader, read_header
from services.cda.times import fhir_datetime
from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    BINARY,
    FICHE,
    LIST,
    Json,
    binary,
    bundle,
    coded,
    document,
    post,
    practitioner,
    subject,
    submission_set,
)

NAMES = (
    "BIO-CR-BIO_2024.01_TSH_1", "BIO-TROD_2024.01_Angine", "DOC_NON_STRUCTURE_CDA-R2-N1",
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1", "LDL-SES_2022.01", "OBP-SCM_2024.01",
    "VAC-NOTE_2023.01", "VSM_1.4_2022.01", "eDISP-MED_2024.01", "eP-MED-DM_2022.01_PosoStruct",
)
EXPECTED = {
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1": ["SOCLE-DMP-CDA-REMPLACEMENT"],
    "OBP-SCM_2024.01": ["SOCLE-DMP-CDA-TRAITS"],
}


def fiche_of(content: bytes, header: CdaHeader) -> Json:
    author = header.authors[0]
    resource = document(
        content, header.id, url=BINARY,
        contained=practitioner(author.id_nat, author.structure.id),
        type=coded(header.code), category=[coded(codes.types()[header.code].classe)],
        subject=subject(header.patient.ins, header.patient.oid),
        date=fhir_datetime(header.effective_time),
        securityLabel=[{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
            "code": header.confidentiality.code,
        }]}],
        context={
            "period": {"start": fhir_datetime(header.service_events[0].low)},
            "facilityType": coded(header.facility_type.code),
            "practiceSetting": coded(header.practice_setting.code),
            "sourcePatientInfo": subject(header.patient.ins, header.patient.oid),
        },
    )
    resource["content"][0]["attachment"].update(
        title=header.title, creation=fhir_datetime(header.effective_time)
    )
    return resource


@pytest.mark.parametrize("name", NAMES)
def test_an_official_document_is_deposited_found_and_read_identical(
    dmp: Dmp, shared: Path, findings: Callable[..., list[str]], name: str
) -> None:
    content = (shared / "data/examples/cda" / f"{name}.xml").read_bytes()
    header = read_header(content)
    patient = subject(header.patient.ins, header.patient.oid)

    id = dmp.deposit(bundle(
        post(LIST, submission_set(FICHE, subject=patient)),
        post(FICHE, fiche_of(content, header)), post(BINARY, binary(content)),
    ))

    # Their authors are not the caller, one says that it replaces another document, one gives
    # its patient other given names than INSi.
    assert set(findings()) == {"EX_2.1-1140", *EXPECTED.get(name, ())}
    if header.patient.nom_naissance == "PAT-TROIS":
        assert [one["id"] for one in dmp.documents()] == [id]
        assert dmp.get(f"Binary/{id}").content == content
