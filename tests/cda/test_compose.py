from __future__ import annotations

from datetime import UTC, datetime

from services.cda import CdaAuthor, CdaCode, CdaIdentifier, CdaPatient, CdaStructure, read_header
from services.cda.compose import Ordonnance, compose_ordonnance, sheet

PATIENT = CdaPatient(
    ins="279035121518989", oid="1.2.250.1.213.1.4.10",
    identifiers=(CdaIdentifier("1.2.250.1.213.1.4.10", "279035121518989"),),
    nom_naissance="PAT-TROIS", prenoms=("DOMINIQUE", "MARIE-LOUISE"), premier_prenom="DOMINIQUE",
    sexe="F", date_naissance="1979-03-28", lieu_naissance="51215", nom_utilise="PAT-TROIS",
    prenom_utilise="DOMINIQUE",
    mailbox="279035121518989@patient.mssante.fr",
)
AUTHOR = CdaAuthor(
    "899700000001", "D'ARC & <FILS>", "Jeanne",
    CdaCode("G15_10/SM26", "1.2.250.1.213.1.1.4.5", "Médecin"),
    CdaStructure("10B0000001", "Cabinet"),
)
ORDONNANCE = Ordonnance(
    id="2.25.1", set_id="2.25.2", numero="01BCDEFGHJKLMNPQRS", patient=PATIENT,
    prescripteur=AUTHOR, secteur=CdaCode("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
    cadre=CdaCode("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
    redigee=datetime(2026, 3, 2, 9, 30, tzinfo=UTC), fin=datetime(2026, 6, 2, tzinfo=UTC),
    lignes=("PARACÉTAMOL 1 g, comprimé : 1 comprimé 3 fois par jour pendant 5 jours",),
)


def test_composed_document_reads_back() -> None:
    read = read_header(compose_ordonnance(ORDONNANCE))

    assert read.patient == PATIENT
    assert (read.id, read.set_id, read.version) == ("2.25.1", "2.25.2", "1")
    assert (read.code, read.language, read.confidentiality.code) == ("57833-6", "fr-FR", "N")
    assert (read.authors[0].nom, read.authors[0].structure) == (AUTHOR.nom, AUTHOR.structure)
    assert read.legal_authenticator == read.authors[0]
    assert read.service_events[0].id == "1.2.250.1.215.500.1.1^01BCDEFGHJKLMNPQRS"
    assert read.service_events[0].high == "20260602000000+0000"
    assert (read.practice_setting, read.facility_type) == (ORDONNANCE.cadre, ORDONNANCE.secteur)
    assert (read.body, read.body_media_type) == ("nonXML", "text/plain")


def test_sheet_says_it_is_fictitious() -> None:
    text = sheet(ORDONNANCE)

    assert "N° 01BCDEFGHJKLMNPQRS" in text
    assert "fictif" in text
    assert "1. PARACÉTAMOL" in text
