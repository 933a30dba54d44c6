"""WS_INS3, WS_INS4 and WS_INS5 over the wire: one identity, or a lot."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from lxml import etree

from ins import codes
from tests.ins.lps import Parts, fault, individu, report, send, tree, verification

Json = dict[str, Any]
NIR, NIA = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"
RUTH = ("277076322082910", NIR, "NESSI", "RUTH ISABELLE", "F", "1977-07-14", "63220")
LOT = (
    ("275126322074974", NIR, "ADRUN", "ZOE", "F", "1975-12-31", "63220"),
    ("175016322074846", NIR, "ADRUN", "BAPTISTE", "M", "1975-01-01"),
    ("160012B02077713", NIR, "CORSE", "ANTHONY", "M", "1980-03-02", "20020"),
    ("180032B02040123", NIR, "CORSE", "ANTHONY", "M", "1980-03-02", "20020"),
    ("199016322075230", NIA, "PROVISOIRE", "MATRICULE", "M", "2009-07-01"),
    ("277076322082910", NIR, "NESSI", "NATHALIE", "F", "1977-07-14"),
    RUTH,
)
EXPECTED = ["00", "00", "01", "01", "01", "01", "00"]


def deposit(*several: tuple[str, ...]) -> Parts:
    inner = "".join(individu(*each) for each in several)
    return Parts(codes.ACTION_DEPOSER, f'<d:DEPOT xmlns:d="{codes.NS_LOT}">{inner}</d:DEPOT>')


def fetch(lot: str) -> Parts:
    body = f'<d:DEMANDE xmlns:d="{codes.NS_LOT}"><d:IdLot>{lot}</d:IdLot></d:DEMANDE>'
    return Parts(codes.ACTION_RECUPERER, body)


def text(answer: httpx.Response, name: str) -> str:
    return tree(answer).findtext(f"{{*}}{name}") or ""


def advance(api: httpx.Client, seconds: float) -> None:
    api.put("/sandbox/clock", json={"shift_seconds": seconds}).raise_for_status()


@pytest.mark.parametrize(("identity", "code"), [
    (RUTH, "00"), (RUTH[:4], "00"), (RUTH[:3], "00"), ((*RUTH[:3], "RUTH"), "00"),
    ((*RUTH[:3], "NATHALIE"), "01"), ((*RUTH[:3], "ISABELLE"), "01"),
    ((RUTH[0], NIA, *RUTH[2:]), "01"), (("277076322082911", *RUTH[1:]), "01"),
    ((*RUTH[:6], "51215"), "01"), ((*RUTH[:5], "1977-07-15"), "01"),
    ((*RUTH[:4], "M"), "01"), ((RUTH[0], NIR, "DE VINCI"), "01"),
    (("209076322083439", NIR, "ECETINSI"), "01"),  # a former number
    (("109076322083489", NIR, "ECETINSI"), "00"), (("109076322088835", NIA, "PROVISOIRE"), "00"),
])
def test_t11_one_identity(
    api: httpx.Client, journal: Callable[..., list[Json]], identity: tuple[str, ...], code: str
) -> None:
    answer = send(api, verification(individu(*identity)))
    assert report(answer) == code
    assert tree(answer).findtext("{*}CR/{*}LibelleCR") == {"00": "OK", "01": "KO"}[code]
    assert answer.headers["x-sandbox-fidelity"] == "default"
    [entry] = journal()
    assert entry["transaction"] == "WS_INS3"


@pytest.mark.parametrize(("identity", "told"), [
    (RUTH, []), (RUTH[:3], []),
    ((*RUTH[:3], "NATHALIE"), [("Prenom", "le début de RUTH ISABELLE", "NATHALIE")]),
    (("277076322082911", NIA, *RUTH[2:]), [
        ("INSFourni", "clé 10", "11"), ("INSFourni", f"OID {NIR}", NIA)]),
    ((*RUTH[:4], "M", "1977-07-15", "51215"), [
        ("Sexe", "F", "M"), ("DateNaissance", "1977-07-14", "1977-07-15"),
        ("LieuNaissance", "63220", "51215")]),
    (("209076322083439", NIR, "ECETINSI"), [
        ("INSFourni", "NumIdentifiant 1090763220834", "2090763220834"),
        ("INSFourni", "clé 89", "39")]),
    (("199016322075230", NIA, "PROVISOIRE"), [
        ("INSFourni", "un matricule de la base", "inconnu")]),
], ids=["ok", "partial", "prenom", "cle-oid", "traits", "former", "unknown"])
def test_the_journal_says_why_a_verification_is_ko(
    api: httpx.Client, journal: Callable[..., list[Json]], identity: tuple[str, ...],
    told: list[tuple[str, str, str]],
) -> None:
    answer = send(api, verification(individu(*identity)))
    assert "RUTH" not in answer.text
    assert [
        (each["at"].rpartition("/")[2], each["expected"], each["found"])
        for each in journal()[0]["findings"] if each["rule"] == "INS-VERIFIER-ECART"
    ] == told


def test_a_matricule_with_its_key_in_one_element(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    whole = individu(*RUTH).replace("829</u:NumIdentifiant><u:Cle>10", "82910</u:NumIdentifiant>"
                                    "<u:Cle>")
    assert report(send(api, verification(whole))) == "01"
    told = {each["rule"]: each["found"] for each in journal()[0]["findings"]}
    assert told["INS-VERIFIER-MATRICULE"] == "277076322082910"
    assert told["INS-VERIFIER-ECART"] == "277076322082910"


def test_the_whole_list_of_given_names(api: httpx.Client) -> None:
    for liste, code in (("RUTH ISABELLE", "00"), ("RUTH", "01")):
        assert report(send(api, verification(individu(*RUTH, liste=liste)))) == code


def test_a_verification_that_is_not_right(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    told = fault(send(api, verification(individu(*RUTH[:2]))))
    assert (told["subcode"], told["code"]) == ("S:siram_10", "insi_28")
    assert report(send(api, verification(individu(*RUTH[:2], "Nessi")))) == "insi_19"
    assert report(send(api, verification(""))) == "insi_28"
    real = individu("275126322074974".replace("074974", "075165"), NIR, "ADRUN")
    assert report(send(api, verification(real))) == "01"


@pytest.mark.parametrize(("ins", "told"), [
    ("275126322075172", True), ("2751263220751", True), ("275126322075171", False),
    ("2751263220749", False), ("2751263220951", False),
], ids=["key", "no-key", "wrong-key", "known", "invented"])
def test_a_matricule_that_may_be_a_real_persons(
    api: httpx.Client, journal: Callable[..., list[Json]], ins: str, told: bool
) -> None:
    send(api, verification(individu(ins, NIR, "ADRUN")))
    found = {each["rule"] for each in journal()[0]["findings"]}
    assert ("INS-DONNEE-REELLE" in found) is told


def test_t12_a_lot(api: httpx.Client, journal: Callable[..., list[Json]]) -> None:
    left = send(api, deposit(*LOT))
    assert (report(left), text(left, "Delai")) == ("00", "60")
    lot = text(left, "IdLot")
    early = send(api, fetch(lot))
    assert (report(early), text(early, "Delai")) == ("02", "180")
    assert "Rapport" not in early.text
    advance(api, 61)
    ready = send(api, fetch(lot))
    assert report(ready) == "00"
    told = {each["at"].partition("/")[0] for each in journal()[0]["findings"]
            if each["rule"] == "INS-VERIFIER-ECART"}
    assert told == {f"Rapport[{rank}]" for rank, code in enumerate(EXPECTED, 1) if code == "01"}
    reports = tree(ready).findall("{*}Rapport")
    assert [each.findtext("{*}CR/{*}CodeCR") for each in reports] == EXPECTED
    assert [each.findtext("{*}NumIdentifiant") for each in reports] == [
        each[0][:13] for each in LOT
    ]
    assert report(send(api, fetch(lot))) == "00"
    assert [each["transaction"] for each in journal()] == ["WS_INS5"] * 3 + ["WS_INS4"]


def test_a_lot_and_the_schema(api: httpx.Client) -> None:
    """What is answered keeps the schema that is published."""
    from ins.wire import schemas

    schema = etree.XMLSchema(etree.fromstring(schemas.content("INSi_REPLot.xsd")))
    left = send(api, deposit(*LOT))
    schema.assertValid(tree(left))
    schema.assertValid(tree(send(api, fetch(text(left, "IdLot")))))
    advance(api, 61)
    schema.assertValid(tree(send(api, fetch(text(left, "IdLot")))))


def test_bounds_of_a_lot(api: httpx.Client) -> None:
    for several in ((), (RUTH,) * 101):
        told = fault(send(api, deposit(*several)))
        assert told["code"] == "insi_19"
        assert "de 1 à 100 identités" in told["text"]
    assert report(send(api, deposit(*(RUTH,) * 100))) == "00"
    api.put("/sandbox/ins/settings", json={"lot_maximum": 2, "delai_lot": 0}).raise_for_status()
    assert report(send(api, deposit(RUTH, RUTH, RUTH))) == "insi_19"
    at_once = send(api, deposit(RUTH))
    assert report(send(api, fetch(text(at_once, "IdLot")))) == "00"


def test_an_unknown_lot(api: httpx.Client, server: Any, tenant: str) -> None:
    told = fault(send(api, fetch("inconnu")))
    assert told["text"].startswith("Le lot demandé est inconnu.")
    lot = text(send(api, deposit(RUTH)), "IdLot")
    with httpx.Client(base_url=f"{server.url}/t/{tenant}-autre", trust_env=False) as other:
        assert report(send(other, fetch(lot))) == "insi_19"
    assert report(send(api, Parts(codes.ACTION_RECUPERER, "<a/>"))) == "insi_19"


def test_a_bad_identity_is_ko_in_its_lot(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    left = send(api, deposit(RUTH, (*RUTH[:2], "nessi"), RUTH[:2]))
    assert report(left) == "00"
    assert {"EF_INS01_03", "INS-VERIFIER-NOM"} <= {
        each["rule"] for each in journal()[0]["findings"]
    }
    advance(api, 61)
    reports = tree(send(api, fetch(text(left, "IdLot")))).findall("{*}Rapport")
    assert [each.findtext("{*}CR/{*}CodeCR") for each in reports] == ["00", "01", "01"]
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert report(send(api, deposit((*RUTH[:2], "nessi")))) == "insi_19"


def test_ten_thousand_verifications_take_seconds(api: httpx.Client) -> None:
    api.put("/sandbox/ins/settings", json={"lot_maximum": 10_000, "delai_lot": 0}
            ).raise_for_status()
    begun = time.monotonic()
    content = deposit(*(LOT * 1429)[:10_000]).xml()
    left = send(api, content)
    ready = send(api, fetch(text(left, "IdLot")))
    assert len(tree(ready).findall("{*}Rapport")) == 10_000
    assert time.monotonic() - begun < 120  # 10 s alone; the machine may be slow and busy


def test_a_wrong_key_is_accepted_and_told(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    """Of a published identity: 60, where its number gives 76."""
    published = ("181036322045660", NIR, "HERMANN", "GATIEN", "M", "1981-03-24")
    assert report(send(api, verification(individu(*published)))) == "00"
    [told] = [each for each in journal()[0]["findings"] if each["rule"] == "INS-CLE"]
    assert (told["expected"], told["found"]) == ("76", "60")
    assert told["at"].endswith("IndividuVerifie/INSFourni/IdIndividu/Cle")
    for right in ("160012B02077713", "275126322074974"):
        send(api, verification(individu(right, NIR, "ADRUN")))
        assert "INS-CLE" not in {each["rule"] for each in journal()[0]["findings"]}
