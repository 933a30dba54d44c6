"""Looking codes up: names of lists, partial lists, closed codes, case, versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import catalog
from services.kernel.ports import NO_LISTS, CodeStatus, CodeValidation
from services.terminologies import code_lists

LISTS = code_lists()
NOS = "https://mos.esante.gouv.fr/NOS"
CLASSES = f"{NOS}/JDV_J06-XdsClassCode-CISIS/FHIR/JDV-J06-XdsClassCode-CISIS"
A03 = f"{NOS}/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"
G08 = f"{NOS}/TRE_G08-TypeIdentifiantPersonne/FHIR/TRE-G08-TypeIdentifiantPersonne"
R256 = f"{NOS}/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie"
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
HL7_GENDER = "http://hl7.org/fhir/administrative-gender"
FR_CORE = "https://hl7.fr/ig/fhir/core"


def test_the_catalog_fills_the_port_without_a_sandbox() -> None:
    port: CodeValidation = catalog.code_lists()
    assert port is LISTS
    assert port.check(GENDER, HL7_GENDER, "male") == "member"


@pytest.mark.parametrize("name", [
    CLASSES, "1.2.250.1.213.1.1.5.462", "urn:oid:1.2.250.1.213.1.1.5.462", f"{CLASSES}|0.1.0",
    "JDV_J06-XdsClassCode-CISIS", "jdv_j06_xdsclasscode_cisis", "JDV_J06", "JDV-J06", "J06",
    CLASSES.replace("https:", "http:"), CLASSES.replace("/JDV-J06", "/JDV_J06"),
])
def test_t2_a_list_goes_by_every_name(name: str) -> None:
    for system in (A03, "1.2.250.1.213.1.1.4.1", "urn:oid:1.2.250.1.213.1.1.4.1", ""):
        assert LISTS.check(name, system, "10") == "member"
        assert LISTS.check(name, system, "99") == "not-member"
    found = LISTS.list_of(name)
    assert found is not None
    assert (found.url, len(found), found.complete) == (CLASSES, 11, True)


def test_t1_one_display_by_url_and_by_oid() -> None:
    by_url = LISTS.display(f"{NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante", "10")
    assert by_url == LISTS.display("urn:oid:1.2.250.1.71.1.2.7", "10") == "Médecin"


def test_t3_a_code_under_the_wrong_system_is_no_member() -> None:
    assert LISTS.check("JDV_J08", "1.2.250.1.213.1.1.4.13", "MASQUE_PS") == "member"
    assert LISTS.check("JDV_J08", "2.16.840.1.113883.5.25", "MASQUE_PS") == "not-member"
    assert LISTS.check("JDV_J08", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N") \
        == "member"


def test_t4_a_closed_code_is_a_member_and_says_so() -> None:
    assert LISTS.check(G08, G08, "2") == "member"
    by_oid = LISTS.status("urn:oid:1.2.250.1.71.1.2.15", "2")
    assert by_oid == CodeStatus("closed", since="", until="2020-05-29")
    assert LISTS.status(G08, "8") == CodeStatus("active")
    assert LISTS.status(G08, "nothing").state == "unknown"
    assert LISTS.status("urn:nowhere", "8").state == "unknown"


def test_closed_codes_of_hl7_have_their_date() -> None:
    dated = [
        (system, code) for about in LISTS if about.kind == "CodeSystem"
        for system, code, until in closures(about.canonical) if until
    ]
    assert len(dated) > 10
    for system, code in dated:
        assert LISTS.status(system, code).state == "closed"


def closures(name: str) -> list[tuple[str, str, str]]:
    found = LISTS.list_of(name)
    assert found is not None
    return [(found.url, code, until) for code, (_, until) in found.closed.items()]


def test_t5_the_nos_ignores_case_and_hl7_does_not() -> None:
    assert LISTS.check(R256, R256, "mssante") == "member"
    assert LISTS.check("R256", "", "mssante") == "member"
    assert LISTS.display(R256, "mssante") == LISTS.display(R256, "MSSANTE") != ""
    assert LISTS.check(GENDER, HL7_GENDER, "Male") == "not-member"


def test_a_fhir_code_has_the_systems_of_its_list() -> None:
    assert LISTS.check(f"{GENDER}|4.0.1", "", "female") == "member"
    assert LISTS.check(GENDER, "", "F") == "not-member"
    assert LISTS.check(GENDER, "http://other", "female") == "not-member"


@pytest.mark.parametrize("name", [
    "https://interop.esante.gouv.fr/ig/fhir/eprescription/ValueSet/fr-mp-dose-form",
    "https://interop.esante.gouv.fr/ig/fhir/eprescription/ValueSet/fr-route-of-administration",
    "TRE_R72", "TRE_A02", "urn:oid:1.2.250.1.213.1.1.5.676",
])
def test_a_partial_list_never_says_no(name: str) -> None:
    found = LISTS.list_of(name)
    assert found is not None
    assert not found.complete
    for system in found.about.open | {""}:
        assert LISTS.check(name, system, "no such code") == "unknown"
    assert LISTS.check(name, "urn:another:system", "no such code") == "not-member"


def test_a_list_partly_withheld_is_open_for_that_system_only() -> None:
    """JDV_J147 draws on SNOMED CT, which is not shipped, and on the NOS."""
    snomed = "http://snomed.info/sct"
    assert LISTS.check("JDV_J147", "urn:oid:2.16.840.1.113883.6.96", "1") == "unknown"
    assert LISTS.check("JDV_J147", snomed, "1") == "unknown"
    assert LISTS.check("JDV_J147", "http://loinc.org", "nothing") == "not-member"


def test_a_url_and_an_oid_that_may_be_one_system_are_not_held_to_differ() -> None:
    """The NOS publishes some value sets with OIDs of systems whose URL is not known here."""
    oid = next(iter(LISTS.list_of("JDV_J34") or ()))
    assert oid.system == "urn:oid:1.2.250.1.213.3.3.39"
    unheard = f"{NOS}/TRE_R999-Inconnue/FHIR/TRE-R999-Inconnue"
    assert LISTS.check("JDV_J34", oid.system, oid.code) == "member"
    assert LISTS.check("JDV_J34", unheard, oid.code) == "unknown"
    assert LISTS.check("JDV_J34", unheard, "no such code") == "not-member"
    assert LISTS.check("JDV_J34", A03, oid.code) == "not-member"
    assert LISTS.check(GENDER, "urn:oid:1.2.3", "male") == "not-member"


def test_an_unknown_list_says_nothing() -> None:
    assert LISTS.check("http://nowhere/ValueSet/none", HL7_GENDER, "male") == "unknown"
    assert LISTS.list_of("http://nowhere/ValueSet/none") is None
    assert NO_LISTS.check(GENDER, HL7_GENDER, "male") == "unknown"
    assert NO_LISTS.display(HL7_GENDER, "male") == ""
    assert NO_LISTS.status(HL7_GENDER, "male").state == "unknown"
    assert NO_LISTS.list_of(GENDER) is None


def test_another_version_speaks_for_a_code_and_never_against() -> None:
    assert LISTS.check(f"{CLASSES}|20300101120000", A03, "10") == "member"
    assert LISTS.check(f"{CLASSES}|20300101120000", A03, "99") == "unknown"
    assert LISTS.list_of(f"{CLASSES}|20300101120000") is None


def test_two_versions_of_one_list_side_by_side() -> None:
    name = f"{FR_CORE}/ValueSet/fr-core-vs-mode-validation-identity"
    system = f"{FR_CORE}/CodeSystem/fr-core-cs-mode-validation-identity"
    old, new = LISTS.list_of(f"{name}|2.1.0"), LISTS.list_of(f"{name}|2.2.0")
    assert old is not None
    assert new is not None
    assert (len(old), len(new)) == (10, 13)
    added = {each.code for each in new} - {each.code for each in old}
    for code in added:
        assert LISTS.check(f"{name}|2.1.0", system, code) == "not-member"
        assert LISTS.check(name, system, code) == "member"
    assert LISTS.list_of(name) is new


def test_names_are_remembered_within_bounds() -> None:
    lists = code_lists.__wrapped__()
    for number in range(200):
        assert lists.check(f"http://nowhere/{number}", "", "x") == "unknown"
    assert not lists._asked


@given(st.text(), st.text(), st.text())
def test_any_text_has_an_answer(value_set: str, system: str, code: str) -> None:
    assert LISTS.check(value_set, system, code) in ("member", "not-member", "unknown")
    assert LISTS.check("JDV_J07", system, code) in ("member", "not-member")
    assert isinstance(LISTS.display(system, code), str)
    assert LISTS.status(system, code).state in ("active", "closed", "unknown")


@given(st.sampled_from([about for about in LISTS if about.shipped]), st.data())
def test_every_code_of_a_list_is_its_member(about: object, data: st.DataObject) -> None:
    found = LISTS.list_of(about.canonical)  # type: ignore[attr-defined]
    assert found is not None
    concept = data.draw(st.sampled_from(sorted(found, key=lambda c: (c.system, c.code))))
    for name in (found.url, f"{found.url}|{found.version}"):
        if LISTS.list_of(name) is found:
            assert LISTS.check(name, concept.system, concept.code) == "member"
            assert LISTS.check(name, "", concept.code) == "member"
    if found.kind == "CodeSystem" and LISTS.list_of(found.url) is found:
        assert LISTS.status(concept.system, concept.code).state in ("active", "closed")
        assert LISTS.display(concept.system, concept.code) == concept.label
