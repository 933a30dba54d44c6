"""Each rule on what it accepts and on what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.apcv.domain.appel import Appel, Demande
from services.apcv.domain.carte import Droits, en_cours
from services.apcv.rules import acces, appel, lecture
from services.kernel.rules import Rule
from services.soap.calling import Contexte, Identite

ID = "6f1ccfa4-3d3f-4a3c-9d35-6a3f0a1f0001"
LPS = Contexte("/Envelope/Header/ContexteLPS", "01_00", idam="APC17NF23FW0", idam_r="4",
               logiciel="urn:lps:ESSAI:1.0")
PS = Identite("/Envelope/Header/Security/Assertion[1]", "899900000011", "", 5.0, "991234567",
              "SA05", "SM26", "")
RIGHT = Appel("cps", "urn:action", "", f"urn:uuid:{ID}", "https://x", appel.ANONYMOUS, LPS,
              bam=False, vitale=False, professionnel=PS)
ASKED = Demande(True, "991234567", "35", "ABC")


@pytest.mark.parametrize(("rule", "change", "at"), [
    (appel.message_id, {"message_id": "1"}, "/Envelope/Header/MessageID"),
    (appel.addressing, {"action": ""}, "/Envelope/Header/Action"),
    (appel.addressing, {"to": ""}, "/Envelope/Header/To"),
    (appel.addressing, {"reply_to": "https://x"}, "/Envelope/Header/ReplyTo/Address"),
    (appel.context, {"lps": None}, "/Envelope/Header"),
    (appel.context, {"lps": LPS._replace(version="1")}, f"{LPS.at}/@Version"),
    (appel.context, {"lps": LPS._replace(idam_r="1")}, f"{LPS.at}/LPS/IDAM"),
    (appel.context, {"lps": LPS._replace(logiciel="x")}, f"{LPS.at}/LPS/Nom"),
    (appel.known_software, {"lps": LPS._replace(idam="FAKE-1")}, f"{LPS.at}/LPS/IDAM"),
    (appel.no_card, {"bam": True}, "/Envelope/Header/ContexteBAM"),
    (appel.no_card, {"vitale": True}, "/Envelope/Header/Security"),
    (acces.assertion, {"professionnel": None}, "/Envelope/Header/Security"),
    (acces.assertion, {"mode": "psc", "jeton": "8"}, f"{PS.at}/Subject/NameID"),
    (acces.only_assertion, {"intrus": ("Timestamp",)}, "/Envelope/Header/Security/Timestamp"),
    (acces.signature, {"professionnel": replace(PS, flaw="fausse")}, f"{PS.at}/Signature"),
    (acces.holder, {"professionnel": replace(PS, titulaire="899900000029")},
     f"{PS.at}/Subject/NameID"),
    (acces.recent, {"professionnel": replace(PS, age=3700.0)}, f"{PS.at}/@IssueInstant"),
    (acces.recent, {"professionnel": replace(PS, age=None)}, f"{PS.at}/@IssueInstant"),
    (acces.attributes, {"professionnel": replace(PS, facturation="")},
     f"{PS.at}/AttributeStatement"),
    (acces.attributes, {"professionnel": replace(PS, secteur="")}, f"{PS.at}/AttributeStatement"),
    (acces.attributes, {"professionnel": replace(PS, specialite="35")},
     f"{PS.at}/AttributeStatement"),
])
def test_rules_of_the_header(rule: Rule, change: dict[str, Any], at: str) -> None:
    assert list(rule.findings(RIGHT)) == []
    (found,) = rule.findings(replace(RIGHT, **change))
    assert (found.rule, found.at) == (rule.id, at)


@pytest.mark.parametrize(("rule", "change", "rank"), [
    (lecture.body, {"root": False}, 0), (lecture.billing, {"facturation": "1"}, 1),
    (lecture.speciality, {"specialite": "SM26"}, 2), (lecture.data, {"donnees": " "}, 3),
    (lecture.billing, {"facturation": "20A000014"}, 1),
    (lecture.another_code, {"donnees": "IS01" + "0" * 22}, 3),
])
def test_rules_of_the_body(rule: Rule, change: dict[str, Any], rank: int) -> None:
    assert list(rule.findings(ASKED)) == []
    (found,) = rule.findings(replace(ASKED, **change))
    assert (found.rule, found.at) == (rule.id, ASKED.at[rank])


def test_the_root_and_its_version() -> None:
    (found,) = lecture.body.findings(replace(ASKED, root=False, corps="{urn:x}y"))
    assert (found.expected, found.found) == (
        "{http://www.sesam-vitale.fr/apcv/auth/1/0}AuthentifierUtilisateurProximiteReq", "{urn:x}y"
    )
    assert list(lecture.version.findings(ASKED)) == []
    for told in ("", "1.1"):
        (found,) = lecture.version.findings(replace(ASKED, version=told))
        assert found.at.endswith("AuthentifierUtilisateurProximiteReq/@version")


def test_a_letter_that_base45_has_not() -> None:
    assert list(lecture.base45.findings(replace(ASKED, donnees="NFC:A B"))) == []
    (found,) = lecture.base45.findings(replace(ASKED, donnees="ABc"))
    assert (found.at, found.found) == (f"{ASKED.at[3]}, caractère 3", "'c'")


@pytest.mark.parametrize("number", ["991234567", "750000001", "2A0000014", "0B0152872"])
def test_a_billing_number_or_a_finess(number: str) -> None:
    assert list(lecture.billing.findings(replace(ASKED, facturation=number))) == []


@pytest.mark.parametrize(("day", "start"), [
    ("2019-06-01", "2020-01-01"), ("2020-06-01", "2020-01-01"), ("2021-06-01", "2020-01-01"),
    ("2022-06-01", "2022-01-01"), ("2030-01-01", "2022-01-01"),
], ids=["before", "first", "between", "second", "after"])
def test_the_rights_of_a_day(day: str, start: str) -> None:
    periods = (Droits("2020-01-01", "2020-12-31"), Droits("2022-01-01", "2022-12-31"))
    found = en_cours(periods, day)
    assert found is not None
    assert found.debut == start
    assert en_cours((), day) is None
