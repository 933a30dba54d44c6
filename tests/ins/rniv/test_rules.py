"""Rules of the store: each with what keeps it and what breaks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ins import codes
from ins.rniv.codes import Methode
from ins.rniv.domain.identite import Identite, TraitsStricts
from ins.rniv.domain.pieces import Controle
from ins.rniv.rules import actes, pam, saisie
from ins.rniv.rules.actes import Doublon, Naissance, Validation
from ins.rniv.wire.er7 import lire
from ins.rniv.wire.pid import Recu
from services.kernel.rules import Rule, rules_of
from services.population.models import Matricule
from tests.ins.rniv.conftest import ZOE, birth_place, identity

Json = dict[str, Any]
TYPED = rules_of(saisie)
OF_MESSAGE = (pam.jeu_declare, pam.version_francaise)
OF_IDENTITY = tuple(each for each in rules_of(pam)
                    if each not in (*OF_MESSAGE, pam.structure_annoncee, pam.ins_de_la_personne))
TRAITS = TraitsStricts("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63220")
INS = Matricule("2751263220749", "74", "1.2.250.1.213.1.4.8")
RECU = Recu(TRAITS, (("urn:x", "1"),), INS, frozenset({"VALI"}), "INSI")
PROV = replace(RECU, ins=None, statuts=frozenset({"PROV"}), methode=None)


def broken(rules: tuple[Rule, ...], subject: object) -> list[str]:
    return [finding.rule for each in rules for finding in each.findings(subject)]


def named(*names: Json) -> Json:
    return identity(*ZOE) | {"name": list(names)}


OFFICIAL: Json = {"use": "official", "family": "ADRUN", "given": ["ZOE"]}


@pytest.mark.parametrize("patient", [
    identity(*ZOE), identity("D'ARTAGNAN DE L'HERAULT", "PIERRE-ALAIN", "M", "2001-06-17", "63220"),
    named(OFFICIAL, {"use": "usual", "family": "DURAND"}), named(OFFICIAL),
])
def test_a_good_identity_is_typed(patient: Json) -> None:
    assert broken(TYPED, patient) == []


@pytest.mark.parametrize(("patient", "rule"), [
    (named(OFFICIAL, OFFICIAL | {"use": "usual"}), "EXI ID 08"),
    (named(OFFICIAL | {"extension": [{"url": codes.LISTE_PRENOMS, "valueString": "LEA ZOE"}]}),
     "RNIV-LISTE-PRENOMS"),
    (named(OFFICIAL | {"family": "Adrun"}), "RNIV-CAPITALES"),
    (identity("ADRUN", "ZOE", "F", "1975-12-31"), "RNIV-LIEU-NAISSANCE"),
    (identity("ADRUN", "ZOE", "F", "1975-12-31", extension=[birth_place("")]),
     "RNIV-LIEU-NAISSANCE"),
    (identity("ADRUN", "ZOE", "F", "1975-12-31", "99999"), "RNIV-LIEU-INCONNU"),
    (identity("ADRUN", "ZOE", "F", "1975-12-31", "63220", telecom=[
        {"system": "email", "value": "275126322074974@patient.mssante.fr"},
    ]), "RNIV-ADRESSE-MSSANTE"),
])
def test_a_poor_identity_is_typed(patient: Json, rule: str) -> None:
    assert broken(TYPED, patient) == [rule]


@pytest.mark.parametrize("recu", [
    RECU, PROV, replace(PROV, statuts=frozenset({"PROV", "DOUT"})),
    replace(RECU, ins=None, methode=None), replace(PROV, statuts=frozenset({"VIDE"})),
    replace(PROV, indicateurs=((3, "Y"), (4, "N"))), replace(PROV, indicateurs=((3, ""), (4, ""))),
])
def test_a_good_message(recu: Recu) -> None:
    assert broken(OF_IDENTITY, recu) == []


@pytest.mark.parametrize(("recu", "rules"), [
    (replace(RECU, statuts=frozenset({"PROV"})), ["EXI ID 29"]),
    (replace(RECU, traits=replace(TRAITS, lieu_naissance="")), ["RNIV-INS-TRAITS"]),
    (replace(RECU, ins=replace(INS, oid="1.2.3")), ["RNIV-INS-TRAITS"]),
    (replace(RECU, ins=replace(INS, cle="00")), ["RNIV-INS-CLE"]),
    (replace(RECU, ins=None, methode=None, statuts=frozenset({"VALI", "DOUT"})), ["PAM-DOUTE"]),
    (replace(PROV, statuts=frozenset({"PROV", "DOUT", "FICT"})), ["PAM-FICTIVE"]),
    (replace(PROV, statuts=frozenset()), ["PAM-STATUT"]),
    (replace(PROV, traits=replace(TRAITS, prenoms="LEA ZOE")), ["PAM-PRENOMS"]),
    (replace(RECU, methode=None), ["PAM-METHODE"]),
    (replace(PROV, zfd5="BLA"), ["PAM-METHODE"]),
    (replace(PROV, indicateurs=((3, "O"), (4, "Y"))), ["PAM-INDICATEURS"]),
    (replace(RECU, type_ins="PI"), ["PAM-TYPE-INS"]),
    (replace(PROV, traits=replace(TRAITS, nom_naissance="Adrun")), ["PAM-CAPITALES"]),
    (replace(PROV, traits=replace(TRAITS, lieu_naissance="75")), ["PAM-LIEU-NAISSANCE"]),
])
def test_a_poor_message(recu: Recu, rules: list[str]) -> None:
    assert broken(OF_IDENTITY, recu) == rules


@pytest.mark.parametrize(("charset", "version", "name", "rules"), [
    ("UNICODE UTF-8", "2.5^FRA^2.11", "ZOÉ", []), ("", "2.5^FRA^2.11", "ZOE", []),
    ("", "2.5^FRA^2.11", "ZOÉ", ["PAM-JEU-DE-CARACTERES"]),
    ("8859/1", "2.5", "ZOE", ["PAM-VERSION"]),
])
def test_the_header_of_a_message(
    charset: str, version: str, name: str, rules: list[str]
) -> None:
    text = f"MSH|^~\\&|A|B|C|D|2026||ADT^A28|1|P|{version}||||||{charset}\rPID|1||{name}\r"
    codec = {"8859/1": "latin-1"}.get(charset, "utf-8")
    assert broken(OF_MESSAGE, lire(text.encode(codec))) == rules


@pytest.mark.parametrize(("kind", "evn", "places"), [
    ("ADT^A28^ADT_A05", "EVN||2026", []), ("ADT^A28^ADT_A05", "EVN|A28|2026", []),
    ("ADT^A40^ADT_A39", "EVN||2026", []), ("ADT^A01", "EVN||2026", []),
    ("ADT^A40^ADT_A05", "EVN||2026", ["MSH^1^9^1^3"]), ("ADT^A28", "EVN||2026", ["MSH^1^9^1^3"]),
    ("ADT^A28^ADT_A05", "PV1|1|N", ["EVN^1"]), ("ADT^A28^ADT_A05", "EVN|A31", ["EVN^1^1"]),
])
def test_the_structure_of_a_message(kind: str, evn: str, places: list[str]) -> None:
    text = f"MSH|^~\\&|A|B|C|D|2026||{kind}|1|P|2.5^FRA^2.11\r{evn}\rPID|1\r"
    found = pam.structure_annoncee.findings(lire(text.encode()))
    assert [each.at for each in found] == places


@pytest.mark.parametrize(("attributs", "piece", "rules"), [
    ((), "CN", []), (("HOMA",), "PA", []), ((), "PC", ["EXI SI 10"]),
    (("DOUT",), "CN", ["RNIV-STATUT-BLOQUE"]),
])
def test_a_document_is_checked(
    attributs: tuple[str, ...], piece: str, rules: list[str]
) -> None:
    validation = Validation(Identite(TRAITS, attributs=attributs), Controle(piece, "2026-01-05"))
    assert broken((actes.statut_permis, actes.piece_suffisante), validation) == rules


@pytest.mark.parametrize(("others", "rules"), [((), []), (("x",), ["RNIV-DOUBLON"])])
def test_a_matricule_is_of_one(others: tuple[str, ...], rules: list[str]) -> None:
    assert broken((actes.matricule_unique,), Doublon(INS.ins, others)) == rules


@pytest.mark.parametrize(("methode", "retrouvee", "rules"), [
    ("AV", True, ["RNIV-APCV-SANS-INSI"]), ("INSI", True, []), ("AV", False, []),
])
def test_what_the_app_qualified_asks_insi_nothing(
    methode: Methode, retrouvee: bool, rules: list[str]
) -> None:
    one = Identite(TRAITS, retrouvee=retrouvee, controlee=True, methode=methode,
                   matricule=INS if retrouvee else None)
    assert broken((actes.pas_d_appel_apres_apcv,), one) == rules


@pytest.mark.parametrize(("born", "rules"), [
    ("2026-01-05", []), ("1950-00-00", []), ("2026-01-06", ["RNIV-NAISSANCE-FUTURE"]),
])
def test_nobody_is_born_tomorrow(born: str, rules: list[str]) -> None:
    assert broken((actes.deja_ne,), Naissance(born, "2026-01-05", "Patient.birthDate")) == rules
