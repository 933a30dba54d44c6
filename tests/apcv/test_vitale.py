"""Virtual cartes Vitale: what a reader says of them, and what they sign."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest
from lxml import etree
from typer.testing import CliRunner

from ins import codes as ins_codes
from services import cli
from services.apcv import codes, errors
from tests.conftest import Server
from tests.ins.lps import Parts, report, tree, vitale
from tests.ins.lps import send as send_lps

READ = "/apcv/vitale/readVitale"
Json = dict[str, Any]
RUTH = "468929507"


def insert(api: httpx.Client, **wanted: Any) -> Json:
    answer = api.put("/sandbox/reader", json=wanted)
    answer.raise_for_status()
    return dict(answer.json())


def card(api: httpx.Client, **query: str) -> Json:
    answer = api.get(READ, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["donneescv"])


def test_a_card_stands_in_the_reader_from_the_start(api: httpx.Client) -> None:
    found = card(api)
    (one,) = found["lstDonneesBeneficiaire"]
    assert (one["nomUsuel"], one["prenomUsuel"], found["nature"], found["apCV"]) == (
        "PAT-TROIS", "DOMINIQUE", "TEST", False
    )
    assert one["naissance"] == {"date": "28031979", "dateEnCarte": None, "rang": "1"}


def test_ruth_has_the_published_card_and_her_usual_name(api: httpx.Client) -> None:
    insert(api, patient="nessi-ruth")
    found = card(api)
    ruth, donatello = found["lstDonneesBeneficiaire"]
    assert (found["numeroSerie"], found["type"]) == (RUTH, "V1SCOT")
    assert (ruth["nomUsuel"], ruth["nomPatronymique"], ruth["qualite"]) == (
        "DE VINCI", "NESSI", "0"
    )
    assert (donatello["nomUsuel"], donatello["nomPatronymique"], donatello["libelleQualite"]) == (
        "DE VINCI", None, "Enfant"
    )
    assert found["assure"]["NIR"] == "2770763220829"
    assert ruth["lstPeriodeDroitsAMO"] == [{"dateDebut": "20240101", "dateFin": ""}]
    without = card(api, cps="0")["lstDonneesBeneficiaire"][0]
    assert "lstPeriodeDroitsAMO" not in without


def test_the_same_in_xml(api: httpx.Client) -> None:
    insert(api, serial=RUTH)
    answer = api.get(READ, headers={"Accept": "application/xml"})
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    ruth = etree.fromstring(answer.content).find("listeBenef/benef/ident")
    assert ruth is not None
    assert [(each.tag, each.text) for each in ruth][:3] == [
        ("nomUsuel", "DE VINCI"), ("nomPatronymique", "NESSI"), ("prenomUsuel", "RUTH"),
    ]
    assert ruth.findtext("naissance/date") == "14071977"
    assert api.get(READ, params={"format": "xml"}).content == answer.content


def signed(api: httpx.Client, **asked: str) -> str:
    answer = api.post("/apcv/vitale/assertion", json={"emetteur": "899900000011", **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/samlassertion+xml")
    return answer.text


def ws_ins1(api: httpx.Client, security: str, **traits: str) -> httpx.Response:
    return send_lps(api, Parts(
        ins_codes.ACTION_VITALE, vitale(**traits),
        security=f"<wsse:Security>{security}</wsse:Security>",
    ))


def test_t09_a_date_without_its_century_finds_ruth(
    api: httpx.Client, journal: Any
) -> None:
    api.patch(f"/sandbox/cards/{RUTH}", json={"beneficiaires": [
        {"patient": "nessi-ruth", "forme_date": "dateEnCarte"},
        {"patient": "de-vinci-donatello", "qualite": "6", "forme_date": "dateEnCarte"},
    ]}).raise_for_status()
    insert(api, serial=RUTH)
    found = card(api)
    ruth = found["lstDonneesBeneficiaire"][0]
    assert ruth["naissance"] == {"date": None, "dateEnCarte": "770714", "rang": "1"}
    answer = ws_ins1(
        api, signed(api), MatriculeOD=found["assure"]["NIR"],
        NomNaissance=ruth["nomPatronymique"], DateNaissance=ruth["naissance"]["dateEnCarte"],
        RangNaissance=ruth["naissance"]["rang"],
    )
    assert report(answer) == "00"
    assert tree(answer).findtext("{*}INDIVIDU/{*}TIQ/{*}ListePrenom") == "RUTH ISABELLE"
    rules = {each["rule"] for each in journal(transaction="WS_INS1")[0]["findings"]}
    assert not {rule for rule in rules if rule.startswith("INS-VITALE")}


def test_twins_have_their_rank_of_birth(api: httpx.Client) -> None:
    """The rank of each card is the one by which INSi finds its holder without a number of his."""
    for one, rank in (("donatello", "1"), ("raphael", "2")):
        insert(api, patient=f"de-vinci-{one}")
        twin = next(each for each in card(api)["lstDonneesBeneficiaire"]
                    if each["prenomUsuel"] == one.upper())
        assert twin["naissance"]["rang"] == rank
        found = ws_ins1(
            api, signed(api), MatriculeOD="2770763220829", NomNaissance="DE VINCI",
            DateNaissance=twin["naissance"]["date"], RangNaissance=rank,
        )
        assert tree(found).findtext("{*}INDIVIDU/{*}TIQ/{*}ListePrenom").startswith(one.upper())
    assert "<rangDeNaissance>2<" in api.get(READ, params={"format": "xml"}, headers={
        "Accept": "application/xml"}).text
    born = {"nom_naissance": "DOUBLET", "sexe": "F", "date_naissance": "2015-03-04"}
    for prenom, place, rank in (
        ("ANNE", "55050", "1"), ("BERTHE", "55050", "2"), ("CLAIRE", "55051", "1"),
    ):
        own = api.post("/sandbox/patients", json=born | {
            "prenoms": [prenom], "lieu_naissance": place,
            "matricule": f"21503{place}00{ord(prenom[0]) - 64}",
        }).json()
        insert(api, patient=own["id"])
        assert card(api)["lstDonneesBeneficiaire"][0]["naissance"]["rang"] == rank
    made = api.patch(f"/sandbox/cards/{own['id']}", json={
        "beneficiaires": [{"patient": own["id"], "rang": "3"}],
    })
    assert made.status_code == 200
    assert card(api)["lstDonneesBeneficiaire"][0]["naissance"]["rang"] == "3"


def test_a_card_that_nobody_has_is_told(api: httpx.Client, journal: Any) -> None:
    other = signed(api, serial=RUTH).replace(f">{RUTH}</saml:NameID>", ">123456789</saml:NameID>")
    ws_ins1(api, other, MatriculeOD="2770763220829", NomNaissance="NESSI", DateNaissance="14071977")
    found = {each["rule"]: each["found"] for each in journal(transaction="WS_INS1")[0]["findings"]}
    assert found["INS-VITALE-INCONNUE"] == "123456789"


def test_the_usual_name_is_not_the_birth_name(api: httpx.Client) -> None:
    """Test 1.07 of the CNDA: CR 01 with the usual name, then 00 with the birth name."""
    found = card(api, serial=RUTH)["lstDonneesBeneficiaire"][0]
    assertion = signed(api, serial=RUTH)
    traits = {"MatriculeOD": "2770763220829", "DateNaissance": found["naissance"]["date"]}
    assert report(ws_ins1(api, assertion, NomNaissance=found["nomUsuel"], **traits)) == "01"
    assert report(ws_ins1(api, assertion, NomNaissance=found["nomPatronymique"], **traits)) == "00"


@pytest.mark.parametrize(("type", "size"), [("V1IGEA", 20), ("V1SCOT", 6), ("V2", 32)])
def test_an_assertion_has_the_algorithm_of_its_card(
    api: httpx.Client, type: str, size: int
) -> None:
    api.patch(f"/sandbox/cards/{RUTH}", json={"type": type}).raise_for_status()
    root = etree.fromstring(signed(api, serial=RUTH).encode())
    ns = {"s": "urn:oasis:names:tc:SAML:2.0:assertion", "v": codes.NS_CARTE,
          "d": "http://www.w3.org/2000/09/xmldsig#"}
    method = root.find("d:Signature/d:SignedInfo/d:SignatureMethod", ns)
    assert method is not None
    assert method.get("Algorithm") == codes.SIGNATURES[type]
    assert root.findtext("s:Issuer", "", ns) == "899900000011"
    name_id = root.find("s:Subject/s:NameID", ns)
    assert name_id is not None
    assert (name_id.get("NameQualifier"), name_id.text) == ("VITALE", RUTH)
    info = root.find("d:Signature/d:KeyInfo/v:KeyInfo", ns)
    assert info is not None
    assert [each.text for each in info][:3] == [type, "TEST", RUTH]
    value = root.findtext("d:Signature/d:SignatureValue", "", ns)
    assert len(base64.b64decode(value)) == size
    digest = root.findtext("d:Signature/d:SignedInfo/d:Reference/d:DigestValue", "", ns)
    signature = root.find("d:Signature", ns)
    assert signature is not None
    root.remove(signature)
    bare = etree.tostring(root, method="c14n", exclusive=True)
    assert base64.b64decode(digest) == hashlib.sha256(bare).digest()


@pytest.mark.parametrize("number", errors.LECTEUR)
def test_the_reader_fails_as_told(api: httpx.Client, number: int) -> None:
    insert(api, serial=RUTH, erreur=number)
    answer = api.get(READ)
    error = answer.json()["erreur"]
    assert (answer.status_code, error["code"].split()[0]) == (409, str(number))
    insert(api, serial=RUTH)
    assert card(api)["numeroSerie"] == RUTH


def test_no_card_and_an_unknown_one(api: httpx.Client) -> None:
    insert(api)
    answer = api.get(READ)
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (409, "11 ERR_CARTE_ABSENTE")
    unknown = api.get(READ, params={"serial": "123456789"})
    assert (unknown.status_code, unknown.json()["erreur"]["code"]) == (404, "carte")
    assert api.put("/sandbox/reader", json={"erreur": 99}).status_code == 422
    assert api.put("/sandbox/reader", json={"patient": "personne"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"emetteur": ""}, {"emetteur": 1}, [], {"emetteur": "a\0"},
                                  {"emetteur": "x" * 201}, {"emetteur": "a", "serial": []}])
def test_an_assertion_wants_its_issuer(api: httpx.Client, body: Any) -> None:
    answer = api.post("/apcv/vitale/assertion", json=body)
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (400, "parametre")


def test_an_issuer_is_text_and_nothing_else(api: httpx.Client) -> None:
    made = signed(api, emetteur='</saml:Issuer><x a="&amp;">')
    assert etree.fromstring(made.encode()).findtext("{*}Issuer") == '</saml:Issuer><x a="&amp;">'


def test_every_patient_has_a_card(api: httpx.Client) -> None:
    people = api.get("/sandbox/identities").json()["patients"]
    serials = {}
    for one in people:
        found = api.get(f"/sandbox/cards/{one['id']}").json()
        assert one["id"] in {each["patient"] for each in found["beneficiaires"]}
        serials[found["serial"]] = found
    assert len(serials) == len(people) - 3
    assert serials["900000002"]["nature"] == "demo"
    listed = api.get("/sandbox/cards", params={"limit": 500}).json()["cards"]
    assert {each["serial"] for each in listed} == set(serials)


def test_lunar_dates_are_on_the_card_as_they_are(api: httpx.Client) -> None:
    insert(api, patient="lunaire-aminata")
    (one,) = card(api)["lstDonneesBeneficiaire"]
    assert one["naissance"]["date"] == "00001950"


def test_a_tenant_has_its_own_cards(api: httpx.Client, server: Server) -> None:
    own = api.post("/sandbox/patients", json={
        "nom_naissance": "MARTINEAU", "prenoms": ["ROSE"], "sexe": "F",
        "date_naissance": "1990-02-03", "lieu_naissance": "55050",
    }).json()
    insert(api, patient=own["id"])
    assert card(api)["lstDonneesBeneficiaire"][0]["nomUsuel"] == "MARTINEAU"
    made = api.post("/sandbox/cards", json={
        "type": "V1IGEA", "nature": "reelle", "fin_validite": "2020-01-01", "beneficiaires": [
            {"patient": own["id"], "nom_usuel": "DUPONT", "nir_certifie": False,
             "forme_date": "dateEnCarte", "date": "900200",
             "droits": [{"debut": "2020-01-01", "fin": "2020-12-31"}]},
            {"patient": "bambin-lilou", "qualite": "6", "rang": "2"},
        ],
    })
    assert made.status_code == 201
    serial = made.json()["serial"]
    rose, lilou = card(api, serial=serial)["lstDonneesBeneficiaire"]
    assert (rose["nomUsuel"], rose["NIRCertifie"], rose["dateCertificationNIR"]) == (
        "DUPONT", None, "00000000"
    )
    assert rose["naissance"]["dateEnCarte"] == "900200"
    assert lilou["naissance"]["rang"] == "2"
    assert api.get("/sandbox/cards/bambin-lilou").json()["serial"] == serial
    other = httpx.get(f"{server.url}{READ}", params={"serial": serial}, trust_env=False)
    assert other.status_code == 404
    assert api.delete(f"/sandbox/cards/{serial}").status_code == 204
    assert api.get(READ, params={"serial": serial}).status_code == 404
    assert api.get("/sandbox/cards/bambin-lilou").json()["serial"] != serial


@pytest.mark.parametrize(("wanted", "status"), [
    ({"beneficiaires": []}, 422), ({}, 422),
    ({"serial": RUTH, "beneficiaires": [{"patient": "nessi-ruth"}]}, 409),
    ({"serial": "12", "beneficiaires": [{"patient": "nessi-ruth"}]}, 422),
    ({"beneficiaires": [{"patient": "personne"}]}, 422),
    ({"beneficiaires": [{"patient": "nessi-ruth", "qualite": "6"}]}, 422),
    ({"beneficiaires": [{"patient": "nessi-ruth"}, {"patient": "nessi-ruth", "qualite": "6"}]},
     422),
    ({"beneficiaires": [{"patient": "nessi-ruth", "nom_usuel": "A\u0000"}]}, 422),
])
def test_cards_that_cannot_be(api: httpx.Client, wanted: Json, status: int) -> None:
    assert api.post("/sandbox/cards", json=wanted).status_code == status


def test_a_default_card_is_taken_away_and_given_back(api: httpx.Client) -> None:
    api.delete("/sandbox/cards/adrun-zoe").raise_for_status()
    assert api.get("/sandbox/cards/adrun-zoe").status_code == 404
    api.post("/sandbox/reset", json={}).raise_for_status()
    assert api.get("/sandbox/cards/adrun-zoe").status_code == 200


def test_the_commands(server: Server, tenant: str, api: httpx.Client) -> None:
    def run(*words: str) -> str:
        said = CliRunner().invoke(cli.app, [
            "card", *words, "--url", server.url, "--tenant", tenant
        ])
        assert said.exit_code == 0, said.output
        return str(said.output)

    assert RUTH in run("list")
    assert "DE VINCI" in run("show", "nessi-ruth", "--json") or RUTH in run("show", "nessi-ruth")
    run("insert", "nessi-ruth")
    assert card(api)["numeroSerie"] == RUTH
    run("fail", "11")
    assert api.get(READ).status_code == 409
    run("eject")
    assert api.get(READ).json()["erreur"]["code"] == "11 ERR_CARTE_ABSENTE"
