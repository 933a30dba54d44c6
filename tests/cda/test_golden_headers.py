"""Every header field of the ten public documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.cda import CdaCode, CdaHeader, CdaIdentifier, CdaRelatedDocument, read_header

Header = Callable[[str], CdaHeader]

PAT_TROIS = ("279035121518989", "1.2.250.1.213.1.4.10", "PAT-TROIS", ("DOMINIQUE", "MARIE-LOUISE"))
NESSI = ("277076322082910", "1.2.250.1.213.1.4.8", "NESSI")

EXPECTED = {
    "BIO-CR-BIO_2024.01_TSH_1.xml": (
        "1.2.250.1.213.1.1.1.55.2024.9.1", "11502-2", PAT_TROIS, "801234534765",
        "AMBULATOIRE", "SA25", "structured",
    ),
    "BIO-TROD_2024.01_Angine.xml": (
        "1.2.250.1.213.1.1.1.59.2024.1.1", "96173-0", PAT_TROIS, "807655473259",
        "DEPISTAGE", "SA33", "structured",
    ),
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml": (
        "1.3.6.1.4.1.19376.1.2.20.12345.1.1", "11502-2", PAT_TROIS, "801234534765",
        "AMBULATOIRE", "SA07", "nonXML",
    ),
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml": (
        "1.2.250.1.213.1.1.1.45.2024.2.1", "18748-4", PAT_TROIS, "801234560801",
        "AMBULATOIRE", "SA08", "nonXML",
    ),
    "LDL-SES_2022.01.xml": (
        "1.2.250.1.213.1.1.1.29.2022.1.1", "11490-0", PAT_TROIS, "801234567897",
        "ETABLISSEMENT", "SA01", "structured",
    ),
    "OBP-SCM_2024.01.xml": (
        "1.2.250.1.213.1.1.1.12.4.2024.1.1", "89235-6",
        (*NESSI, ("Marie", "Jeanne", "Michelle")), "801234567897",
        "ETABLISSEMENT", "SA04", "structured",
    ),
    "VAC-NOTE_2023.01.xml": (
        "1.2.250.1.213.1.1.1.46.2023.1.1", "87273-9", PAT_TROIS, "801234567897",
        "AMBULATOIRE", "SA07", "structured",
    ),
    "VSM_1.4_2022.01.xml": (
        "1.2.250.1.213.1.1.1.13.2022.1.1", "SYNTH", PAT_TROIS, "801234567897",
        "ETABLISSEMENT", "SA04", "structured",
    ),
    "eDISP-MED_2024.01.xml": (
        "1.2.250.1.213.1.1.1.54.2024.1.1", "60593-1", (*NESSI, ("RUTH", "ISABELLE")),
        "578435954900010/1.2.250.1.176.1", "AMBULATOIRE", "SA33", "structured",
    ),
    "eP-MED-DM_2022.01_PosoStruct.xml": (
        "1.2.250.1.213.1.1.1.39.2022.2.1", "57833-6", PAT_TROIS, "801234567897",
        "AMBULATOIRE", "SA07", "structured",
    ),
}


@pytest.fixture
def header(golden: Callable[[str], bytes]) -> Header:
    return lambda name: read_header(golden(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_header_of_each_public_document(header: Header, name: str) -> None:
    identifier, code, patient, author, practice, facility, body = EXPECTED[name]

    read = header(name)

    person = read.patient
    assert (read.id, read.code, read.body) == (identifier, code, body)
    assert (person.ins, person.oid, person.nom_naissance, person.prenoms) == patient
    assert person.premier_prenom == person.prenoms[0]
    assert (person.sexe, person.lieu_naissance) == ("F", "51215")
    assert read.authors[0].id_nat == author
    assert (read.practice_setting.code, read.facility_type.code) == (practice, facility)
    assert read.language == "fr-FR"
    assert read.confidentiality == CdaCode("N", "2.16.840.1.113883.5.25", "Normal")
    assert read.set_id
    assert read.title
    assert read.effective_time
    assert read.custodian.id
    assert read.legal_authenticator is not None


def test_patient_role_has_the_ins_and_the_local_number(header: Header) -> None:
    person = header("eP-MED-DM_2022.01_PosoStruct.xml").patient

    assert person.identifiers == (
        CdaIdentifier("1.2.250.1.213.1.4.10", "279035121518989"),
        CdaIdentifier("1.2.3.4.567.8.9.10", "1234567890121"),
    )
    assert person.mailbox == "279035121518989@patient.mssante.fr"
    assert person.date_naissance == "1979-03-28"


def test_prescription_number_and_validity_are_in_the_first_service_event(header: Header) -> None:
    event = header("eP-MED-DM_2022.01_PosoStruct.xml").service_events[0]

    assert event.id == "1.2.250.1.215.500.1.1^01S2TBPZ2JCNZZYGHZ"
    assert (event.low, event.high) == ("20211201091000+0100", "20221130091000+0100")
    assert event.code.code == "57833-6"


def test_used_name_and_first_given_name_written_apart(header: Header) -> None:
    person = header("eDISP-MED_2024.01.xml").patient

    assert (person.premier_prenom, person.prenoms) == ("RUTH", ("RUTH", "ISABELLE"))
    assert person.nom_utilise == "DECOURCY"


def test_author_may_be_a_device(header: Header) -> None:
    device, person = header("eDISP-MED_2024.01.xml").authors

    assert (device.device, device.nom) == (True, "Dossier Pharmaceutique")
    assert (person.device, person.nom, person.prenom) == (False, "DELIVE", "Pierre")
    assert person.structure.name == "Pharmacie du village"


def test_replaced_document(header: Header) -> None:
    read = header("IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml")

    assert read.version == "2"
    assert read.related_documents == (
        CdaRelatedDocument("RPLC", "90E1C8EC-F951-4B26-A305-A34848818DD6"),
    )
    assert read.body_media_type == "application/pdf"
