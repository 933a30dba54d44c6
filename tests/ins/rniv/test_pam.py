"""PAM FR over MLLP, into the store: python-hl7's own client, and bytes by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import hl7
import httpx
import pytest

from services import app
from services.settings import Settings
from tests.conftest import Server
from tests.ins.rniv.conftest import Store, by_name, eventually, matricules, only
from tests.ins.rniv.messages import END, INS, NAME, START, Pam, pid, read_frames, said

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


def test_an_identity_is_created_and_acknowledged(
    pam: Pam, store: Store, journal: Journal
) -> None:
    answer = pam.send("A28", pid(name=f"{NAME}~DURAND^ZOZO^^^^^D"))
    assert said(answer) == ("AA", "", "")
    assert str(answer.segment("MSA")(2)) == "3975"
    msh = answer.segment("MSH")
    assert [str(msh(n)) for n in (3, 4, 5, 6)] == ["SOCLE", f"t/{pam.tenant}", "GAM", "CHU-X"]
    assert str(msh(9)) == "ACK^A28^ACK"
    patient = only(store)
    assert patient["name"][0]["family"] == "ADRUN"
    assert patient["name"][1] == {"use": "usual", "family": "DURAND", "given": ["ZOZO"]}
    assert patient["address"][0]["city"] == "PARIS"
    assert patient["telecom"] == [{"system": "phone", "value": "0102030405"}]
    assert patient["identifier"][0]["value"] == "000003"
    status = store.status(patient["id"])
    assert status["statut"] == "PROV"
    [act] = status["actes"]
    assert (act["action"], act["acteur"], act["porte"]) == ("A28", "GAM@CHU-X", "mllp")
    [entry] = journal(transaction="ITI-30.A28")
    assert (entry["protocol"], entry["response"]["status"]) == ("MLLP", "AA")
    assert entry["outcome"] == "pass"
    raw = store.api.get(entry["request"]["raw"]).text
    assert raw.startswith("MSH|^~\\&|GAM")


def test_a_qualified_identity_comes_with_its_matricule(pam: Pam, store: Store) -> None:
    zfd = "ZFD||||N|INSI|20260105"
    assert said(pam.send("A28", pid(ins=INS, status="VALI"), zfd))[0] == "AA"
    patient = only(store)
    assert matricules(str(patient))
    status = store.status(patient["id"])
    assert (status["statut"], status["interrogee-le"]) == ("QUAL", "2026-01-05")


@pytest.mark.parametrize(("fields", "rule", "left"), [
    ({"ins": INS, "status": "PROV"}, "EXI ID 29", "PROV"),
    ({"ins": INS, "status": "VALI", "place": ""}, "RNIV-INS-TRAITS", "VALI"),
    ({"ins": INS.replace("974^^^", "900^^^"), "status": "VALI"}, "RNIV-INS-CLE", "QUAL"),
    ({"ins": INS.replace("1.4.8", "1.4.99"), "status": "VALI"}, "RNIV-INS-TRAITS", "VALI"),
    ({"ins": INS.replace("275126322074974", ""), "status": "VALI"}, "RNIV-INS-CLE", "VALI"),
    ({"status": "VALI~DOUT"}, "PAM-DOUTE", "PROV"),
    ({"status": "PROV~DOUT~FICT"}, "PAM-FICTIVE", "PROV"),
    ({"status": ""}, "PAM-STATUT", "PROV"),
    ({"name": "ADRUN^ZOE^LEA ZOE^^^^L"}, "PAM-PRENOMS", "PROV"),
    ({"ins": INS, "status": "VALI"}, "PAM-METHODE", "QUAL"),
])
def test_what_messages_say_is_looked_at(
    pam: Pam, store: Store, journal: Journal, fields: dict[str, str], rule: str, left: str
) -> None:
    assert said(pam.send("A28", pid(**fields)))[0] == "AA"
    [entry] = journal(transaction="ITI-30.A28")
    assert rule in {each["rule"] for each in entry["findings"]}
    status = store.status(only(store)["id"])
    assert status["statut"] == left
    assert ("matricule" in status) == (left == "QUAL")
    pam.send("A28", pid("000004", INS, status="VALI"), "ZFD||||N|INSI|20260105")
    last = journal(transaction="ITI-30.A28")[0]
    assert {each["rule"] for each in last["findings"]} <= {"RNIV-DOUBLON"}


def test_a_message_says_its_characters_and_its_version(pam: Pam, journal: Journal) -> None:
    plain = pam.text("A28", pid(name="ADRUN^ZOÉ^ZOÉ^^^^L"), charset="", version="2.5")
    pam.sent(plain, "latin-1")
    [entry] = journal(transaction="ITI-30.A28")
    assert {each["rule"] for each in entry["findings"]} == {
        "PAM-JEU-DE-CARACTERES", "PAM-VERSION", "PAM-CAPITALES"
    }


@pytest.mark.parametrize(("declared", "codec"), [
    ("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"),
])
def test_character_sets(pam: Pam, store: Store, declared: str, codec: str) -> None:
    text = pam.text("A28", pid(name="ADRUN^ZOÉ^ZOÉ^^^^L"), charset=declared)
    pam.sent(text.encode(codec))
    assert only(store)["name"][0]["given"] == ["ZOÉ"]


def test_what_is_no_message_of_ours(pam: Pam) -> None:
    with pam.connected() as connection:
        connection.sendall(START + b"bonjour" + END)
        [answer] = read_frames(connection, 1)
        assert b"|100^Segment sequence error^HL70357|E" in answer
        connection.sendall(START + b"MSH|^~\\&|\xe9|||||||1||2.5||||||UNICODE UTF-8\r" + END)
        assert b"|102^Data type error^HL70357|E" in read_frames(connection, 1)[0]
        connection.sendall(START + b"MSH|^~\\&|" + b"~" * 5000 + END)
        assert b"|102^Data type error" in read_frames(connection, 1)[0]


def test_names_of_the_sender_come_back_as_they_were(pam: Pam) -> None:
    for charset, codec in (("UNICODE UTF-8", "utf-8"), ("8859/15", "iso8859-15")):
        text = pam.text("A28", pid(""), control="Nº1", charset=charset).replace("GAM", "GÉRANCE")
        msh, msa, *_ = pam.sent(text.encode(codec))[1:].decode(codec).split("\r")
        assert msh.split("|")[4] == "GÉRANCE"
        assert msa == "MSA|AE|Nº1"


@pytest.mark.parametrize(("written", "read"), [
    ("D\\T\\ADRUN", "D&ADRUN"), ("D\\E\\T\\E\\", "D\\T\\"), ("D\\XC389\\", "DÉ"),
    ("\\H\\AD\\N\\RUN", "ADRUN"), ("AD\\XZZ\\RUN", "AD\\XZZ\\RUN"),
    ("AD\\RUN", "AD\\RUN"),
])
def test_sequences_are_read_once(pam: Pam, store: Store, written: str, read: str) -> None:
    assert said(pam.send("A28", pid(name=f"{written}^ZOE^ZOE^^^^L")))[0] == "AA"
    assert only(store)["name"][0]["family"] == read


@pytest.mark.parametrize("wrong", [
    {"name": "AD\\X00\\RUN^ZOE^^^^^L"}, {"name": "AD\x07RUN^ZOE^^^^^L"}, {"ipp": "0\\X00\\3"},
    {"place": "63\\X1F\\220"}, {"born": "19751301"}, {"born": "19750231"},
])
def test_what_no_patient_may_hold_is_refused(
    pam: Pam, store: Store, capfd: pytest.CaptureFixture[str], wrong: dict[str, str]
) -> None:
    assert said(pam.send("A28", pid(**wrong)))[:2] == ("AE", "102")
    assert store.send("GET", "/Patient?_summary=count").json()["total"] == 0
    assert not capfd.readouterr().err


def test_a_given_name_is_a_trait_too(pam: Pam, store: Store) -> None:
    assert said(pam.send("A28", pid(name="ADRUN^^^^^^L"))) == ("AE", "101", "PID^1^5")
    assert said(pam.send("A28", pid(name="ADRUN^^ZOE LEA^^^^L")))[0] == "AA"
    assert only(store)["name"][0]["given"] == ["ZOE"]


def test_a_key_is_used_once(pam: Pam) -> None:
    assert said(pam.send("A28", pid()))[0] == "AA"
    assert said(pam.send("A28", pid())) == ("AE", "205", "PID^1^3")


def test_an_update_replaces_what_was_said(pam: Pam, store: Store) -> None:
    pam.send("A28", pid())
    id = only(store)["id"]
    store.done(id, "ins-retrieve")
    assert said(pam.send("A31", pid()))[0] == "AA"
    assert store.status(id)["statut"] == "RECUP"
    pam.send("A31", pid(ins=INS, status="VALI"), "ZFD||||N|INSI|20260105")
    assert store.status(id)["statut"] == "QUAL"
    pam.send("A31", pid(name="ADRUN^ZELIE^ZELIE^^^^L", status="PROV~DOUT"))
    status = store.status(id)
    assert (status["statut"], status["attribut"]) == ("PROV", "DOUT")
    assert not matricules(store.send("GET", f"/Patient/{id}/_history").text)
    assert store.read(id)["name"][0]["given"] == ["ZELIE"]


def test_a_merge(pam: Pam, store: Store) -> None:
    pam.send("A28", pid("1"))
    pam.send("A28", pid("2"))
    assert said(pam.send("A40", pid("1"), "MRG|2^^^CHU-X&000897406&N^PI"))[0] == "AA"
    found = store.send("GET", "/Patient?active=false").json()["entry"][0]["resource"]
    assert found["identifier"][0]["value"] == "2"
    assert said(pam.send("A31", pid("2"))) == ("AE", "207", "PID^1^3")
    assert said(pam.send("A40", pid("1"), "MRG|2^^^CHU-X&000897406&N^PI")) == (
        "AE", "207", "PID^1^3"
    )


def test_several_messages_on_a_connection(pam: Pam, store: Store) -> None:
    frames = b"".join(
        START + pam.text("A28", pid(str(n)), control=f"M{n}").encode() + END + b"\r\n"
        for n in range(8)
    )
    with pam.connected() as connection:
        connection.sendall(frames[:100])
        connection.sendall(frames[100:])
        answers = read_frames(connection, 8)
    assert [each.split(b"\rMSA|")[1].split(b"\r")[0] for each in answers] == [
        b"AA|M%d" % n for n in range(8)
    ]
    assert store.send("GET", "/Patient?_summary=count").json()["total"] == 8


def test_a_long_message_is_refused_and_the_connection_ends(pam: Pam, journal: Journal) -> None:
    with pam.connected() as connection:
        connection.sendall(START + pam.text("A28", pid()).encode() + b"Z" * 70_000)
        [answer] = read_frames(connection, 1)
        connection.sendall(b"Z" * 70_000)  # what still comes takes no answer back
        assert b"Message trop long" in answer
        assert connection.recv(10) == b""
    [entry] = eventually(lambda: journal(transaction="rniv.mllp"))
    assert entry["note"] == "Message trop long : il n'est pas lu."


def test_what_is_no_frame_ends_the_connection(pam: Pam, server: Server) -> None:
    with pam.connected() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(10) == b""


def test_half_a_message_is_in_the_journal(pam: Pam, journal: Journal) -> None:
    with pam.connected() as connection:
        connection.sendall(START + pam.text("A28", pid()).encode())
    [entry] = eventually(lambda: journal(transaction="rniv.mllp"))
    assert entry["note"].startswith("Connexion coupée")


def test_faults_strike_messages_too(pam: Pam, store: Store, journal: Journal) -> None:
    def ask(**fault: Any) -> None:
        answer = store.api.post("/sandbox/faults", json={
            "service": "ins", "transaction": "ITI-30.A28", "first": 1, **fault
        })
        assert answer.status_code == 201, answer.text

    ask(kind="error", value="205 Duplicate key identifier")
    assert said(pam.send("A28", pid()))[:2] == ("AE", "205")
    ask(kind="status", value=503)
    assert said(pam.send("A28", pid()))[:2] == ("AE", "207")
    ask(kind="drop")
    with pam.connected() as connection:
        connection.sendall(START + pam.text("A28", pid()).encode() + END)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(10) == b""
    ask(kind="truncate", value=20)
    with pam.connected() as connection:
        connection.sendall(START + pam.text("A28", pid()).encode() + END)
        assert connection.makefile("rb").read() == START + b"MSH|^~\\&|SOCLE|t/" + (
            pam.tenant.encode()[:3]
        )
    assert len(journal(transaction="ITI-30.A28")) == 4


def test_answers_are_dictated_to_messages_too(pam: Pam, store: Store) -> None:
    store.api.post("/sandbox/answers", json={
        "service": "ins", "transaction": "ITI-30.A28",
        "answers": ["100 Segment sequence error", "real"],
    }).raise_for_status()
    assert [said(pam.send("A28", pid(str(n))))[:2] for n in range(3)] == [
        ("AE", "100"), ("AA", ""), ("AA", "")
    ]


def test_what_the_sandbox_sends_has_no_fault_to_ask_for(store: Store) -> None:
    for kind, path in (({"kind": "drop"}, "faults"), ({"answers": ["real"]}, "answers")):
        answer = store.api.post(f"/sandbox/{path}", json={
            "service": "ins", "transaction": "rniv.pam-sortant", **kind
        })
        assert answer.status_code == 422
        assert "rniv.pam-sortant" not in answer.json()["erreur"]["connus"]


def test_a_strict_tenant_wants_more(pam: Pam, store: Store) -> None:
    store.api.put("/sandbox/settings", json={"strict": True})
    assert said(pam.send("A28", pid(ins=INS))) == ("AE", "103", "PID^1^3")


def test_a_tenant_that_is_none_is_the_default_one(pam: Pam, server: Server) -> None:
    """MSH-6 of published examples is a hospital's name, not a tenant's."""
    ipp = f"D{pam.tenant}"
    text = pam.text("A28", pid(ipp)).replace(f"t/{pam.tenant}", "CHU-X")
    assert b"|AA|" in pam.sent(text)
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as api:
        entries = api.get("/sandbox/journal?transaction=ITI-30.A28&limit=200").json()["entries"]
    assert any(each["response"]["status"] == "AA" for each in entries)


def test_a_pulled_message_is_one_that_is_accepted(pam: Pam, store: Store) -> None:
    id = store.qualified()
    answer = store.send("GET", f"/Patient/{id}/$pam")
    assert answer.headers["content-type"].startswith("x-application/hl7-v2+er7")
    assert matricules(answer.text)
    assert "BDL^^63220" in answer.text
    message = hl7.parse(answer.text)
    assert message.extract_field("PID", 1, 32) == "VALI"
    assert message.extract_field("PID", 1, 5, 1, 7) == "L"
    store.done(id, "flag", attribute="DOUT")
    doubtful = store.send("GET", f"/Patient/{id}/$pam?event=A31").text
    assert not matricules(doubtful)
    assert "|PROV~DOUT|" in doubtful
    assert store.send("GET", f"/Patient/{id}/$pam?event=A40").status_code == 400
    assert store.send("GET", f"/Patient/{id}/$pam?event=A99").status_code == 400


def test_a_retrieved_identity_leaves_without_matricule_case_15(store: Store) -> None:
    id = store.create()["id"]
    assert by_name(store.done(id, "ins-retrieve"))["statut"] == "RECUP"
    told = store.send("GET", f"/Patient/{id}/$pam").text
    assert not matricules(told)
    assert "ASIP-SANTE-INS" not in told
    store.done(id, "validate-identity", document="PA")
    told = store.send("GET", f"/Patient/{id}/$pam").text
    for expected in ("275126322074974^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS",
                     "ADRUN^ZOE^ZOE^^^^L", "|19751231|F|", "^^^^^^BDL^^63220", "|VALI|"):
        assert expected in told


async def test_a_shared_installation_asks_for_the_secret() -> None:
    running = await app.start(Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, host="0.0.0.0",
        admin_token="l-administrateur", only="psc,ins",
    ))
    try:
        sender = Pam("127.0.0.1", running.sandbox.endpoints["mllp"]["port"], "essai")
        text = sender.text("A28", pid())
        for secret, expected in (("", b"|AE|"), ("autre", b"|AE|"), ("l-administrateur", b"|AA|")):
            told = text.replace("|20260105111154||ADT", f"|20260105111154|{secret}|ADT")
            answer = await asyncio.to_thread(sender.sent, told)
            assert expected in answer
            assert (b"MSH^1^8" in answer) == (expected == b"|AE|")
        with contextlib.suppress(ConnectionResetError):
            await asyncio.to_thread(sender.sent, told + "Z" * 70_000)
        async with httpx.AsyncClient(
            base_url=f"{running.sandbox.public_url}/t/essai", trust_env=False,
            headers={"Authorization": "Bearer l-administrateur"},
        ) as api:
            entries = (await api.get("/sandbox/journal")).json()["entries"]
            kept = [(await api.get(each["request"]["raw"])).text for each in entries]
        assert sum("|***|ADT" in each for each in kept) == 3
        assert not any("l-administrateur" in each for each in kept)
    finally:
        await running.stop()
