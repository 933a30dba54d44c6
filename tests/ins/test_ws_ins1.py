"""WS_INS1 over the wire: search by what a carte Vitale says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins import codes
from tests.ins.lps import Parts, bam, fault, now, report, send, tree, vitale
from tests.soap.signing import assertion

Json = dict[str, Any]
KEY_INFO = (
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyInfo><KeyInfo '
    f'xmlns="{codes.NS_CARTE}"><Type>V2</Type><Nature>%s</Nature></KeyInfo></ds:KeyInfo>'
    "</ds:Signature>"
)


def by_card(minutes: float = -1, nature: str = "TEST", serial: str = "468929507", **traits: str
            ) -> Parts:
    """The card's assertion alone: on plain HTTP the professional's may be left out."""
    card = assertion(now(minutes), serial, "VITALE", {}, place=KEY_INFO % nature)
    return Parts(codes.ACTION_VITALE, vitale(**traits),
                 security=f"<wsse:Security>{card}</wsse:Security>")


RUTH = {"MatriculeOD": "2770763220829", "NomNaissance": "NESSI", "DateNaissance": "14071977"}


def number(answer: httpx.Response) -> str:
    return tree(answer).findtext(
        "{*}INDIVIDU/{*}INSACTIF/{*}IdIndividu/{*}NumIdentifiant"
    ) or ""


@pytest.mark.parametrize(("traits", "found"), [
    (RUTH, "2770763220829"), (RUTH | {"DateNaissance": "1977-07-14"}, "2770763220829"),
    (RUTH | {"DateNaissance": "770714", "RangNaissance": "1"}, "2770763220829"),
    (RUTH | {"MatriculeIndividu": "1100863220830", "NomNaissance": "NESSI",
             "DateNaissance": "07082010"}, "1100863220830"),
    (RUTH | {"DateNaissance": "07082010"}, "1100863220830"),
    (RUTH | {"NomNaissance": "DE VINCI", "DateNaissance": "100807", "RangNaissance": "1"},
     "1100863220831"),
    (RUTH | {"NomNaissance": "DE VINCI", "DateNaissance": "100807", "RangNaissance": "2"},
     "1100863220832"),
])
def test_a_beneficiary_is_found(api: httpx.Client, traits: dict[str, str], found: str) -> None:
    answer = send(api, by_card(**traits))
    assert (report(answer), number(answer)) == ("00", found)


@pytest.mark.parametrize(("traits", "code"), [
    (RUTH | {"NomNaissance": "DE VINCI"}, "01"), (RUTH | {"DateNaissance": "15071977"}, "01"),
    (RUTH | {"MatriculeIndividu": "1100863220830"}, "01"),
    (RUTH | {"NomNaissance": "DE VINCI", "DateNaissance": "100807"}, "02"),
    (RUTH | {"NomNaissance": "DE VINCI", "DateNaissance": "100807", "RangNaissance": "9"}, "02"),
    ({"MatriculeOD": "2770763220829", "DateNaissance": "14071977"}, "insi_19"),
    (RUTH | {"MatriculeOD": ""}, "insi_19"), (RUTH | {"DateNaissance": "hier"}, "insi_19"),
])
def test_others_are_not(api: httpx.Client, traits: dict[str, str], code: str) -> None:
    assert report(send(api, by_card(**traits))) == code


def test_homonyms_of_one_day_are_no_twins(api: httpx.Client) -> None:
    born = {"nom_naissance": "DOUBLET", "sexe": "F", "date_naissance": "2015-03-04"}
    for prenom, place in (("ANNE", "55050"), ("BERTHE", "55050"), ("CLAIRE", "55051")):
        api.post("/sandbox/patients", json=born | {
            "prenoms": [prenom], "lieu_naissance": place,
            "matricule": f"21503{place}90{ord(prenom[0]) - 64}",
        }).raise_for_status()
    api.post("/sandbox/patients", json=born | {
        "prenoms": ["DENISE"], "lieu_naissance": "55050", "date_naissance": "1915-03-04",
        "matricule": "2150355050900",
    }).raise_for_status()
    aged = RUTH | {"NomNaissance": "DOUBLET", "DateNaissance": "150304", "RangNaissance": "2"}
    found = tree(send(api, by_card(**aged)))
    assert found.findtext("{*}INDIVIDU/{*}TIQ/{*}ListePrenom") == "BERTHE"
    asked = RUTH | {"NomNaissance": "DOUBLET", "DateNaissance": "04032015"}
    for rank, expected in (("2", "00"), ("02", "00"), ("1", "02"), ("3", "02"), ("", "02")):
        assert report(send(api, by_card(**asked, RangNaissance=rank))) == expected, rank


def test_nobody_in_the_editors_environment(api: httpx.Client) -> None:
    api.put("/sandbox/ins/settings", json={"mode": "cnda"}).raise_for_status()
    told = fault(send(api, by_card(**RUTH | {"NomNaissance": "DE VINCI"})))
    assert (told["value"], told["subcode"], told["code"], told["text"]) == (
        "S:Receiver", "S:siram_40", "insi_101",
        "L'appel au service de recherche avec la carte Vitale renvoie une erreur technique.",
    )
    api.post("/sandbox/ins/injections", json={"reponse": "TEST_1.10"}).raise_for_status()
    answer = send(api, by_card(**RUTH))
    assert number(answer) == "1090763220834"
    assert tree(answer).findtext("{*}INDIVIDU/{*}INSACTIF/{*}OID") == "1.2.250.1.213.1.4.9"


def test_t09_the_card_ages(api: httpx.Client) -> None:
    assert report(send(api, by_card(-19, **RUTH))) == "00"
    assert report(send(api, by_card(-21, **RUTH))) == "desir_560"


def test_the_card_is_looked_at(api: httpx.Client, journal: Callable[..., list[Json]]) -> None:
    def rules() -> set[str]:
        entry = journal()[0]
        assert entry["transaction"] == "WS_INS1"
        return {each["rule"] for each in entry["findings"]}

    assert report(send(api, by_card(**RUTH))) == "00"
    assert not rules() & {"INS-VITALE", "INS-VITALE-REELLE", "INS-VITALE-AGE"}
    send(api, by_card(nature="REEL", **RUTH))
    assert "INS-VITALE-REELLE" in rules()
    send(api, by_card(serial="", **RUTH))
    assert "INS-VITALE" in rules()
    assert report(send(api, Parts(codes.ACTION_VITALE, vitale(**RUTH)))) == "00"
    assert "INS-VITALE" in rules()
    other = Parts(codes.ACTION_VITALE, vitale(**RUTH).replace(codes.NS_VITALE, "urn:autre"))
    assert report(send(api, other)) == "insi_19"


def test_the_matricules_of_a_card_are_looked_at(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    def told(cle: str, **traits: str) -> dict[str, str]:
        part = by_card(**traits)
        end = "</v:NumIdentifiant>"
        part.body = part.body.replace(end, f"{end}<v:Cle>{cle}</v:Cle>")
        send(api, part)
        found = journal()[0]["findings"]
        return {each["rule"]: f"{each['at']} {each['found']}" for each in found}

    numbers = {"INS-CLE", "INS-DONNEE-REELLE", "INS-CARTE-OUVRANT-DROIT"}
    at = "/Envelope/Body/RECVITALE"
    assert not numbers & set(told("10", **RUTH))
    assert told("11", **RUTH)["INS-CLE"] == f"{at}/MatriculeOD 11"
    real = told("64", **RUTH | {"MatriculeOD": "1850755050123"})
    assert real["INS-DONNEE-REELLE"] == f"{at}/MatriculeOD 1850755… (masqué)"
    alone = told("60", **RUTH | {"MatriculeOD": "", "MatriculeIndividu": "1100863220830"})
    assert alone["INS-CARTE-OUVRANT-DROIT"] == f"{at}/MatriculeOD (absent)"


def test_the_insured_is_the_same_in_the_context(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    part = by_card(**RUTH)
    insured = "<b:ASSURE><b:Id><b:Num>1100863220830</b:Num><b:Cle>60</b:Cle></b:Id></b:ASSURE>"
    part.bam = bam().replace("<b:COUVERTURE/>", f"<b:COUVERTURE>{insured}</b:COUVERTURE>")
    assert report(send(api, part)) == "00"
    found = {each["rule"]: each for each in journal()[0]["findings"]}
    assert "INS-COUVERTURE-CONTENU" not in found
    said = found["INS-CARTE-OUVRANT-DROIT"]
    assert (said["expected"], said["found"]) == ("1100863220830", "2770763220829")
