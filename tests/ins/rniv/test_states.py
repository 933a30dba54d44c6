"""The four statuses, what leads from one to another, and what is told to others in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ins.rniv.conftest import INS, Store, by_name, code_of, matricules

Journal = Callable[..., list[dict[str, Any]]]


def statuses(patient: dict[str, Any]) -> list[str]:
    return [
        part["valueCoding"]["code"] for one in patient["extension"] if "extension" in one
        for part in one["extension"] if part["url"] == "identityStatus"
    ]


def test_a_typed_identity_is_provisional(store: Store) -> None:
    patient = store.create()
    assert statuses(patient) == ["PROV"]
    assert patient["name"][0]["given"] == ["ZOE"]
    [ipp] = patient["identifier"]
    assert (ipp["use"], ipp["type"]["coding"][0]["code"]) == ("usual", "PI")
    status = store.status(patient["id"])
    assert (status["statut"], status["insi"], status["piece-controlee"]) == ("PROV", False, False)
    [act] = status["actes"]
    assert (act["action"], act["acteur"], act["porte"]) == ("create", "899900000011", "fhir")


def test_retrieved_then_qualified_and_only_then_told_case_15(store: Store) -> None:
    id = store.create()["id"]
    told = by_name(store.done(id, "ins-retrieve"))
    assert (told["codeCR"], told["accepted"], told["statut"]) == ("00", True, "RECUP")
    assert told["matricule"] == {"system": f"{INS}8", "value": "275126322074974"}
    read = store.send("GET", f"/Patient/{id}")
    assert not matricules(read.text)
    assert statuses(read.json()) == ["PROV"]
    for path in (f"/Patient/{id}/_history", "/Patient?family=ADRUN"):
        assert not matricules(store.send("GET", path).text)
    query = f"/Patient?identifier={INS}8%7C275126322074974"
    assert store.send("GET", query).json()["total"] == 0
    assert store.status(id)["matricule"]["value"] == "275126322074974"

    qualified = store.done(id, "validate-identity", document="PA")
    assert statuses(qualified) == ["VALI"]
    ins = qualified["identifier"][0]
    assert (ins["system"], ins["value"], ins["use"]) == (f"{INS}8", "275126322074974", "official")
    assert qualified["meta"]["profile"][0].endswith("/fr-core-patient-ins|2.2.0")
    assert qualified["name"][0]["family"] == "ADRUN"
    assert (qualified["gender"], qualified["birthDate"]) == ("female", "1975-12-31")
    assert "63220" in str(qualified["extension"])
    assert store.send("GET", query).json()["total"] == 1


def test_validated_then_qualified_by_insi(store: Store) -> None:
    id = store.create()["id"]
    validated = store.done(id, "validate-identity", document="CN")
    assert statuses(validated) == ["VALI"]
    assert validated["meta"]["profile"][0].endswith("/fr-core-patient|2.2.0")
    assert store.status(id)["statut"] == "VALI"
    assert by_name(store.done(id, "ins-retrieve"))["statut"] == "QUAL"
    assert matricules(store.send("GET", f"/Patient/{id}").text)


def test_one_call_qualifies(store: Store, journal: Journal) -> None:
    id = store.create()["id"]
    told = by_name(store.done(id, "qualify", document="CN"))
    assert (told["codeCR"], told["statut"]) == ("00", "QUAL")
    [call] = journal(transaction="WS_INS2")
    assert (call["protocol"], call["note"], call["outcome"]) == ("interne", "CR 00 OK", "pass")
    assert [act["vers"] for act in store.status(id)["actes"]] == ["QUAL", "RECUP", "PROV"]


@pytest.mark.parametrize(("document", "more", "code"), [
    ("PC", {}, "rniv-piece"), ("CV", {}, "rniv-piece"), ("", {}, "rniv-piece"),
    ("LECV", {}, "rniv-piece"), ("AN", {"accompanying": "CN"}, "rniv-piece"),
    ("XX", {}, "rniv-piece"),
])
def test_a_poor_document_validates_nobody(
    store: Store, document: str, more: dict[str, str], code: str
) -> None:
    id = store.create()["id"]
    given = {"document": document, **more} if document else more
    for operation in ("validate-identity", "qualify"):
        assert code_of(store.do(id, operation, **given)) == (422, code)
    assert store.status(id)["statut"] == "PROV"


@pytest.mark.parametrize(("traits", "document", "more"), [
    (("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07", "63220"), "AN", {"accompanying": "CN"}),
    (("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07", "63220"), "CC", {}),
    (("TCHITCHI", "CATARINA BELLA", "F", "1936-06-21", "63220"), "LECV", {"ehpad": True}),
])
def test_documents_of_minors_and_of_the_old(
    store: Store, traits: tuple[str, ...], document: str, more: dict[str, Any]
) -> None:
    id = store.create(*traits)["id"]
    store.done(id, "validate-identity", document=document, **more)
    assert store.status(id)["statut"] == "VALI"


@pytest.mark.parametrize("attribute", ["DOUT", "FICT"])
def test_a_doubtful_identity_never_calls_insi_case_14(
    store: Store, journal: Journal, attribute: str
) -> None:
    id = store.create()["id"]
    store.done(id, "flag", attribute=attribute)
    for operation in ("ins-retrieve", "verify-ins"):
        assert code_of(store.do(id, operation)) == (422, "rniv-appel-interdit")
    assert code_of(store.do(id, "qualify", document="CN")) == (422, "rniv-statut-bloque")
    assert code_of(store.do(id, "validate-identity", document="CN")) == (422, "rniv-statut-bloque")
    assert store.status(id)["statut"] == "PROV"
    assert not [each for each in journal(service="ins") if each["transaction"].startswith("WS_")]
    [entry] = journal(transaction="rniv.verify-ins")
    assert [each["rule"] for each in entry["findings"]] == ["EXI ID 26"]
    assert journal(requirement="EXI SI 09")


def test_a_doubt_takes_the_matricule_from_every_version(store: Store) -> None:
    id = store.qualified()
    assert matricules(store.send("GET", f"/Patient/{id}/_history").text)
    doubtful = store.done(id, "flag", attribute="DOUT", reason="photographie")
    assert statuses(doubtful) == ["PROV", "DOUT"]
    history = store.send("GET", f"/Patient/{id}/_history")
    assert not matricules(history.text)
    assert history.json()["total"] == 4
    tagged = store.send("GET", f"/Patient/{id}/_history/3").json()
    assert tagged["meta"]["tag"][0]["code"] == "REDACTED"
    assert "tag" not in doubtful["meta"]
    status = store.status(id)
    assert "matricule" not in status
    assert [act.get("matricule", "") for act in status["actes"]] == [
        "", "275126322074974", "275126322074974", ""
    ]


def test_attributes_that_do_not_go_together(store: Store) -> None:
    id = store.create()["id"]
    store.done(id, "flag", attribute="HOMA")
    assert statuses(store.done(id, "flag", attribute="DOUT")) == ["PROV", "DOUT", "HOMA"]
    assert code_of(store.do(id, "flag", attribute="FICT")) == (422, "rniv-attributs")
    store.done(id, "flag", attribute="DOUT", value=False)
    assert statuses(store.done(id, "flag", attribute="HOMA", value=False)) == ["PROV"]
    assert code_of(store.do(id, "flag", attribute="VALI")) == (400, "parameter-invalid")


@pytest.mark.parametrize(("to", "left"), [("PROV", "PROV"), ("VALI", "VALI"), ("RECUP", "RECUP")])
def test_a_status_is_taken_back(store: Store, to: str, left: str) -> None:
    id = store.qualified()
    patient = store.done(id, "downgrade", status=to, reason="essai")
    assert not matricules(str(patient))
    assert store.status(id)["statut"] == left
    assert code_of(store.do(id, "downgrade", status="QUAL")) == (422, "rniv-transition")


def test_a_partial_match_waits_for_the_user(store: Store) -> None:
    id = store.create("ADRUN", "ZOÉ", "F", "1975-12-31", "75056")["id"]
    refused = store.do(id, "ins-retrieve")
    assert code_of(refused) == (422, "insi_19")
    id = store.create("ECETINSI", "PIERRE", "M", "2009-07-14", "63220")["id"]
    told = by_name(store.done(id, "ins-retrieve"))
    assert (told["codeCR"], told["message"], told["statut"]) == (
        "01", "Aucune identité n'a été trouvée par le téléservice INSi", "PROV"
    )


def test_the_user_accepts_what_differs(store: Store) -> None:
    id = store.create("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "75056")["id"]
    seen = by_name(store.done(id, "ins-retrieve", accept=False))
    assert (seen["codeCR"], seen["accepted"], seen["statut"]) == ("00", False, "PROV")
    accepted = by_name(store.done(id, "ins-retrieve", accept=True))
    assert accepted["statut"] == "RECUP"
    assert "2B020" in str(accepted["patient"]["extension"])


def test_several_answers_then_the_birth_place(store: Store, journal: Journal) -> None:
    id = store.create("DE VINCI", "LEONARDO PIERO", "M", "2014-02-01", "63220")["id"]
    assert by_name(store.done(id, "ins-retrieve"))["codeCR"] == "00"
    assert [each["note"][:5] for each in journal(transaction="WS_INS2")] == ["CR 00", "CR 02"]


def test_four_calls_for_three_given_names(store: Store, journal: Journal) -> None:
    id = store.create("HOUILLES", "PIERRE PAUL JACQUES", "M", "1993-01-27")["id"]
    assert by_name(store.done(id, "ins-retrieve"))["codeCR"] == "01"
    assert len(journal(transaction="WS_INS2")) == 4


def test_a_verification_that_fails_drops_the_ins(store: Store) -> None:
    id = store.qualified()
    assert by_name(store.done(id, "verify-ins"))["result"] is True
    store.api.patch("/sandbox/patients/adrun-zoe", json={"prenoms": ["ZELIE"]})
    told = by_name(store.done(id, "verify-ins"))
    assert (told["result"], told["statut"]) == (False, "VALI")
    assert not matricules(store.send("GET", f"/Patient/{id}").text)
    assert code_of(store.do(id, "verify-ins")) == (422, "rniv-transition")


def test_insi_is_down(store: Store, journal: Journal) -> None:
    id = store.create()["id"]
    store.api.put("/sandbox/ins/settings", json={"mode": "indisponible"})
    assert code_of(store.do(id, "ins-retrieve")) == (500, "insi_111")
    [call] = journal(transaction="WS_INS2")
    assert (call["outcome"], call["response"]["status"]) == ("fail", "500")
    store.api.put("/sandbox/ins/settings", json={"mode": "production"})
    store.api.post("/sandbox/faults", json={
        "service": "ins", "transaction": "WS_INS2", "kind": "drop", "first": 1
    })
    assert code_of(store.do(id, "ins-retrieve")) == (500, "insi_111")
    assert by_name(store.done(id, "ins-retrieve"))["statut"] == "RECUP"


def test_a_duplicate_is_noticed(store: Store, journal: Journal) -> None:
    first, second = store.qualified(), store.create()["id"]
    store.done(second, "ins-retrieve")
    [entry] = journal(rule="RNIV-DOUBLON")
    assert entry["findings"][0]["found"] == f"Patient/{first}"


def test_a_card_gives_the_ins_by_one_call_apcv_case_7(store: Store, journal: Journal) -> None:
    """Ruth's card: her usual name is not searched, her date has no century."""
    id = store.create("NESSI", "RUTH", "F", "1977-07-14", "63220")["id"]
    told = by_name(store.done(
        id, "ins-retrieve", card_nir="2770763220829", card_name="NESSI", card_birthdate="770714",
        card_rank="1",
    ))
    assert (told["codeCR"], told["statut"]) == ("00", "RECUP")
    assert [each["transaction"] for each in journal(service="ins")
            if each["transaction"].startswith("WS_")] == ["WS_INS1"]
    status = store.status(id)
    assert (status["methode"], status["matricule"]["value"]) == ("Carte vitale", "277076322082910")


@pytest.mark.parametrize(("version", "codes"), [
    ("2.1.0", ["PROV", "PROV", "VALI", "PROV"]), ("2.2.0", ["PROV", "PROV", "VALI", "PROV"]),
    ("main", ["PROV", "RECUP", "QUAL", "PROV"]),
])
def test_each_version_of_fr_core_has_its_codes(
    store: Store, version: str, codes: list[str]
) -> None:
    assert store.api.put("/sandbox/ins/settings", json={"fr_core": version}).status_code == 200
    id = store.create()["id"]
    seen = [statuses(store.read(id))[0]]
    for operation, given in (("ins-retrieve", {}), ("validate-identity", {"document": "CN"}),
                             ("flag", {"attribute": "DOUT"})):
        store.done(id, operation, **given)
        patient = store.read(id)
        seen.append(statuses(patient)[0])
        assert matricules(str(patient)) == (operation == "validate-identity")
        again = store.send("PUT", f"/Patient/{id}", patient)
        assert again.status_code == 200, again.text
    assert seen == codes
