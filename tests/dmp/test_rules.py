"""Every rule on a deposit that keeps it, and on one that breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dmp import codes
from dmp.domain import Appelant, Depot, Fiche
from dmp.fhir.elements import Around
from dmp.fhir.fiche import read_fiche, read_lot, read_piece
from dmp.fhir.patients import designation
from dmp.rules import RULES
from services import catalog
from services.kernel.ports import NO_LISTS
from services.kernel.rules import Rule
from services.population import DmpState, Matricule, Patient
from tests.dmp import messages
from tests.dmp.messages import DOCTOR, DOCTOR_STRUCTURE, INS, Cda, Json, coded, labels

Change = Callable[[Json], object]
BY_ID = {rule.id: rule for rule in RULES}
CALLER = Appelant(DOCTOR)
SECRETARY = Appelant("3990780017/SECR0001", codes.CPE, frozenset({DOCTOR_STRUCTURE}))
PATIENT = Patient(
    messages.PATIENT_ID, Matricule(INS[:13], INS[13:], messages.OID), "PAT-TROIS",
    ("DOMINIQUE", "MARIE-LOUISE"), "F", "1979-03-28",
)
OID = "1.2.250.1.213.1.1.1.45.9999.1"


def fiche(change: Change | None = None, header: Mapping[str, str] | None = None,
          content: bytes | None = None, media_type: str = "text/xml") -> Fiche:
    if content is None:
        content = replace(Cda(OID), **(header or {})).encode()
    resource = messages.document(content, OID)
    if change is not None:
        change(resource)
    piece = asyncio.run(read_piece(messages.binary(content, media_type), "Binary"))
    around = Around.of(resource, {})
    said = designation(resource["subject"], around, "")
    return read_fiche(resource, "DocumentReference", piece, said, around)


def depot(*fiches: Fiche, change: Change | None = None, **fields: Any) -> Depot:
    resource = messages.submission_set("urn:uuid:1")
    if change is not None:
        change(resource)
    lot = read_lot(resource, "List", Around.of(resource, {}), {"urn:uuid:1": "DocumentReference"})
    told = {"patient": PATIENT, "lot": lot, "listes": catalog.code_lists(), **fields}
    return Depot(fiches or (fiche(),), CALLER, **told)


def places(rule: Rule, subject: Depot) -> list[str]:
    return [finding.at for finding in rule.findings(subject)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_complete_deposit_breaks_no_rule(rule: Rule) -> None:
    assert not list(rule.findings(depot()))


def put(*path: str | int, value: Any) -> Change:
    """Set what stands at this path; None removes it."""
    def change(resource: Any) -> None:
        for step in path[:-1]:
            resource = resource[step]
        if value is None:
            del resource[path[-1]]
        else:
            resource[path[-1]] = value
    return change


def to_attachment(name: str, value: Any) -> Change:
    return put("content", 0, "attachment", name, value=value)


_A = "DocumentReference.content[0].attachment"
BREACHES: list[tuple[str, Change, str]] = [
    ("SOCLE-DMP-UNIQUE-ID", put("masterIdentifier", "value", value="urn:uuid:1"),
     "DocumentReference.masterIdentifier.value"),
    ("SOCLE-DMP-UNIQUE-ID", put("masterIdentifier", "value", value="urn:oid:1.2^3"),
     "DocumentReference.masterIdentifier.value"),
    ("SOCLE-DMP-UNIQUE-ID", put("masterIdentifier", "value", value="urn:oid:1." + "2" * 127),
     "DocumentReference.masterIdentifier.value"),
    ("SOCLE-DMP-IDENTIFIANT", put("masterIdentifier", value=None),
     "DocumentReference.masterIdentifier.value"),
    ("SOCLE-DMP-TITRE", to_attachment("title", "x" * 129), f"{_A}.title"),
    ("SOCLE-DMP-TITRE", to_attachment("title", None), f"{_A}.title"),
    ("SOCLE-DMP-LANGUE", to_attachment("language", "fr"), f"{_A}.language"),
    ("SOCLE-DMP-DATE", put("date", value=None), "DocumentReference.date"),
    ("SOCLE-DMP-DATE-IMPOSSIBLE", put("date", value="2026-02-30"), "DocumentReference.date"),
    ("SOCLE-DMP-PERIODE", put("context", "period", value=None),
     "DocumentReference.context.period.start"),
    ("SOCLE-DMP-CADRE", put("context", "practiceSetting", value=None),
     "DocumentReference.context.practiceSetting"),
    ("SOCLE-DMP-SECTEUR", put("context", "facilityType", value=None),
     "DocumentReference.context.facilityType"),
    ("SOCLE-DMP-FORMAT", put("content", 0, "format", value=None),
     "DocumentReference.content[0].format"),
    ("SOCLE-DMP-CREATION", to_attachment("creation", None), f"{_A}.creation"),
    ("SOCLE-DMP-CONSERVATEUR", put("custodian", value=None), "DocumentReference.custodian"),
    ("SOCLE-DMP-PATIENT-SOURCE", put("context", "sourcePatientInfo", value=None),
     "DocumentReference.context.sourcePatientInfo"),
    ("SOCLE-DMP-DATE-IMPOSSIBLE", to_attachment("creation", "2026-02-30"), f"{_A}.creation"),
    ("SOCLE-DMP-TAILLE", to_attachment("size", 1.5), f"{_A}.size"),
    ("SOCLE-DMP-AFFINITE", put("context", "facilityType", value=coded("22232009")),
     "DocumentReference.context.facilityType"),
    ("SOCLE-DMP-AFFINITE", put("type", value=coded("0-0")), "DocumentReference.type"),
    ("SOCLE-DMP-STATUT", put("status", value="superseded"), "DocumentReference.status"),
    ("SOCLE-DMP-TYPE-CLASSE", put("category", value=[coded("11")]),
     "DocumentReference.category[0]"),
    ("SOCLE-DMP-TYPE", put("type", value=None), "DocumentReference.type"),
    ("SOCLE-DMP-TYPE-RESERVE", put("type", value=coded("DOCPAT01")), "DocumentReference.type"),
    ("SOCLE-DMP-TYPE-RESERVE", put("type", value=coded("EXPPAT_9")), "DocumentReference.type"),
    ("SOCLE-DMP-TYPE-RESERVE", put("type", value=coded("11369-6")), "DocumentReference.type"),
    ("SOCLE-DMP-TYPE-RESERVE", put("category", value=[coded("60")]),
     "DocumentReference.category[0]"),
    ("SOCLE-DMP-TYPE-RESERVE", put("category", value=[coded("90")]),
     "DocumentReference.category[0]"),
    ("EX_2.1-1140", put("contained", value=messages.practitioner("899900000045", "1990780017")),
     "DocumentReference.author"),
    ("SOCLE-DMP-AUTEUR", put("author", value=None), "DocumentReference.author"),
    ("SOCLE-DMP-VALIDEUR", put("authenticator", value=None), "DocumentReference.authenticator"),
    ("SOCLE-DMP-INS", put("subject", value=messages.subject(INS[:13])),
     "DocumentReference.subject"),
    ("SOCLE-DMP-INS-OID", put("subject", value=messages.subject(oid="1.2.3")),
     "DocumentReference.subject"),
    ("0.2-080", put("subject", value=messages.subject(oid=codes.NIA)),
     "DocumentReference.subject"),
    ("SOCLE-DMP-CONFIDENTIALITE", put("securityLabel", value=[]),
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-CONFIDENTIALITE", put("securityLabel", value=labels("MASQUE_PS")),
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-CONFIDENTIALITE", put("securityLabel", value=labels("N", "R", "V", "N", "N")),
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-CUMUL", put("securityLabel", value=labels("N", "MASQUE_PS", "INVISIBLE_PATIENT")),
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-REPRESENTANTS",
     put("securityLabel", value=labels("N", "INVISIBLE_REPRESENTANTS_LEGAUX")),
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-EMPREINTE", to_attachment("hash", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="), f"{_A}.hash"),
    ("SOCLE-DMP-TAILLE", to_attachment("size", 1), f"{_A}.size"),
    ("SOCLE-DMP-EMPREINTE-ABSENTE", to_attachment("hash", None), f"{_A}.hash"),
    ("SOCLE-DMP-EMPREINTE-ABSENTE", to_attachment("size", None), f"{_A}.size"),
    ("SOCLE-DMP-MIME", to_attachment("contentType", "application/xml"), f"{_A}.contentType"),
    ("SOCLE-DMP-MIME-ACCORD", to_attachment("contentType", "application/pdf"),
     f"{_A}.contentType"),
]


@pytest.mark.parametrize(("id", "change", "at"), BREACHES)
def test_a_breach_is_found_in_its_place(id: str, change: Change, at: str) -> None:
    assert places(BY_ID[id], depot(fiche(change))) == [at]


LOT_BREACHES: list[tuple[str, Change, str]] = [
    ("SOCLE-DMP-LOT-ACTIVITE", lambda lot: lot["extension"].pop(0),
     "List.extension('ihe-designationType')"),
    ("SOCLE-DMP-LOT-SOURCE", lambda lot: lot["extension"].pop(1),
     "List.extension('ihe-sourceId')"),
    ("SOCLE-DMP-LOT-AUTEUR", put("source", value=None), "List.source"),
    ("SOCLE-DMP-LOT-DATE", put("date", value=None), "List.date"),
    ("SOCLE-DMP-LOT-COMPLET", put("entry", value=None), "List.entry"),
    ("SOCLE-DMP-AFFINITE", put(
        "extension", 0, "valueCodeableConcept", value={"coding": [{"code": "0"}]},
    ), "List.extension('ihe-designationType')"),
]


@pytest.mark.parametrize(("id", "change", "at"), LOT_BREACHES)
def test_a_breach_of_the_lot_is_found_in_its_place(id: str, change: Change, at: str) -> None:
    assert places(BY_ID[id], depot(change=change)) == [at]


HEADER_BREACHES: list[tuple[str, dict[str, str], str]] = [
    ("SOCLE-DMP-CDA-ID", {"oid": "1.2.3"}, "DocumentReference.masterIdentifier.value"),
    ("SOCLE-DMP-CDA-TYPE", {"code": "34133-9"}, "DocumentReference.type"),
    ("SOCLE-DMP-CDA-TITRE", {"title": "Autre"}, f"{_A}.title"),
    ("SOCLE-DMP-CDA-LANGUE", {"language": "en-US"}, f"{_A}.language"),
    ("SOCLE-DMP-CDA-DATE", {"time": "20261103101501+0100"}, f"{_A}.creation"),
    ("SOCLE-DMP-CDA-PERIODE", {"low": "2025"}, "DocumentReference.context.period.start"),
    ("SOCLE-DMP-CDA-CADRE", {"setting": "HAD"}, "DocumentReference.context.practiceSetting"),
    ("SOCLE-DMP-CDA-SECTEUR", {"facility": "SA01"}, "DocumentReference.context.facilityType"),
    ("SOCLE-DMP-CDA-CONFIDENTIALITE", {"confidentiality": "R"},
     "DocumentReference.securityLabel"),
    ("SOCLE-DMP-CDA-REMPLACEMENT", {"replaces": "1.2.3"}, "DocumentReference.relatesTo"),
    ("SOCLE-DMP-CDA-INS", {"ins": "277076322082910"}, "DocumentReference.subject"),
    ("SOCLE-DMP-CDA-TRAITS", {"nom": "PAT-QUATRE"}, _A),
    ("SOCLE-DMP-CDA-TRAITS", {"prenom": "MARIE"}, _A),
    ("SOCLE-DMP-CDA-TRAITS", {"sexe": "M"}, _A),
    ("SOCLE-DMP-CDA-TRAITS", {"naissance": "19790329"}, _A),
    ("SOCLE-DMP-CDA-LISTES", {"code": "0-0"}, _A),
    ("SOCLE-DMP-CDA-LISTES", {"facility": "SA999"}, _A),
    ("SOCLE-DMP-CDA-LISTES", {"setting": "SA07"}, _A),
    ("SOCLE-DMP-CDA-CODE-FERME", {"confidentiality": "B"}, _A),
]


@pytest.mark.parametrize(("id", "header", "at"), HEADER_BREACHES)
def test_a_header_that_disagrees_is_found_in_its_place(
    id: str, header: dict[str, str], at: str
) -> None:
    assert places(BY_ID[id], depot(fiche(header=header))) == [at]


def test_a_matricule_that_looks_real_is_told_without_being_shown() -> None:
    rule = BY_ID["SOCLE-DMP-DONNEE-REELLE"]
    real = fiche(put("subject", value=messages.subject("185075505012364", codes.NIR)))
    (found,) = rule.findings(depot(real, patient=None))
    assert found.at == "DocumentReference.subject"
    assert "185075505012364" not in str(found)
    for fine in (
        depot(real), depot(patient=None),
        depot(fiche(put("subject", value=messages.subject("185075505012365", codes.NIR))),
              patient=None),
    ):
        assert not places(rule, fine)


ACCEPTED: list[tuple[str, Depot]] = [
    ("EX_2.1-1140", replace(depot(), appelant=SECRETARY)),
    ("EX_2.1-1140", depot(fiche(put("author", value=[{"display": "un autre"}])))),
    ("SOCLE-DMP-LANGUE", depot(fiche(
        lambda one: (put("type", value=coded("E1762"))(one),
                     to_attachment("language", "art")(one)),
    ))),
    ("SOCLE-DMP-CUMUL", depot(
        fiche(put("securityLabel", value=labels("N", "MASQUE_PS", "INVISIBLE_PATIENT"))),
        cumul=True,
    )),
    ("SOCLE-DMP-CUMUL", depot(fiche(lambda one: (
        put("type", value=coded("E1762"))(one),
        put("securityLabel", value=labels("N", "MASQUE_PS", "INVISIBLE_PATIENT"))(one),
    )))),
    ("SOCLE-DMP-REPRESENTANTS", depot(
        fiche(put("securityLabel", value=labels("N", "INVISIBLE_REPRESENTANTS_LEGAUX"))),
        patient=replace(PATIENT, dmp=DmpState(minor=True)),
    )),
    ("SOCLE-DMP-CDA-TRAITS", depot(fiche(header={"nom": "AUTRE"}), patient=None)),
    ("SOCLE-DMP-CDA-DATE", depot(fiche(header={"time": "20261103091500+0000"}))),
    ("SOCLE-DMP-CDA-DATE", depot(fiche(header={"time": "20261103"}))),
    ("SOCLE-DMP-CDA-REMPLACEMENT", depot(fiche(
        put("relatesTo", value=[
            {"code": "replaces", "target": {"reference": "DocumentReference/x"}},
        ]),
        header={"replaces": "1.2.3"},
    ))),
    ("SOCLE-DMP-TYPE-CLASSE", depot(fiche(put("type", value=coded("101881-1"))))),
    ("SOCLE-DMP-LOT-ACTIVITE", depot(lot=None)),
    ("SOCLE-DMP-CDA-DATE", depot(fiche(to_attachment("creation", None)))),
    ("SOCLE-DMP-TAILLE", depot(fiche(
        lambda one: to_attachment("size", float(one["content"][0]["attachment"]["size"]))(one)
    ))),
    *((id, depot(fiche(change), lot=None)) for id, change in (
        ("SOCLE-DMP-FORMAT", put("content", 0, "format", value=None)),
        ("SOCLE-DMP-CREATION", to_attachment("creation", None)),
        ("SOCLE-DMP-PERIODE", put("context", value=None)),
        ("SOCLE-DMP-CADRE", put("context", value=None)),
        ("SOCLE-DMP-SECTEUR", put("context", value=None)),
        ("SOCLE-DMP-PATIENT-SOURCE", put("context", value=None)),
        ("SOCLE-DMP-EMPREINTE-ABSENTE", to_attachment("hash", None)),
    )),
    ("SOCLE-DMP-INS", depot(fiche(put("subject", value=messages.subject("180032B02040137"))))),
]


@pytest.mark.parametrize(("id", "subject"), ACCEPTED)
def test_what_the_rule_allows_is_no_finding(id: str, subject: Depot) -> None:
    assert not places(BY_ID[id], subject)


def test_a_vaccination_note_is_normal_and_nothing_else() -> None:
    rule = BY_ID["SOCLE-DMP-VACCINATION"]

    def note(*codes_: str) -> Depot:
        return depot(fiche(lambda one: (
            put("type", value=coded("87273-9"))(one),
            put("securityLabel", value=labels(*codes_))(one),
        )))

    assert not places(rule, note("N"))
    assert places(rule, note("N", "INVISIBLE_PATIENT")) == ["DocumentReference.securityLabel"]


@pytest.mark.parametrize("content", [
    b"<ClinicalDocument", b"<autre/>", b"not xml",
    b'<!DOCTYPE a [<!ENTITY a "a">]><ClinicalDocument xmlns="urn:hl7-org:v3">&a;'
    b"</ClinicalDocument>",
])
def test_xml_that_is_no_cda_is_unreadable(content: bytes) -> None:
    assert places(BY_ID["SOCLE-DMP-LISIBLE"], depot(fiche(content=content))) == [_A]


def test_another_kind_of_document_is_not_read_as_xml() -> None:
    pdf = fiche(to_attachment("contentType", "application/pdf"), content=b"%PDF-1.4",
                media_type="application/pdf")
    assert not places(BY_ID["SOCLE-DMP-LISIBLE"], depot(pdf))
    assert places(BY_ID["SOCLE-DMP-MIME"], depot(pdf)) == [f"{_A}.contentType"]


def test_without_lists_no_code_is_out_of_the_domain() -> None:
    strange = fiche(put("context", "facilityType", value=coded("22232009")))
    assert not places(BY_ID["SOCLE-DMP-AFFINITE"], depot(strange, listes=NO_LISTS))


def test_the_affinity_finding_has_the_text_of_the_dmp() -> None:
    found = next(BY_ID["SOCLE-DMP-AFFINITE"].findings(
        depot(fiche(put("context", "facilityType", value=coded("22232009"))))
    ))
    assert found.found == "Le code 22232009 ne fait pas partie du domaine d'affinité"


def test_the_author_finding_has_the_text_of_the_dmp() -> None:
    """Dossier §7: the text is that of a deposit by a structure; a professional is told his own."""
    authors = messages.practitioner("899900000045", "1990780017")
    other = depot(fiche(put("contained", value=authors)))
    (own,) = BY_ID["EX_2.1-1140"].findings(other)
    assert (own.expected, own.found) == (DOCTOR, "899900000045")
    (found,) = BY_ID["EX_2.1-1140"].findings(replace(other, appelant=SECRETARY))
    assert found.expected == DOCTOR_STRUCTURE
    assert found.found == (
        "1990780017 : Aucun AuthorInstitution ne correspond à l'utilisateur du VIHF"
    )


@pytest.mark.parametrize(("person", "structure", "expected"), [
    ("99900000011", DOCTOR_STRUCTURE, "un PS_IdNat"), ("8999", DOCTOR_STRUCTURE, "un PS_IdNat"),
    (DOCTOR, "F990780017", "un Struct_IdNat"),
])
def test_national_identifiers_begin_with_their_type(
    person: str, structure: str, expected: str
) -> None:
    wrong = depot(fiche(put("contained", value=messages.practitioner(person, structure))))
    found = list(BY_ID["SOCLE-DMP-IDENTIFIANT-NATIONAL"].findings(wrong))
    assert [one.at for one in found] == [
        "DocumentReference.author", "DocumentReference.authenticator",
    ]
    assert {one.expected for one in found} == {expected}


def test_a_professional_of_the_structure_is_no_author() -> None:
    """Dossier §7: with his own card, the professional himself is among the authors."""
    colleague = replace(depot(), appelant=Appelant("899900000045"))
    assert places(BY_ID["EX_2.1-1140"], colleague) == ["DocumentReference.author"]


def test_every_fiche_of_a_lot_is_looked_at() -> None:
    wrong = fiche(to_attachment("title", "x" * 129))
    assert len(places(BY_ID["SOCLE-DMP-TITRE"], depot(fiche(), wrong, wrong))) == 2
