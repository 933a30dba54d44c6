"""What a message must hold: refusals with their place, what qualifies, escape sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ins.rniv.codes import INDICATEURS
from tests.ins.rniv.conftest import Store, only
from tests.ins.rniv.messages import INS, Pam, pid, said

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


@pytest.mark.parametrize(("event", "segments", "header", "expected"), [
    ("A28", (), {}, ("AE", "100", "PID^1")),
    ("A28", (pid(""),), {}, ("AE", "101", "PID^1^3")),
    ("A28", (pid(name=""),), {}, ("AE", "101", "PID^1^5")),
    ("A28", (pid(born=""),), {}, ("AE", "101", "PID^1^7")),
    ("A28", (pid(),), {"control": ""}, ("AE", "101", "MSH^1^10")),
    ("A28", (pid(name="ADRUN^^^^^^L"),), {}, ("AE", "101", "PID^1^5")),
    ("A28", (pid(born="hier"),), {}, ("AE", "102", "PID^1^7")),
    ("A28", (pid(born="19751345"),), {}, ("AE", "102", "PID^1^7")),
    ("A28", (pid(born="00000000"),), {}, ("AE", "102", "PID^1^7")),
    ("A28", (pid(born="\u0661\u0669\u0667\u0665"),), {}, ("AE", "102", "PID^1^7")),
    ("A28", (pid(), "ZFD|19751"), {}, ("AE", "102", "ZFD^1^1")),
    ("A28", (pid(), "ZFD|00000000"), {}, ("AE", "102", "ZFD^1^1")),
    ("A28", (pid(ins=INS.replace("20260105", "hier")),), {}, ("AE", "102", "PID^1^3")),
    ("A28", (pid(), "ZFD|||||INSI|2026"), {}, ("AE", "102", "ZFD^1^6")),
    ("A28", (pid(), "ZFD|||||INSI|99999999"), {}, ("AE", "102", "ZFD^1^6")),
    ("A28", (pid(name="AD\x01RUN^ZOE^ZOE^^^^L"),), {}, ("AE", "102", "PID^1^5")),
    ("A28", (pid(name="AD\\X01\\RUN^ZOE^ZOE^^^^L"),), {}, ("AE", "102", "PID^1^5")),
    ("A28", (pid("1"), pid("2")), {}, ("AE", "100", "PID^2")),
    ("A28", (pid(sex="X"),), {}, ("AE", "103", "PID^1^8")),
    ("A28", (pid(status="SUR"),), {}, ("AE", "103", "PID^1^32")),
    ("A28", (pid(),), {"charset": "EBCDIC"}, ("AE", "103", "MSH^1^18")),
    ("R01", (pid(),), {"kind": "ORU"}, ("AR", "200", "MSH^1^9^1^1")),
    ("A01", (pid(),), {}, ("AR", "201", "MSH^1^9^1^2")),
    ("A28", (pid(),), {"processing": "X"}, ("AR", "202", "MSH^1^11")),
    ("A28", (pid(),), {"version": "2.3.1"}, ("AR", "203", "MSH^1^12")),
    ("A31", (pid(),), {}, ("AE", "204", "PID^1^3")),
    ("A40", (pid(),), {}, ("AE", "100", "MRG^1")),
    ("A40", (pid("1"), "MRG|2^^^A^PI", pid("3"), "MRG|4^^^A^PI"), {}, ("AE", "100", "MRG^2")),
    ("A40", (pid(), "MRG|"), {}, ("AE", "101", "MRG^1^1")),
    ("A40", (pid(), "MRG|9^^^CHU-X&000897406&N^PI"), {}, ("AE", "204", "MRG^1^1")),
])
def test_refusals_name_the_place(
    pam: Pam, event: str, segments: tuple[str, ...], header: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    assert said(pam.send(event, *segments, **header)) == expected


@pytest.mark.parametrize(("message", "said_so"), [
    (pid(born="19500000"), "une date lunaire va en ZFD-1"),
    (pid(name="AD\x00RUN^ZOE^ZOE^^^^L"), "caractère nul"),
], ids=["lunar", "null"])
def test_a_refusal_says_what_to_write_instead(pam: Pam, message: str, said_so: str) -> None:
    answer = pam.send("A28", message)
    assert said(answer)[0] == "AE"
    assert said_so in str(answer.segment("ERR")(8))


@pytest.mark.parametrize(("ins", "change", "statut"), [
    (INS.replace("275126322074974", "275126322074901"), {}, "QUAL"),
    (INS.replace("1.2.250.1.213.1.4.8", "9.9.9"), {}, "VALI"),
    ("275126322074974^^^^INS", {}, "VALI"),
    (INS.replace("275126322074974", "BONJOUR"), {}, "VALI"),
    (INS.replace("275126322074974", "2751263220749"), {}, "VALI"),
    (INS, {"place": "Mazoires"}, "VALI"),
    (INS, {"sex": "U"}, "VALI"),
    ("0123456789^^^ASIP-SANTE-INS-C&1.2.250.1.213.1.4.2&ISO^INS~" + INS, {}, "QUAL"),
    (INS, {"status": "VALI~PROV"}, "PROV"),
], ids=["key", "oid", "no-oid", "words", "no-key", "place", "sex", "ins-c", "two-statuses"])
def test_what_qualifies_is_a_matricule_with_its_traits(
    pam: Pam, store: Store, journal: Journal, ins: str, change: dict[str, str], statut: str
) -> None:
    segment = pid(ins=ins, **{"status": "VALI"} | change)
    assert said(pam.send("A28", segment, "ZFD||||N|INSI|20260105"))[0] == "AA"
    [entry] = journal(transaction="ITI-30.A28")
    assert entry["outcome"] != "error"
    patient = only(store)
    assert store.status(patient["id"])["statut"] == statut
    assert ("1.2.250.1.213.1.4.8" in str(patient["identifier"])) == (statut == "QUAL")
    assert store.send("GET", f"/Patient/{patient['id']}/$pam").status_code == 200


@pytest.mark.parametrize(("message", "told"), [
    (pid(ins=INS, status="VALI"), []),
    (pid(ins=INS, status="VALI", name="Adrun^Zoé^Zoé^^^^L"), []),
    (pid(ins=INS, status="VALI", name="AUTRE^ZOE^ZOE ANNE^^^^L", sex="M"), [
        ("PID^1^5^1^1", "ADRUN", "AUTRE"), ("PID^1^5^1^3", "ZOE", "ZOE ANNE"),
        ("PID^1^8", "F", "M")]),
    (pid(ins=INS, status="VALI", born="19751201", place="51215"), [
        ("PID^1^7", "1975-12-31", "1975-12-01"), ("PID^1^11", "63220", "51215")]),
    (pid(), []),
], ids=["right", "accents", "name", "born", "none"])
def test_a_matricule_that_is_someone_elses_is_told(
    pam: Pam, journal: Journal, message: str, told: list[tuple[str, str, str]]
) -> None:
    assert said(pam.send("A28", message, "ZFD|||||INSI|20260105"))[0] == "AA"
    assert [
        (each["at"], each["expected"], each["found"])
        for each in journal(transaction="ITI-30.A28")[0]["findings"]
        if each["rule"] == "RNIV-INS-PERSONNE"
    ] == told


def test_a_matricule_that_may_be_a_real_persons_is_told(pam: Pam, journal: Journal) -> None:
    pam.send("A28", pid(ins=INS.replace("275126322074974", "275126322075172"), status="VALI"))
    told = {each["rule"]: each for each in journal(transaction="ITI-30.A28")[0]["findings"]}
    assert told["INS-DONNEE-REELLE"]["found"] == "2751263… (masqué)"


@pytest.mark.parametrize(("zfd", "day"), [
    ((), "2026-01-05"), (("ZFD||||N|INSI|20260104",), "2026-01-04"),
], ids=["effective", "zfd"])
def test_the_date_of_the_call_of_insi(
    pam: Pam, store: Store, zfd: tuple[str, ...], day: str
) -> None:
    pam.send("A28", pid(ins=INS, status="VALI"), *zfd)
    assert store.status(only(store)["id"])["interrogee-le"] == day


def test_escape_sequences(pam: Pam, store: Store) -> None:
    pam.send("A28", pid(name="A\\F\\B\\S\\C\\Xzz\\D\\.br\\E\\H\\F\\XC3A9\\^Z\\E\\F\\E\\^Z^^^^L"))
    name = only(store)["name"][0]
    assert (name["family"], name["given"]) == ("A|B^C\\Xzz\\D EFé", ["Z\\F\\"])


def indicators(store: Store) -> tuple[dict[str, bool], list[str]]:
    """What the Patient says of the two, and ZFD-3 and ZFD-4 as the store sends them."""
    patient = only(store)
    known = {each["url"]: each["valueBoolean"] for each in patient["extension"]
             if each["url"] in INDICATEURS.values()}
    message = store.send("GET", f"/Patient/{patient['id']}/$pam").text
    [zfd] = [each for each in message.split("\r") if each.startswith("ZFD")]
    return known, zfd.split("|")[3:5]


def test_indicators_come_and_go_as_they_came(pam: Pam, store: Store, journal: Journal) -> None:
    sms, corrected = INDICATEURS[3], INDICATEURS[4]
    pam.send("A28", pid(), "ZFD|||Y|N|SM")
    assert indicators(store) == ({sms: True, corrected: False}, ["Y", "N"])
    pam.send("A31", pid(), "ZFD||||Y|SM")
    assert indicators(store) == ({sms: True, corrected: True}, ["Y", "Y"])
    pam.send("A31", pid(status="VALI"))
    assert indicators(store) == ({sms: True, corrected: True}, ["Y", "Y"])
    assert said(pam.send("A31", pid(), "ZFD|||O|1|SM"))[0] == "AA"
    found = {each["at"]: each["found"] for each in journal(transaction="ITI-30.A31")[0]["findings"]
             if each["rule"] == "PAM-INDICATEURS"}
    assert found == {"ZFD^1^3": "O", "ZFD^1^4": "1"}
    assert indicators(store) == ({sms: True, corrected: True}, ["Y", "Y"])
    pam.send("A31", pid(), "ZFD|||N|N|SM")
    assert indicators(store) == ({sms: False, corrected: False}, ["N", "N"])


def test_indicators_that_nobody_told(pam: Pam, store: Store) -> None:
    pam.send("A28", pid(), 'ZFD|||""||SM')
    assert indicators(store) == ({}, ["", "N"])


def test_indicators_told_by_fhir_leave_by_hl7(store: Store) -> None:
    made = store.create()
    made["extension"].append({"url": INDICATEURS[3], "valueBoolean": True})
    assert store.send("PUT", f"/Patient/{made['id']}", made).status_code == 200
    assert indicators(store) == ({INDICATEURS[3]: True}, ["Y", "N"])
