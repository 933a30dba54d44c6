"""Local identifiers and matricules of a message: what each may be, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ins.rniv.conftest import Store, matricules, only
from tests.ins.rniv.messages import INS, Pam, pid, said

Json = dict[str, Any]
Journal = Callable[..., list[Json]]
OID = "1.2.250.1.213.1.4.8"
ECETINSI = ("ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220")


def local(number: str) -> str:
    return f"{number}^^^CHU-X&000897406&N^PI"


def by_ipp(store: Store, number: str) -> Json:
    [entry] = store.send("GET", f"/Patient?identifier={number}").json()["entry"]
    patient: Json = entry["resource"]
    return patient


def rules_of_last(journal: Journal, event: str) -> set[str]:
    return {each["rule"] for each in journal(transaction=f"ITI-30.{event}")[0]["findings"]}


@pytest.mark.parametrize("claimed", [
    f"275126322074974^^^&{OID}&ISO^PI", f"275126322074974^^^&{OID}&ISO",
    f"275126322074974^^^ASIP-SANTE-INS-NIR&{OID}&ISO^PI",
    "275126322074974^^^ASIP-SANTE-INS-NIR^PI", f"275126322074974^^^&urn:oid:{OID}&URI^PI",
], ids=["pi", "no-type", "named-pi", "name-alone", "uri"])
def test_a_matricule_is_no_local_identifier(
    pam: Pam, store: Store, journal: Journal, claimed: str
) -> None:
    assert said(pam.send("A28", pid(ins=claimed)))[0] == "AA"
    patient = only(store)
    message = store.send("GET", f"/Patient/{patient['id']}/$pam").text
    assert not matricules(str(patient))
    assert not matricules(message)
    if f"&{OID}&" in claimed:
        assert {"EXI ID 29", "PAM-TYPE-INS"} <= rules_of_last(journal, "A28")


def test_a_matricule_alone_identifies_nobody_here(pam: Pam) -> None:
    segment = pid("", f"275126322074974^^^&{OID}&ISO^PI", status="VALI")
    assert said(pam.send("A28", segment)) == ("AE", "101", "PID^1^3")


def test_a_matricule_of_another_type_qualifies_and_is_told(
    pam: Pam, store: Store, journal: Journal
) -> None:
    claimed = f"275126322074974^^^ASIP-SANTE-INS-NIR&{OID}&ISO^PI"
    pam.send("A28", pid(ins=claimed, status="VALI"), "ZFD||||N|INSI|20260105")
    assert store.status(only(store)["id"])["statut"] == "QUAL"
    assert rules_of_last(journal, "A28") == {"PAM-TYPE-INS"}


def test_identifiers_of_two_identities_are_a_duplicate(pam: Pam, store: Store) -> None:
    for number in ("4", "5"):
        assert said(pam.send("A28", pid(number)))[0] == "AA"
    answer = pam.send("A31", pid("4", local("5")))
    assert said(answer) == ("AE", "205", "PID^1^3")
    assert "A40" in str(answer.segment("ERR")(8))
    assert store.status(by_ipp(store, "4")["id"])["actes"][0]["action"] == "A28"


def test_the_identifier_that_is_taken_is_named(pam: Pam) -> None:
    pam.send("A28", pid("5"))
    answer = pam.send("A28", pid("99", local("5")))
    assert said(answer) == ("AE", "205", "PID^1^3")
    assert str(answer.segment("ERR")(8)).endswith(": 5")


def test_after_a_merge_both_identifiers_are_of_the_one_that_stays(
    pam: Pam, store: Store
) -> None:
    for number in ("4", "5"):
        pam.send("A28", pid(number))
    assert said(pam.send("A40", pid("4"), f"MRG|{local('5')}"))[0] == "AA"
    assert said(pam.send("A31", pid("5", local("4"), sex="U")))[0] == "AA"
    assert by_ipp(store, "4")["gender"] == "unknown"
    assert said(pam.send("A31", pid("5")))[:2] == ("AE", "207")


def test_two_identities_of_one_matricule_are_a_finding(
    pam: Pam, store: Store, journal: Journal
) -> None:
    zfd = "ZFD||||N|INSI|20260105"
    pam.send("A28", pid("1", INS, status="VALI"), zfd)
    assert rules_of_last(journal, "A28") == set()
    pam.send("A28", pid("2", INS, status="VALI"), zfd)
    assert rules_of_last(journal, "A28") == {"RNIV-DOUBLON"}
    pam.send("A31", pid("1", INS, status="VALI"), zfd)
    assert rules_of_last(journal, "A31") == {"RNIV-DOUBLON"}


def test_a_former_number_is_of_the_same_person(pam: Pam, store: Store) -> None:
    kept = store.qualified(*ECETINSI)
    old = f"209076322083439^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"
    name = "ECETINSI^PIERRE-ALAIN^PIERRE-ALAIN MURIEL FLORIANT^^^^L"
    pam.send("A28", pid("21", old, name=name, born="20090714", sex="M", status="VALI"))
    gone = by_ipp(store, "21")["id"]
    assert store.status(gone)["statut"] == "QUAL"
    answer = store.send("POST", "/Patient/$merge", {"resourceType": "Parameters", "parameter": [
        {"name": "source-patient", "valueReference": {"reference": f"Patient/{gone}"}},
        {"name": "target-patient", "valueReference": {"reference": f"Patient/{kept}"}},
    ]})
    assert answer.status_code == 200, answer.text


def test_how_a_provisional_identity_was_collected_is_kept(pam: Pam, store: Store) -> None:
    for number, told, kept in (("1", "CV", "CV"), ("2", "INSI", "SM"), ("3", "BLA", "SM")):
        assert said(pam.send("A28", pid(number), f"ZFD|||||{told}"))[0] == "AA"
        message = store.send("GET", f"/Patient/{by_ipp(store, number)['id']}/$pam").text
        [zfd] = [each for each in message.split("\r") if each.startswith("ZFD")]
        assert zfd.split("|")[5] == kept


def test_acts_tell_the_status_and_the_attributes_that_came(pam: Pam, store: Store) -> None:
    pam.send("A28", pid())
    pam.send("A31", pid(status="PROV~DOUT~HOMA"))
    last, first = store.status(only(store)["id"])["actes"]
    assert (last["detail"], last["attributs"]) == ("PID-32 DOUT, HOMA, PROV", "DOUT, HOMA")
    assert first["detail"] == "IPP 000003 ; PID-32 PROV"


def test_hexadecimal_sequences_are_in_the_set_of_the_message(pam: Pam, store: Store) -> None:
    text = pam.text("A28", pid(name="ADR\\XC9\\N^ZOE^ZOE^^^^L"), charset="8859/1")
    pam.sent(text.encode("latin-1"))
    assert only(store)["name"][0]["family"] == "ADRÉN"


@pytest.mark.parametrize(("declared", "codec", "answered"), [
    ("UTF-8", "utf-8", "UNICODE UTF-8"), ("", "utf-8", "UNICODE UTF-8"),
    ("", "latin-1", "8859/1"), ("8859/15", "iso8859-15", "8859/15"), ("ASCII", "ascii", "ASCII"),
], ids=["unknown", "none-utf-8", "none-latin-1", "latin-9", "ascii"])
def test_an_acknowledgement_says_its_own_set(
    pam: Pam, declared: str, codec: str, answered: str
) -> None:
    name = "" if codec == "ascii" else "Ét\xe9^"
    answer = pam.sent(pam.text("A28", pid(name=name), charset=declared).encode(codec))
    text = answer[1:].decode(codec)
    assert text.split("\r")[0].split("|")[17] == answered
    assert ("Trouvé" in text or "prénom" in text or "UTF-8" in text) == (codec != "ascii")
    assert "?" not in text


def test_a_fictitious_identity_is_merged_with_its_like_only(pam: Pam, store: Store) -> None:
    for number, status in (("1", "PROV~FICT"), ("2", "PROV"), ("3", "PROV~FICT")):
        pam.send("A28", pid(number, status=status))
    for kept, gone in (("2", "1"), ("1", "2")):
        answer = pam.send("A40", pid(kept), f"MRG|{local(gone)}")
        assert said(answer)[:2] == ("AE", "207")
        assert "fictive" in str(answer.segment("ERR")(8))
    assert said(pam.send("A40", pid("3"), f"MRG|{local('1')}"))[0] == "AA"


def test_a_document_that_is_refused_says_which_serve(store: Store) -> None:
    answer = store.do(store.create()["id"], "validate-identity", document="PC")
    [text] = [each["diagnostics"] for each in answer.json()["issue"] if "EXI" in str(each)
              or "pièce suffisante" in each.get("diagnostics", "")][:1]
    assert "CN, PA, CS" in text
    assert "PC : le permis de conduire" in text


def test_what_an_identity_replaced_stays_when_it_is_replaced(pam: Pam, store: Store) -> None:
    ids = {}
    for letter in "wxyz":
        pam.send("A28", pid(letter))
        ids[letter] = by_ipp(store, letter)["id"]
    for kept, gone in (("x", "w"), ("x", "y"), ("z", "x")):
        assert said(pam.send("A40", pid(kept), f"MRG|{local(gone)}"))[0] == "AA"

    def links(letter: str) -> list[tuple[str, str]]:
        names = {f"Patient/{id}": name for name, id in ids.items()}
        return [(each["type"], names[each["other"]["reference"]])
                for each in store.read(ids[letter]).get("link", ())]

    assert links("x") == [("replaces", "w"), ("replaces", "y"), ("replaced-by", "z")]
    assert links("z") == [("replaces", "x")]
    store.done(ids["w"], "unmerge")
    store.done(ids["x"], "unmerge")
    assert [links(each) for each in "wxyz"] == [
        [], [("replaces", "y")], [("replaced-by", "x")], [],
    ]


def test_a_birth_to_come_is_a_finding_through_both_doors(
    pam: Pam, store: Store, journal: Journal
) -> None:
    assert said(pam.send("A28", pid(born="20990101")))[0] == "AA"
    assert "RNIV-NAISSANCE-FUTURE" in rules_of_last(journal, "A28")
    store.create("ADRUN", "ZOE", "F", "2099-01-01", "63220")
    [typed] = journal(transaction="rniv.create")
    assert [each["at"] for each in typed["findings"]
            if each["rule"] == "RNIV-NAISSANCE-FUTURE"] == ["Patient.birthDate"]


def test_an_identifier_typed_in_fhir_is_that_of_messages(pam: Pam, store: Store) -> None:
    kind = [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}]
    for system, authority in (("urn:socle:hl7:CHU-X:000897406:N", "CHU-X&000897406&N"),
                              ("urn:oid:1.2.3.4", "&1.2.3.4&ISO")):
        made = store.create(identifier=[
            {"type": {"coding": kind}, "system": system, "value": "71"}
        ])
        segment = pid("", f"71^^^{authority}^PI", sex="U")
        assert said(pam.send("A31", segment))[0] == "AA"
        assert store.read(made["id"])["gender"] == "unknown"
