"""Rules on the téléservice's calls: each with calls that keep it and calls that break it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ins import codes
from ins.domain.appel import Appel, CarteVitale, Contexte, Identite
from ins.domain.recherche import Demande, Fourni, Traits
from ins.domain.vitale import Beneficiaire
from ins.rules import acces, assertion, carte, contextes, enveloppe, verification
from services.kernel.clock import SECOND
from services.kernel.rules import Mismatch, rules_of

NOW = 1_767_603_600 * SECOND
TEMPS = "2026-01-05T09:00:00.000Z"
UUIDS = [f"6f1ccfa4-3d3f-4a3c-9d35-6a3f0a1f000{n}" for n in range(4)]
DOCTOR = "899900000011"
LPS = Contexte(
    "/Envelope/Header/ContexteLPS", "01_00", "CTXLPS", UUIDS[0], TEMPS, DOCTOR,
    idam="LSN17NF23FW0", idam_r="4", instance=UUIDS[1], logiciel="urn:lps:ESSAI:1.0",
)
BAM = Contexte(
    "/Envelope/Header/ContexteBAM", "01_02", "", UUIDS[2], TEMPS, DOCTOR, couverture=True
)
PS = Identite(
    "/A", DOCTOR, TEMPS, 60.0, "991234567", "SA07", "SM54", "", issuer=f"CN={DOCTOR},C=FR"
)
RIGHT = Appel(
    "cpx", codes.ACTION_TRAITS, "", f"uuid:{UUIDS[3]}", LPS, BAM, NOW, tls=True, security=True,
    professionnel=PS,
)
CERTIFICATE = replace(
    RIGHT, mode="certificat", professionnel=None, security=False, certificate_cn="INSI-AUTO",
    certificate_ou=DOCTOR,
)
PSC = replace(RIGHT, mode="psc", jeton=DOCTOR)
NO_SPECIALITY = replace(RIGHT, professionnel=replace(PS, specialite=""))
ONE_OF_TWO = replace(PSC, professionnel=replace(PS, profession="10"), professions=("10", "40"))
VITALE = replace(
    RIGHT, action=codes.ACTION_VITALE, bam=BAM._replace(remplie=True, assure="2770763220829"),
    carte=CarteVitale("468929507", "TEST", 60.0, None, "V1SCOT", "468929507",
                      codes.SIGNATURES_CARTE["V1SCOT"]),
)
BY_CERTIFICATE = replace(VITALE, mode="certificat", professionnel=None, security=False,
                         certificate_cn="INSI-AUTO", certificate_ou=DOCTOR)
RULES = rules_of(contextes, acces, assertion)


def lps(**changed: Any) -> Appel:
    return replace(RIGHT, lps=LPS._replace(**changed))


def ps(**changed: Any) -> Appel:
    return replace(RIGHT, professionnel=replace(PS, **changed))


def vitale(**changed: Any) -> Appel:
    assert VITALE.carte is not None
    return replace(VITALE, carte=replace(VITALE.carte, **changed))


@pytest.mark.parametrize("appel", [
    RIGHT, CERTIFICATE, PSC, VITALE, replace(RIGHT, message_id=f"urn:uuid:{UUIDS[3]}"),
    replace(RIGHT, http_action=codes.ACTION_TRAITS), ps(age=3600.0), ps(age=-200.0),
    replace(RIGHT, reused=frozenset({f"message:{UUIDS[0]}"})), vitale(age=1200.0),
    lps(temps="2026-01-05T09:59:00Z"), ps(facturation="2A1234567"),
    ps(facturation="31800350240004"), NO_SPECIALITY, replace(NO_SPECIALITY, professions=("21",)),
    replace(RIGHT, professions=("10", "40")), replace(PSC, professions=("10",)), ONE_OF_TWO,
    ps(titulaire=DOCTOR),
    replace(PSC, professionnel=replace(PS, qualifier="PSC", issuer_format="", titulaire="x")),
    replace(BY_CERTIFICATE, carte=replace(VITALE.carte, age=9e9)),
    replace(RIGHT, hote=codes.TEST_HOSTS[0]), replace(CERTIFICATE, hote=codes.TEST_HOSTS[1]),
    replace(CERTIFICATE, intrus=("Timestamp",)),
    replace(PSC, hote=codes.TEST_HOSTS[0]), replace(PSC, hote=codes.TEST_HOSTS[1]),
])
def test_a_right_call_has_no_finding(appel: Appel) -> None:
    assert [each for rule in RULES for each in rule.findings(appel)] == []


@pytest.mark.parametrize(("id", "appel"), [
    ("INS-CONTEXTES", replace(RIGHT, lps=None)), ("INS-CONTEXTES", lps(version="01_01")),
    ("INS-CONTEXTES", lps(nature="CTXBAM")), ("INS-CONTEXTE-ID", lps(id="1")),
    ("INS-CONTEXTE-NEUF", replace(RIGHT, reused=frozenset({f"contexte:{UUIDS[0]}"}))),
    ("INS-MESSAGE-ID-NEUF", replace(RIGHT, reused=frozenset({f"message:{RIGHT.message_id}"}))),
    ("INS-TEMPS", lps(temps="")), ("INS-TEMPS", lps(temps="2026-01-05T11:00:00Z")),
    ("INS-TEMPS", lps(temps="2026-01-05T10:00:00+01:00")),
    ("INS-EMETTEUR", lps(emetteur="")), ("INS-EMETTEUR-VALEUR", lps(emetteur="x@y.fr")),
    ("INS-COUVERTURE", replace(RIGHT, bam=BAM._replace(couverture=False))),
    ("INS-IDAM", lps(idam_r="")), ("INS-IDAM", lps(idam="")),
    ("INS-IDAM-INCONNU", lps(idam="FAKE-IDAM")),
    ("INS-LOGICIEL", lps(instance="1")), ("INS-LOGICIEL", lps(logiciel="ESSAI")),
    ("INS-MESSAGE-ID", replace(RIGHT, message_id="")),
    ("INS-ACTION", replace(RIGHT, action="", http_action=codes.ACTION_TRAITS)),
    ("INS-ACTION", replace(RIGHT, http_action="urn:autre")),
    ("INS-BLOC-UNIQUE", replace(RIGHT, repetes=("MessageID",))),
    ("INS-AUTHENTIFICATION", replace(RIGHT, mode=None, professionnel=None, security=False)),
    ("INS-CERTIFICAT-ABSENT", replace(
        RIGHT, mode=None, tls=False, professionnel=None, security=False
    )),
    ("INS-CERTIFICAT", replace(CERTIFICATE, certificate_cn="Padoa")),
    ("INS-CERTIFICAT", replace(CERTIFICATE, certificate_flaw="expiré")),
    ("INS-HOTE", replace(RIGHT, hote=codes.TEST_HOSTS[1])),
    ("INS-HOTE", replace(CERTIFICATE, hote=codes.TEST_HOSTS[0])),
    ("INS-CERTIFICAT-LOT", replace(
        CERTIFICATE, certificate_cn="INSI-MANU", action=codes.ACTION_DEPOSER
    )),
    ("INS-SECURITE-INUTILE", replace(CERTIFICATE, security=True)),
    ("INS-ASSERTION-SIGNATURE", ps(flaw="fausse")), ("INS-CARTE-AUTORITE", ps(foreign="CN=X")),
    ("INS-ASSERTION-AGE", ps(age=3601.0)), ("INS-ASSERTION-AGE", ps(age=None)),
    ("INS-ASSERTION-AGE", ps(age=-301.0)),
    ("INS-ASSERTION-NOM", replace(PSC, jeton="899900000029")), ("INS-FACTURATION",
                                                                ps(facturation="")),
    ("INS-FACTURATION-FORME", ps(facturation="9912345")),
    ("INS-SPECIALITE", replace(NO_SPECIALITY, professions=("10",))),
    ("INS-SPECIALITE-CODE", replace(RIGHT, specialite_inconnue=True)),
    ("INS-PROFESSION", replace(PSC, professions=("10", "40"))),
    ("INS-PROFESSION", replace(ONE_OF_TWO, professions=("10",))),
    ("INS-ASSERTION-TITULAIRE", ps(titulaire="899900000029", issuer="CN=899900000029")),
    ("INS-ASSERTION-FORME", ps(titulaire=DOCTOR, issuer="CN=899900000029")),
    ("INS-ASSERTION-FORME", ps(qualifier="AUTRE")), ("INS-ASSERTION-FORME", ps(issuer_format="")),
    ("INS-ASSERTION-FORME", ps(superflus=("Conditions",))),
    ("INS-COUVERTURE-CONTENU", replace(RIGHT, bam=BAM._replace(remplie=True))),
    ("INS-COUVERTURE-CONTENU", replace(VITALE, bam=BAM)),
    ("INS-SECURITE-CONTENU", replace(RIGHT, intrus=("Timestamp",))),
    ("INS-VITALE", replace(BY_CERTIFICATE, carte=None)),
    ("INS-VITALE-ABSENTE", replace(VITALE, carte=None)),
    ("INS-VITALE-ABSENTE", vitale(serial="", serie="")),
    ("INS-VITALE-FORME", vitale(type="V3")), ("INS-VITALE-FORME", vitale(type="V2")),
    ("INS-VITALE-FORME", vitale(serie="1")), ("INS-VITALE-FORME", vitale(nature="")),
    ("INS-VITALE-EMETTEUR", replace(
        vitale(emetteur="899900000029"), professionnel=replace(PS, titulaire=DOCTOR)
    )),
    ("INS-VITALE-AGE", vitale(age=1201.0)), ("INS-VITALE-AGE", vitale(age=None)),
    ("INS-VITALE-REELLE", vitale(nature="REEL")),
    ("INS-VITALE-INCONNUE", vitale(known=False)),
])
def test_a_wrong_call_breaks_its_rule(id: str, appel: Appel) -> None:
    broken = [each for rule in RULES for each in rule.findings(appel)]
    assert {each.rule for each in broken} == {id}
    assert all(each.at and each.expected and each.found for each in broken)


def test_assertions_are_not_looked_at_with_a_certificate() -> None:
    appel = replace(CERTIFICATE, professionnel=replace(PS, age=9e9, facturation="", name_id=""))
    assert [each for rule in RULES for each in rule.findings(appel)] == []


def test_schemas() -> None:
    (rule,) = rules_of(enveloppe)
    assert list(rule.findings(())) == []
    assert [each.at for each in rule.findings((Mismatch("LPS", "…", ""),))] == ["LPS"]


RUTH = Beneficiaire("", "2770763220829", "NESSI", "14071977", "1")


@pytest.mark.parametrize(("asked", "ids"), [
    (RUTH, []), (replace(RUTH, date_naissance="770714"), []),
    (replace(RUTH, matricule_od="277076322082910"), ["INS-CARTE-NUMERO"]),
    (replace(RUTH, matricule="ABC"), ["INS-CARTE-NUMERO"]),
    (replace(RUTH, date_naissance="140777"), ["INS-CARTE-DATE"]),
    (replace(RUTH, date_naissance="19770714"), ["INS-CARTE-DATE"]),
    *((replace(RUTH, date_naissance=lunar), []) for lunar in (
        "00001977", "770000", "45201960", "602045", "1977-13-00", "00000000", "000000", "12121212",
    )),
    (replace(RUTH, nom_naissance=""), ["INS-CARTE-NOM"]),
    (replace(RUTH, nom_naissance="Nessi"), ["INS-CARTE-LEXIQUE"]),
    (replace(RUTH, matricule_od=""), ["INS-CARTE-TRAITS"]),
    (replace(RUTH, date_naissance="14/07"), ["INS-CARTE-TRAITS"]),
    (replace(RUTH, matricule="1100863220830"), []), (replace(RUTH, assure="2770763220829"), []),
    (replace(RUTH, matricule="1100863220830", matricule_od=""), ["INS-CARTE-OUVRANT-DROIT"]),
    (replace(RUTH, assure="1100863220830"), ["INS-CARTE-OUVRANT-DROIT"]),
])
def test_what_a_card_says(asked: Beneficiaire, ids: list[str]) -> None:
    assert [each.rule for rule in rules_of(carte) for each in rule.findings(asked)] == ids


def test_a_verification_names_someone() -> None:
    rule = verification.nom_a_verifier
    at = {"nom_naissance": "/N"}
    assert list(rule.findings(Demande(Traits("NESSI"), at=at))) == []
    assert [each.at for each in rule.findings(Demande(Traits(), at=at))] == ["/N"]


def test_a_verification_is_of_a_matricule_and_its_authority() -> None:
    rule = verification.matricule_a_verifier
    for right in (None, Fourni("2751263220749", codes.OID_NIR, "/I"),
                  Fourni("160012B020777", codes.OID_NIR, "/I")):
        assert list(rule.findings(Demande(Traits("NESSI"), fourni=right))) == []
    for matricule, oid, told in (
        ("", "", ["(absent)", "(absent)"]), (" 2751263220749", codes.OID_NIR, [" 2751263220749"]),
        ("2751263220749", "1.2.3", ["1.2.3"]),
    ):
        asked = Demande(Traits("NESSI"), fourni=Fourni(matricule, oid, "/I"))
        assert [each.found for each in rule.findings(asked)] == told
